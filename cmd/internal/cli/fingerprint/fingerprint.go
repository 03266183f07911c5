// Package fingerprint shows fingerprints of certificates and compares them with
// a given value.
package fingerprint

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/comparison"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

// Options holds the flags of fingerprint.
type Options struct {
	Compare   string
	Published bool
}

// report is the JSON object of fingerprint.
type report struct {
	console.Head
	Certificates []entry           `json:"certificates"`
	Compare      *comparisonEntry  `json:"compare,omitempty"`
	Historical   []historicalEntry `json:"historical,omitempty"`
}

type entry struct {
	Target    string  `json:"target"`
	Subject   *string `json:"subject"`
	NotBefore string  `json:"not_before"`
	NotAfter  string  `json:"not_after"`
	SHA256    string  `json:"sha256"`
	SHA1      string  `json:"sha1"`
	Published *string `json:"published"`

	notBefore, notAfter time.Time
	prints              fingerprint.Fingerprints
}

type comparisonEntry struct {
	Value     string  `json:"value"`
	Match     bool    `json:"match"`
	Matched   *string `json:"matched"`
	Algorithm string  `json:"algorithm"`
}

type historicalEntry struct {
	Prefecture string `json:"prefecture"`
	SHA1       string `json:"sha1"`
}

// New returns the command fingerprint.
func New(c *command.Run) *cobra.Command {
	r, o := &run{c}, &Options{}
	verb := r.Verb("fingerprint [flags] [TARGET]...", "fingerprint", func(ctx context.Context, args []string) error {
		return r.do(ctx, o, args)
	})
	verb.Args = r.Arguments(0, -1)
	verb.Flags().StringVar(&o.Compare, "compare", "", "flag.fingerprint.compare")
	verb.Flags().BoolVar(&o.Published, "published", false, "flag.fingerprint.published")
	verb.ValidArgsFunction = completeTargets
	return verb
}

type run struct{ *command.Run }

// completeTargets completes the names of the card's certificates, and the names
// of files.
func completeTargets(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append([]string{rootWord}, command.WordsOf(access.Certificates)...), cobra.ShellCompDirectiveDefault
}

// rootWord is another name for sign-ca, since that is the certificate people
// call the root.
const rootWord = "root"

// onCard returns the certificate of the card that target names, and reports
// whether it names one.
func onCard(target string) (card.CertID, bool) {
	if target == rootWord {
		return card.SignCA, true
	}
	id, err := command.ByWord(target, access.Certificates)
	return id, err == nil
}

// usesCard reports whether one of the arguments, or their absence, names a
// certificate of the card.
func usesCard(args []string) bool {
	return len(args) == 0 || slices.ContainsFunc(args, func(arg string) bool { _, ok := onCard(arg); return ok })
}

func (r *run) do(ctx context.Context, o *Options, args []string) error {
	given := o.Compare != ""
	if o.Published && len(args) > 0 {
		return outcome.Usage("err.fingerprint.published")
	}
	var want fingerprint.Fingerprint
	if given {
		if o.Compare == "-" && !o.Published && r.Interactive() && usesCard(args) {
			if err := r.Access.CheckService(ctx); err != nil {
				return err
			}
		}
		var err error
		if want, err = comparison.Parse(ctx, r.Console, o.Compare); err != nil {
			return err
		}
	}
	rep := &report{Certificates: []entry{}}
	r.Report = rep
	if o.Published {
		rep.Certificates, rep.Historical = publishedEntries()
	} else {
		entries, err := r.targets(ctx, args)
		if err != nil {
			return err
		}
		rep.Certificates = entries
	}
	for _, e := range rep.Certificates {
		r.printFingerprint(e)
	}
	if o.Published {
		r.printHistorical()
		r.Say(r.T("fingerprint.published.where"))
	}
	if !given {
		return nil
	}
	return r.compare(rep, want)
}

// targets returns the entries for the arguments, in their order, or for the
// certificates that the card returns without a secret if there are no
// arguments. It reads the files first, so that a wrong file name is reported
// before the card is read.
func (r *run) targets(ctx context.Context, args []string) ([]entry, error) {
	entries := make([][]entry, max(len(args), 1))
	var fromCard []int
	for i, arg := range args {
		if _, ok := onCard(arg); ok {
			fromCard = append(fromCard, i)
			continue
		}
		certs, err := infile.Certificates(ctx, arg)
		if err != nil {
			return nil, err
		}
		for _, cert := range certs {
			entries[i] = append(entries[i], r.entryOf(arg, cert))
		}
	}
	if len(args) == 0 {
		found, err := r.Access.ReadFree(ctx, access.FreeCertificates)
		if err != nil {
			return nil, err
		}
		for _, id := range access.FreeCertificates {
			if cert, ok := found.Found[id]; ok {
				entries[0] = append(entries[0], r.entryOf(id.String(), cert))
			}
		}
	}
	for _, i := range fromCard {
		id, _ := onCard(args[i])
		cert, err := r.Access.ReadCertificate(ctx, id)
		if err != nil {
			return nil, err
		}
		entries[i] = []entry{r.entryOf(args[i], cert)}
	}
	return slices.Concat(entries...), nil
}

func (r *run) entryOf(target string, cert *x509.Certificate) entry {
	prints := fingerprint.Of(cert)
	subject := certtext.Subject(cert.RawSubject, r.ShowsPersonal())
	e := entry{
		Target: target, Subject: &subject, NotBefore: console.Stamp(cert.NotBefore), NotAfter: console.Stamp(cert.NotAfter),
		SHA256: prints.SHA256.String(), SHA1: prints.SHA1.String(), notBefore: cert.NotBefore, notAfter: cert.NotAfter, prints: prints,
	}
	if root, ok := trust.Lookup(cert); ok {
		e.Published = &root.Name
	}
	return e
}

func publishedEntries() ([]entry, []historicalEntry) {
	var entries []entry
	for _, r := range trust.Published() {
		entries = append(entries, entry{
			Target: r.Name, NotBefore: console.Stamp(r.NotBefore), NotAfter: console.Stamp(r.NotAfter),
			SHA256: r.SHA256.String(), SHA1: r.SHA1.String(), Published: &r.Name,
			notBefore: r.NotBefore, notAfter: r.NotAfter,
			prints: fingerprint.Fingerprints{SHA256: r.SHA256, SHA1: r.SHA1},
		})
	}
	var old []historicalEntry
	for _, h := range trust.Historical() {
		old = append(old, historicalEntry{h.PrefectureJA, h.SHA1.String()})
	}
	return entries, old
}

// compare compares want with every certificate. One match is enough.
func (r *run) compare(rep *report, want fingerprint.Fingerprint) error {
	c := &comparisonEntry{Value: want.String(), Algorithm: want.Algorithm.String()}
	rep.Compare = c
	for _, e := range rep.Certificates {
		if e.prints.Select(want.Algorithm).Equal(want) {
			c.Match, c.Matched = true, &e.Target
			r.Styled(console.Palette.Good, r.T("compare.same", "Target", text.Escape(e.Target)))
			if want.Algorithm == fingerprint.SHA1 {
				r.Print(r.T("compare.weak"))
			}
			return nil
		}
	}
	if len(rep.Certificates) > 0 {
		e := nearest(rep.Certificates, want)
		comparison.PrintDifference(r.Console, e.Target, e.prints, want)
	}
	r.printIfHistorical(want)
	return comparison.Different(r.Console, "compare.different")
}

// nearest returns the first of the entries whose fingerprint differs from want
// in the fewest groups: of several certificates, it is probably the one that
// was meant.
func nearest(entries []entry, want fingerprint.Fingerprint) entry {
	differences := func(e entry) (n int) {
		groups := want.Groups()
		for i, group := range e.prints.Select(want.Algorithm).Groups() {
			if group != groups[i] {
				n++
			}
		}
		return n
	}
	return slices.MinFunc(entries, func(a, b entry) int { return differences(a) - differences(b) })
}
