package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/fingerprint"
	"natsuin/sign"
	"natsuin/verify/trust"
)

func newCert(a *app) *cobra.Command {
	c := a.group("cert", "cert")
	c.AddCommand(newCertShow(a), newCertExport(a))
	return c
}

// certReport is cert show's part of the JSON object.
type certReport struct {
	Certificates []certEntry `json:"certificates"`
	LeftOut      []leftOut   `json:"left_out,omitempty"`
}

// leftOut is a certificate that was not shown: it needs its secret, is not on the card,
// or seems not to be.
type leftOut struct {
	Kind string `json:"kind"`
	Why  string `json:"why"` // "secret", "absent" or "seems-absent"
}

type certEntry struct {
	Kind      string   `json:"kind"`
	Subject   string   `json:"subject"`
	Issuer    string   `json:"issuer"`
	Serial    string   `json:"serial"`
	NotBefore string   `json:"not_before"`
	NotAfter  string   `json:"not_after"`
	DaysLeft  int      `json:"days_left"`
	Usage     []string `json:"usage"`
	Policies  []string `json:"policies"`
	Key       string   `json:"key"`
	SHA256    string   `json:"sha256"`
	SHA1      string   `json:"sha1"`
	Published *string  `json:"published"`
	Holder    *holder  `json:"holder,omitempty"` // only with --personal
}

func newCertShow(a *app) *cobra.Command {
	c := a.verb("show [KIND]", "cert.show", func(ctx context.Context, args []string) error { return a.certShow(ctx, args) })
	c.Args = a.arguments(0, 1)
	c.ValidArgs = wordsOf(cardCertificates)
	return c
}

func (a *app) certShow(ctx context.Context, args []string) error {
	rep := &certReport{Certificates: []certEntry{}}
	a.report = rep
	if len(args) == 0 {
		return a.certShowFree(ctx, rep)
	}
	id, err := byWord(args[0], cardCertificates)
	if err != nil {
		return err
	}
	cert, err := a.readCertificate(ctx, id)
	if err != nil {
		return err
	}
	a.showCertificate(rep, id, cert)
	return nil
}

// certShowFree shows what needs no secret, and says what was left out and why.
func (a *app) certShowFree(ctx context.Context, rep *certReport) error {
	var noSign bool
	found, err := a.readFree(ctx, freeCertificates, func(s *session) (err error) {
		noSign, err = s.hintsNoSign()
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range freeCertificates {
		if cert, ok := found.certs[id]; ok {
			a.showCertificate(rep, id, cert)
		}
	}
	leave := func(id card.CertID, why, message string) {
		rep.LeftOut = append(rep.LeftOut, leftOut{id.String(), why})
		a.say(a.t(message, "Certificate", a.t("cert.kind."+id.String())))
	}
	if noSign {
		leave(card.SignCert, "seems-absent", "cert.show.seems-absent")
	} else {
		leave(card.SignCert, "secret", "cert.show.free")
	}
	for _, id := range found.locked {
		leave(id, "secret", "cert.show.pin")
	}
	for _, id := range found.absent {
		leave(id, "absent", "cert.show.absent")
	}
	return nil
}

func (a *app) showCertificate(rep *certReport, id card.CertID, cert *x509.Certificate) {
	prints := fingerprint.Of(cert)
	e := certEntry{
		Kind: id.String(), Subject: a.subject(cert.RawSubject), Issuer: distinguishedName(cert.RawIssuer),
		Serial: hexUpper(cert.SerialNumber.Bytes()), NotBefore: stamp(cert.NotBefore), NotAfter: stamp(cert.NotAfter),
		DaysLeft: a.daysLeft(cert.NotAfter), Usage: keyUsages(cert), Policies: policies(cert), Key: keyName(cert),
		SHA256: prints.SHA256.String(), SHA1: prints.SHA1.String(),
	}
	if root, ok := trust.Lookup(cert); ok {
		e.Published = &root.Name
	}
	h := holderOf(cert)
	if a.flags.personal {
		e.Holder = h
	}
	rep.Certificates = append(rep.Certificates, e)
	a.printCertificate(e, h, trust.IsPractice(cert))
}

type certExportOptions struct {
	format, output string
	force          bool
}

func newCertExport(a *app) *cobra.Command {
	o := &certExportOptions{}
	c := a.verb("export [flags] KIND", "cert.export", func(ctx context.Context, args []string) error {
		return a.certExport(ctx, o, args[0])
	})
	c.Args = a.arguments(1, 1)
	c.ValidArgs = wordsOf(cardCertificates)
	c.Flags().StringVar(&o.format, "format", "pem", "flag.cert.format")
	c.Flags().StringVarP(&o.output, "output", "o", "-", "flag.cert.output")
	c.Flags().BoolVar(&o.force, "force", false, "flag.force")
	completeWords(c, "format", "pem", "der", "p7b", "ssh")
	return c
}

// exportReport is cert export's part of the JSON object.
type exportReport struct {
	PEM string `json:"pem"`
}

func (a *app) certExport(ctx context.Context, o *certExportOptions, word string) error {
	id, err := byWord(word, cardCertificates)
	if err != nil {
		return err
	}
	toStdout := o.output == "-"
	switch {
	case !oneOf(o.format, "pem", "der", "p7b", "ssh"):
		return outcome.Usage("err.flag.choice", "Flag", "--format", "Value", o.format, "Known", "pem, der, p7b, ssh")
	case toStdout && a.asJSON && a.changed("cert export", "output"):
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case toStdout && !a.asJSON && oneOf(o.format, "der", "p7b") && a.env.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	}
	switch {
	case toStdout && !a.asJSON:
		if err := a.checkStdout(); err != nil {
			return err
		}
	case !toStdout:
		if err := errors.Join(outfile.Check([]string{o.output}, nil, o.force)...); err != nil {
			return err
		}
	}
	cert, err := a.readCertificate(ctx, id)
	if err != nil {
		return err
	}
	data, err := a.encodeCertificate(ctx, o.format, id, cert)
	if err != nil {
		return err
	}
	a.report = exportReport{string(pemOf(cert))}
	if toStdout && a.asJSON {
		return nil
	}
	return a.writeBinary(o.output, data, o.force)
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func (a *app) encodeCertificate(ctx context.Context, format string, id card.CertID, cert *x509.Certificate) ([]byte, error) {
	switch format {
	case "der":
		return cert.Raw, nil
	case "p7b":
		certs := []*x509.Certificate{cert}
		if id != id.CA() {
			ca, err := a.readCertificate(ctx, id.CA())
			if err != nil {
				return nil, err
			}
			certs = append(certs, ca)
		}
		return sign.Bundle(certs...)
	case "ssh":
		line, ok := authorizedKey(cert.PublicKey)
		if !ok {
			return nil, outcome.Usage("err.cert.ssh")
		}
		return line, nil
	}
	return pemOf(cert), nil
}

// writeFile writes a small file whole or not at all.
func writeFile(name string, data []byte, force bool) error {
	f, err := outfile.Create(name, outfile.Options{Force: force})
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
