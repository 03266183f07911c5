package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/fingerprint"
	"natsuin/verify"
	"natsuin/verify/trust"
)

type fingerprintOptions struct {
	compare   string
	published bool
}

// fingerprintReport is fingerprint's part of the JSON object.
type fingerprintReport struct {
	Certificates []fingerprintEntry  `json:"certificates"`
	Compare      *fingerprintCompare `json:"compare,omitempty"`
	Historical   []historicalEntry   `json:"historical,omitempty"`
}

type fingerprintEntry struct {
	Target    string  `json:"target"`
	Subject   *string `json:"subject"`
	NotBefore string  `json:"not_before"`
	NotAfter  string  `json:"not_after"`
	SHA256    string  `json:"sha256"`
	SHA1      string  `json:"sha1"`
	Published *string `json:"published"`

	prints fingerprint.Fingerprints
}

type fingerprintCompare struct {
	Value     string  `json:"value"`
	Match     bool    `json:"match"`
	Matched   *string `json:"matched"`
	Algorithm string  `json:"algorithm"`
}

type historicalEntry struct {
	Prefecture string `json:"prefecture"`
	SHA1       string `json:"sha1"`
}

func newFingerprint(a *app) *cobra.Command {
	o := &fingerprintOptions{}
	c := a.verb("fingerprint [flags] [TARGET]...", "fingerprint", func(ctx context.Context, args []string) error {
		return a.fingerprint(ctx, o, args)
	})
	c.Args = a.arguments(0, -1)
	c.Flags().StringVar(&o.compare, "compare", "", "flag.fingerprint.compare")
	c.Flags().BoolVar(&o.published, "published", false, "flag.fingerprint.published")
	c.ValidArgsFunction = completeTargets
	return c
}

// rootWord is sign-ca as people call it.
const rootWord = "root"

// onCard returns the certificate of the card that a target names, if it names one.
func onCard(target string) (card.CertID, bool) {
	if target == rootWord {
		return card.SignCA, true
	}
	id, err := byWord(target, cardCertificates)
	return id, err == nil
}

func (a *app) fingerprint(ctx context.Context, o *fingerprintOptions, args []string) error {
	given := a.changed("fingerprint", "compare")
	if o.published && len(args) > 0 {
		return usage("err.fingerprint.published")
	}
	var want fingerprint.Fingerprint
	if given {
		var err error
		if want, err = a.parsePrint(ctx, o.compare); err != nil {
			return err
		}
	}
	rep := &fingerprintReport{Certificates: []fingerprintEntry{}}
	a.report = rep
	if o.published {
		rep.Certificates, rep.Historical = publishedEntries(a)
	} else {
		entries, err := a.fingerprintTargets(ctx, args)
		if err != nil {
			return err
		}
		rep.Certificates = entries
	}
	for _, e := range rep.Certificates {
		a.printFingerprint(e)
	}
	if o.published {
		a.printHistorical()
	}
	if !given {
		return nil
	}
	return a.compare(rep, want)
}

// parsePrint reads a value to compare with; "-" is a paste on stdin.
func (a *app) parsePrint(ctx context.Context, value string) (fingerprint.Fingerprint, error) {
	if value == "-" {
		a.stdinRead = true
		if a.env.Streams.InIsTerminal && a.interactive() {
			a.prompt(a.t("compare.paste"))
		}
		b, err := io.ReadAll(io.LimitReader(stream(ctx, a.env.Streams.In), fingerprint.MaxInput+1))
		if err != nil {
			return fingerprint.Fingerprint{}, fileError("err.file.read", "-", err)
		}
		value = string(b)
	}
	return fingerprint.Parse(value)
}

// fingerprintTargets reads files first, so that a wrong name costs no card visit.
func (a *app) fingerprintTargets(ctx context.Context, args []string) ([]fingerprintEntry, error) {
	entries := make([][]fingerprintEntry, max(len(args), 1))
	var fromCard []int
	for i, arg := range args {
		if _, ok := onCard(arg); ok {
			fromCard = append(fromCard, i)
			continue
		}
		certs, err := readCertificates(ctx, arg)
		if err != nil {
			return nil, err
		}
		for _, cert := range certs {
			entries[i] = append(entries[i], a.entryOf(arg, cert))
		}
	}
	if len(args) == 0 {
		found, err := a.readFree(ctx, freeCertificates)
		if err != nil {
			return nil, err
		}
		for _, id := range freeCertificates {
			if cert, ok := found.certs[id]; ok {
				entries[0] = append(entries[0], a.entryOf(id.String(), cert))
			}
		}
	}
	for _, i := range fromCard {
		id, _ := onCard(args[i])
		cert, err := a.readCertificate(ctx, id)
		if err != nil {
			return nil, err
		}
		entries[i] = []fingerprintEntry{a.entryOf(args[i], cert)}
	}
	return slices.Concat(entries...), nil
}

// readCertificates reads every certificate of a file: DER, PEM or a bundle.
func readCertificates(ctx context.Context, name string) ([]*x509.Certificate, error) {
	b, err := readSmall(ctx, name)
	if err != nil {
		return nil, err
	}
	certs, err := verify.ParseCertificates(b)
	if err != nil && verify.IsUTF16(b) {
		return nil, utf16Error(name)
	}
	if err != nil {
		return nil, &i18n.Error{Code: i18n.CodeFile, ID: "err.file.certificate", Pairs: []any{"Path", ui.Escape(name)}, Err: err}
	}
	return certs, nil
}

// readSmall reads a file that is meant to be small: certificates, lists, letters.
func readSmall(ctx context.Context, name string) ([]byte, error) {
	f, err := openFile(ctx, name)
	if err != nil {
		return nil, fileError("err.file.read", name, err)
	}
	defer f.Close()
	return readBounded(stream(ctx, f), name)
}

// readBounded reads what is meant to be small to its end.
func readBounded(in io.Reader, name string) ([]byte, error) {
	const most = 64 << 20
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, fileError("err.file.read", name, err)
	}
	if len(b) > most {
		return nil, fileError("err.file.large", name, errLarge)
	}
	return b, nil
}

var errLarge = errors.New("larger than 64 MiB")

func (a *app) entryOf(target string, cert *x509.Certificate) fingerprintEntry {
	prints := fingerprint.Of(cert)
	subject := a.subject(cert.RawSubject)
	e := fingerprintEntry{
		Target: target, Subject: &subject, NotBefore: stamp(cert.NotBefore), NotAfter: stamp(cert.NotAfter),
		SHA256: prints.SHA256.String(), SHA1: prints.SHA1.String(), prints: prints,
	}
	if root, ok := trust.Lookup(cert); ok {
		e.Published = &root.Name
	}
	return e
}

func publishedEntries(a *app) ([]fingerprintEntry, []historicalEntry) {
	var entries []fingerprintEntry
	for _, r := range trust.Published() {
		entries = append(entries, fingerprintEntry{
			Target: r.Name, NotBefore: stamp(r.NotBefore), NotAfter: stamp(r.NotAfter),
			SHA256: r.SHA256.String(), SHA1: r.SHA1.String(), Published: &r.Name,
			prints: fingerprint.Fingerprints{SHA256: r.SHA256, SHA1: r.SHA1},
		})
	}
	var old []historicalEntry
	for _, h := range trust.Historical() {
		old = append(old, historicalEntry{h.PrefectureJA, h.SHA1.String()})
	}
	return entries, old
}

// compare holds the value against every certificate; one match is enough.
func (a *app) compare(rep *fingerprintReport, want fingerprint.Fingerprint) error {
	c := &fingerprintCompare{Value: want.String(), Algorithm: want.Algorithm.String()}
	rep.Compare = c
	for _, e := range rep.Certificates {
		if e.prints.Select(want.Algorithm).Equal(want) {
			c.Match, c.Matched = true, &e.Target
			a.shaded(ui.Palette.Good, a.t("compare.same", "Target", ui.Escape(e.Target)))
			if want.Algorithm == fingerprint.SHA1 {
				a.print(a.t("compare.weak"))
			}
			return nil
		}
	}
	for _, e := range rep.Certificates {
		a.printDifference(e, want)
	}
	a.printIfHistorical(want)
	return a.different("compare.different")
}

// different says with a message that nothing matched, and returns that outcome.
func (a *app) different(id string) error {
	a.print(a.t(id))
	verdict := &verdictError{i18n.CodeDifferent, "compare.different", nil}
	a.sayHint(verdict)
	return verdict
}
