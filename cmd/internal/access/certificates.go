package access

import (
	"context"
	"crypto/x509"
	"errors"

	"natsuin/card"
)

// Certificates and Secrets list the certificates and secrets of a card, in the
// order in which the help shows them.
var (
	Certificates = []card.CertID{card.SignCert, card.SignCA, card.AuthCert, card.AuthCA}
	Secrets      = []card.Credential{card.SignPassword, card.AuthPIN}
)

// FreeCertificates lists the certificates that a plastic card returns without a
// secret.
var FreeCertificates = []card.CertID{card.SignCA, card.AuthCert, card.AuthCA}

// Free holds the certificates that a card returned without a secret, and lists
// those that it did not return.
type Free struct {
	Found  map[card.CertID]*x509.Certificate
	Locked []card.CertID // need the PIN, as on a phone
	Absent []card.CertID // not on this card
}

// ReadFree tries to read the certificates ids, in this order and without a
// secret. It then calls each function of also in the same transaction.
func (a *Access) ReadFree(ctx context.Context, ids []card.CertID, also ...func(*Session) error) (*Free, error) {
	s, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	found := &Free{Found: map[card.CertID]*x509.Certificate{}}
	for _, id := range ids {
		cert, err := s.Card.Certificate(id)
		switch {
		case err == nil:
			found.Found[id] = cert
		case errors.As(err, new(*card.NoCertificateError)):
			found.Absent = append(found.Absent, id)
		case errors.Is(err, card.ErrNotVerified):
			found.Locked = append(found.Locked, id)
		default:
			return nil, err
		}
	}
	for _, ask := range also {
		if err := ask(s); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ReadCertificate reads one certificate, with its secret if it needs one.
func (a *Access) ReadCertificate(ctx context.Context, id card.CertID) (cert *x509.Certificate, err error) {
	err = a.reading(ctx, id, func(s *Session) (err error) {
		cert, err = s.Card.Certificate(id)
		return err
	})
	return cert, err
}

// ReadIssued reads a certificate and that of its CA in one transaction. ca is
// nil if the card does not hold it.
func (a *Access) ReadIssued(ctx context.Context, id card.CertID) (cert, ca *x509.Certificate, err error) {
	err = a.reading(ctx, id, func(s *Session) (err error) {
		if cert, err = s.Card.Certificate(id); err != nil {
			return err
		}
		if ca, err = s.Card.Certificate(id.CA()); errors.As(err, new(*card.NoCertificateError)) {
			err = nil
		}
		return err
	})
	return cert, ca, err
}

// reading runs read in a transaction in which the certificate can be read. The
// signature certificate needs its password; the authentication certificate
// needs its PIN, but only on a phone.
func (a *Access) reading(ctx context.Context, id card.CertID, read func(*Session) error) error {
	if id != card.SignCert {
		s, err := a.Connect(ctx)
		if err != nil {
			return err
		}
		err = read(s)
		s.Close()
		if !errors.Is(err, card.ErrNotVerified) {
			return err
		}
	}
	return a.withSecret(ctx, id, read)
}

// withSecret gets the secret that guards a certificate from the person or the
// script, verifies it, and runs use in the same transaction.
func (a *Access) withSecret(ctx context.Context, id card.CertID, use func(*Session) error) error {
	c := id.Credential()
	if err := a.Answerable(); err != nil {
		return err
	}
	secret, err := a.SecretOf(ctx, c)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	_, err = a.Unlock(ctx, Unlocking{Credential: c, Guards: id, Secret: secret.Get, Use: use})
	return err
}
