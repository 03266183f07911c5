package cert

import (
	"context"
	"crypto/x509"
	"fmt"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

// report is the JSON object of cert show.
type report struct {
	console.Head
	Certificates []entry   `json:"certificates"`
	LeftOut      []leftOut `json:"left_out,omitempty"`
}

// A leftOut is a certificate that was not shown, because it needs its secret,
// is not on the card, or seems to be absent.
type leftOut struct {
	Kind string `json:"kind"`
	Why  string `json:"why"` // "secret", "absent" or "seems-absent"
}

type entry struct {
	Kind      string           `json:"kind"`
	Subject   string           `json:"subject"`
	Issuer    string           `json:"issuer"`
	Serial    string           `json:"serial"`
	NotBefore string           `json:"not_before"`
	NotAfter  string           `json:"not_after"`
	DaysLeft  int              `json:"days_left"`
	Usage     []string         `json:"usage"`
	Policies  []string         `json:"policies"`
	Key       string           `json:"key"`
	SHA256    string           `json:"sha256"`
	SHA1      string           `json:"sha1"`
	Published *string          `json:"published"`
	Holder    *certtext.Holder `json:"holder,omitempty"` // only with --personal

	id   card.CertID
	cert *x509.Certificate
}

func newShow(r *run) *cobra.Command {
	c := r.Verb("show [KIND]", "cert.show", func(ctx context.Context, args []string) error { return r.show(ctx, args) })
	c.Args = r.Arguments(0, 1)
	c.ValidArgs = command.WordsOf(access.Certificates)
	return c
}

func (r *run) show(ctx context.Context, args []string) error {
	rep := &report{Certificates: []entry{}}
	r.Report = rep
	if len(args) == 0 {
		return r.showFree(ctx, rep)
	}
	id, err := command.ByWord(args[0], access.Certificates)
	if err != nil {
		return err
	}
	cert, err := r.Access.ReadCertificate(ctx, id)
	if err != nil {
		return err
	}
	r.showCertificate(rep, id, cert)
	return nil
}

// showFree shows the certificates that need no secret. It then lists the
// others, and says why they were not shown.
func (r *run) showFree(ctx context.Context, rep *report) error {
	var noSign bool
	found, err := r.Access.ReadFree(ctx, access.FreeCertificates, func(s *access.Session) (err error) {
		noSign, err = s.HintsNoSign()
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range access.FreeCertificates {
		if cert, ok := found.Found[id]; ok {
			r.showCertificate(rep, id, cert)
		}
	}
	leave := func(id card.CertID, why, message string) {
		rep.LeftOut = append(rep.LeftOut, leftOut{id.String(), why})
		r.Say(r.T(message, "Certificate", r.T("cert.kind."+id.String())))
	}
	if noSign {
		leave(card.SignCert, "seems-absent", "cert.show.seems-absent")
	} else {
		leave(card.SignCert, "secret", "cert.show.free")
	}
	for _, id := range found.Locked {
		leave(id, "secret", "cert.show.pin")
	}
	for _, id := range found.Absent {
		leave(id, "absent", "cert.show.absent")
	}
	return nil
}

func (r *run) showCertificate(rep *report, id card.CertID, cert *x509.Certificate) {
	prints := fingerprint.Of(cert)
	e := entry{
		Kind: id.String(), Subject: certtext.Subject(cert.RawSubject, r.ShowsPersonal()), Issuer: certtext.Name(cert.RawIssuer),
		Serial: fmt.Sprintf("%X", cert.SerialNumber.Bytes()), NotBefore: console.Stamp(cert.NotBefore), NotAfter: console.Stamp(cert.NotAfter),
		DaysLeft: certtext.DaysLeft(cert.NotAfter, r.Now()), Usage: certtext.KeyUsages(cert), Policies: certtext.Policies(cert), Key: certtext.KeyName(cert),
		SHA256: prints.SHA256.String(), SHA1: prints.SHA1.String(),
		id: id, cert: cert,
	}
	if root, ok := trust.Lookup(cert); ok {
		e.Published = &root.Name
	}
	h := certtext.HolderOf(cert)
	if r.Personal {
		e.Holder = h
	}
	rep.Certificates = append(rep.Certificates, e)
	r.printCertificate(e, h, trust.IsPractice(cert))
}
