// Package policy makes the policy of package verify from the flags of the
// command line and from the roots that a person registered. It also has the
// text for verify's reasons.
//
// It does not verify anything. It uses a network only for --ocsp.
package policy

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
	"natsuin/verify/trust"
)

// Sources holds the flags about roots and revocation that verify and validity
// share. CA and CRL are names of files, CA also the word "practice". OCSP is a
// URL or [verify.OCSPAuto].
type Sources struct {
	*command.Run
	CA, CRL []string
	OCSP    string

	client client
}

// Add adds the CRLs of --crl and the responder of --ocsp to p.
func (s *Sources) Add(ctx context.Context, p *verify.Policy) error {
	if s.OCSP != "" {
		if err := checkOCSPAddress(s.OCSP); err != nil {
			return err
		}
		p.OCSP, p.OCSPURL = s.client.ask, s.OCSP
	}
	for _, name := range s.CRL {
		b, err := infile.Read(ctx, name)
		if err != nil {
			return err
		}
		lists, err := verify.ReadLists(b)
		if err != nil && verify.IsUTF16(b) {
			return infile.UTF16(name)
		}
		if err != nil {
			return &outcome.Error{Code: outcome.CodeFile, ID: "err.file.crl", Pairs: []any{"Path", text.Escape(name)}, Err: err}
		}
		p.CRLs = append(p.CRLs, lists...)
	}
	return nil
}

// Anchors returns the roots of --ca, including the practice roots if it names
// them, and the registered roots.
func (s *Sources) Anchors(ctx context.Context, names []string) ([]verify.Anchor, error) {
	var list []verify.Anchor
	add := func(like verify.Anchor, certs []*x509.Certificate) {
		for _, c := range certs {
			like.Certificate = c
			list = append(list, like)
		}
	}
	for _, name := range names {
		if name == access.PracticeReader {
			signature, authentication, err := s.Access.Practice().Roots()
			if err != nil {
				return nil, err
			}
			add(verify.Anchor{Kind: verify.AnchorPractice, Name: access.PracticeReader}, signature)
			add(verify.Anchor{Kind: verify.AnchorPractice, Name: access.PracticeReader, Authentication: true}, authentication)
			continue
		}
		certs, err := certificates(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, c := range certs {
			if err := verify.Readable(c); err != nil {
				return nil, &outcome.Error{
					Code: outcome.CodeFile, ID: "err.file.certificate-part",
					Pairs: []any{"Path", text.Escape(name), "Error", text.Escape(err.Error())}, Err: err,
				}
			}
		}
		add(verify.Anchor{Kind: verify.AnchorFile, Name: name}, certs)
	}
	registered, err := Registered(s.Run).List()
	if err != nil {
		s.Say(s.T("trust.bad-file", "Error", s.Explain(err).Message))
	}
	for _, r := range registered {
		add(verify.Anchor{Kind: verify.AnchorRegistered, Name: r.Name}, []*x509.Certificate{r.Certificate})
	}
	return list, nil
}

// certificates reads a file of --ca or --tsa-ca. If there is none, the word
// practice may have been meant.
func certificates(ctx context.Context, name string) ([]*x509.Certificate, error) {
	certs, err := infile.Certificates(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		e := *outcome.Of(err)
		e.Meant = outcome.Near(name, []string{access.PracticeReader})
		return nil, &e
	}
	return certs, err
}

// TSAAnchors returns the certificates of --tsa-ca. If a name is "practice", the
// practice roots, which certify the practice authority, are among them, and are
// also returned as anchors.
func (s *Sources) TSAAnchors(ctx context.Context, names []string) (list []*x509.Certificate, practice []verify.Anchor, err error) {
	for _, name := range names {
		if name != access.PracticeReader {
			certs, err := certificates(ctx, name)
			if err != nil {
				return nil, nil, err
			}
			list = append(list, certs...)
			continue
		}
		roots, _, err := s.Access.Practice().Roots()
		if err != nil {
			return nil, nil, err
		}
		list = append(list, roots...)
		for _, c := range roots {
			practice = append(practice, verify.Anchor{Certificate: c, Kind: verify.AnchorPractice, Name: name})
		}
	}
	return list, practice, nil
}

// Registered returns the store of the roots that the person has registered.
func Registered(r *command.Run) trust.Store { return trust.Store{Dir: r.Folders.Roots()} }
