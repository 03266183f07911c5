package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// What is named by a word, in the order of the help. The words are the card's own.
var (
	cardCertificates   = []card.CertID{card.SignCert, card.SignCA, card.AuthCert, card.AuthCA}
	holderCertificates = []card.CertID{card.SignCert, card.AuthCert}
	cardSecrets        = []card.Credential{card.SignPassword, card.AuthPIN}
)

// byWord returns the one among them whose word it is.
func byWord[T fmt.Stringer](word string, among []T) (T, error) {
	for _, one := range among {
		if one.String() == word {
			return one, nil
		}
	}
	var none T
	return none, outcome.Usage("err.word", "Value", word, "Known", strings.Join(wordsOf(among), ", "))
}

func wordsOf[T fmt.Stringer](all []T) []string {
	var words []string
	for _, one := range all {
		words = append(words, one.String())
	}
	return words
}

// freeCertificates are those that a plastic card gives without a secret.
var freeCertificates = []card.CertID{card.SignCA, card.AuthCert, card.AuthCA}

// free is what a card gave without a secret, and what it did not give: because it is
// behind the PIN, as on a phone, or not on this card.
type free struct {
	certs          map[card.CertID]*x509.Certificate
	locked, absent []card.CertID
}

// readFree reads what the card gives without a secret, in the given order, and what also
// asks in the same transaction.
func (a *app) readFree(ctx context.Context, ids []card.CertID, also ...func(*session) error) (*free, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	found := &free{certs: map[card.CertID]*x509.Certificate{}}
	for _, id := range ids {
		cert, err := s.card.Certificate(id)
		switch {
		case err == nil:
			found.certs[id] = cert
		case errors.As(err, new(*card.NoCertificateError)):
			found.absent = append(found.absent, id)
		case errors.Is(err, card.ErrNotVerified):
			found.locked = append(found.locked, id)
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

// readCertificate reads one certificate.
func (a *app) readCertificate(ctx context.Context, id card.CertID) (cert *x509.Certificate, err error) {
	err = a.reading(ctx, id, func(s *session) (err error) {
		cert, err = s.card.Certificate(id)
		return err
	})
	return cert, err
}

// readIssued reads a certificate and its CA's in the same transaction; the latter is
// nil when it is not on the card.
func (a *app) readIssued(ctx context.Context, id card.CertID) (cert, ca *x509.Certificate, err error) {
	err = a.reading(ctx, id, func(s *session) (err error) {
		if cert, err = s.card.Certificate(id); err != nil {
			return err
		}
		if ca, err = s.card.Certificate(id.CA()); errors.As(err, new(*card.NoCertificateError)) {
			err = nil
		}
		return err
	})
	return cert, ca, err
}

// reading runs read in a transaction in which the certificate can be had. The signature
// certificate needs its password, the authentication certificate its PIN on a phone only.
func (a *app) reading(ctx context.Context, id card.CertID, read func(*session) error) error {
	if id != card.SignCert {
		s, err := a.connect(ctx)
		if err != nil {
			return err
		}
		err = read(s)
		s.close()
		if !errors.Is(err, card.ErrNotVerified) {
			return err
		}
	}
	return a.withSecret(ctx, id, read)
}

// withSecret verifies the secret that guards a certificate, from the person or the
// script, and runs use in the same transaction.
func (a *app) withSecret(ctx context.Context, id card.CertID, use func(*session) error) error {
	c := id.Credential()
	if !a.interactive() && a.flags.pinFrom == "" {
		return inputNeeded()
	}
	secret, err := a.secretOf(ctx, c)
	if err != nil {
		return err
	}
	defer secret.wipe()
	_, err = a.unlock(ctx, unlocking{Credential: c, Guards: id, Secret: secret.get, Use: use})
	return err
}
