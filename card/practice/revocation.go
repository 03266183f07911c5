package practice

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"

	"natsuin/card/virtual"
)

// Reason is why the town hall revokes.
type Reason string

// The reasons that the window knows. A loss revokes both certificates, everything
// else the signature certificate alone.
const (
	Moved       Reason = "moved"
	NameChanged Reason = "name"
	Lost        Reason = "lost"
	OtherReason Reason = "other"
)

// superseded is the reason that Issue and Renew give by themselves.
const superseded Reason = "superseded"

// reasonCode is the CRLReason (RFC 5280, 5.3.1).
var reasonCode = map[Reason]int{
	Moved:       3, // affiliationChanged
	NameChanged: 3,
	Lost:        1, // keyCompromise
	OtherReason: 0, // unspecified, which stays unsaid
	superseded:  4,
}

// Reasons returns the reasons that Revoke takes.
func Reasons() []Reason { return []Reason{Moved, NameChanged, Lost, OtherReason} }

// Revocation is when and why a certificate was revoked.
type Revocation struct {
	At   time.Time `json:"at"`
	Code int       `json:"code"` // CRLReason; 0 is unspecified
}

// Revoke revokes the card's signature certificate, or after a loss both, from the
// given time on; a zero time is now. Times in the past and in the future may be
// rehearsed too. The error is *RevokedError if that was done before, and
// ErrNoCertificate if there is nothing to revoke.
func (s *Store) Revoke(reason Reason, at time.Time) error {
	code, known := reasonCode[reason]
	if !known || reason == superseded {
		return &InvalidError{Field: "reason", Reason: "unknown"}
	}
	if at.IsZero() {
		at = s.now()
	}
	revocation := Revocation{At: at.UTC().Truncate(time.Second), Code: code}
	return s.update(func(b *state) error {
		credentials := []virtual.Credential{virtual.Sign}
		if reason == Lost {
			credentials = append(credentials, virtual.Auth)
		}
		var before *Revocation
		done := false
		for _, cred := range credentials {
			entry, err := s.entry(b, cred)
			switch {
			case err != nil:
				return err
			case entry == nil:
			case entry.Revoked != nil:
				before = entry.Revoked
			default:
				entry.Revoked, done = &revocation, true
			}
		}
		switch {
		case done:
			return nil
		case before != nil:
			return &RevokedError{At: before.At}
		}
		return ErrNoCertificate
	})
}

// supersede revokes the certificates of the card that is about to be replaced.
func (s *Store) supersede(b *state) error {
	if b.Card == nil {
		return nil
	}
	for _, cred := range []virtual.Credential{virtual.Sign, virtual.Auth} {
		entry, err := s.entry(b, cred)
		if err != nil {
			return err
		}
		if entry != nil && entry.Revoked == nil {
			entry.Revoked = &Revocation{At: s.now(), Code: reasonCode[superseded]}
		}
	}
	return nil
}

// entry finds a certificate of the card in the register; nil if the card has none.
func (s *Store) entry(b *state, cred virtual.Credential) (*issued, error) {
	der := b.Card.slot(cred).Certificate
	if der == nil {
		return nil, nil
	}
	certificate, err := s.certificate(der)
	if err != nil {
		return nil, err
	}
	entry := b.find(hex.EncodeToString(certificate.AuthorityKeyId), certificate.SerialNumber)
	if entry == nil {
		return nil, s.damaged(fmt.Errorf("the register lacks the %s certificate", cred))
	}
	return entry, nil
}

// find looks a serial number of an authority up.
func (b *state) find(issuer string, serial *big.Int) *issued {
	text := serial.Text(16)
	for i := range b.Issued {
		if b.Issued[i].Issuer == issuer && b.Issued[i].Serial == text {
			return &b.Issued[i]
		}
	}
	return nil
}

// crlDays is how long a CRL counts as current.
const crlDays = 7

// CRL returns the DER of a fresh CRL of the authority that issued the card's
// signature certificate, or the newest signature root if the card has none.
func (s *Store) CRL() ([]byte, error) {
	var der []byte
	err := s.update(func(b *state) error {
		root, err := s.signRoot(b)
		if err != nil {
			return err
		}
		der, err = s.crl(b, root.keyed)
		return err
	})
	return der, err
}

// CRLs returns fresh CRLs of every authority: the roots of all generations, signature
// before authentication, then the bridge and the ministry if there is an official.
func (s *Store) CRLs() ([][]byte, error) {
	var all [][]byte
	err := s.update(func(b *state) error {
		var authorities []keyed
		for _, g := range b.Generations {
			authorities = append(authorities, g.Sign.keyed, g.Auth.keyed)
		}
		if b.Offices != nil {
			authorities = append(authorities, b.Offices.Bridge, b.Offices.Ministry)
		}
		for _, a := range authorities {
			der, err := s.crl(b, a)
			if err != nil {
				return err
			}
			all = append(all, der)
		}
		return nil
	})
	return all, err
}

// signRoot is the signature root under which the card's certificate was issued.
func (s *Store) signRoot(b *state) (*authority, error) {
	newest := &b.Generations[len(b.Generations)-1].Sign
	if b.Card.Sign.Certificate == nil {
		return newest, nil
	}
	certificate, err := s.certificate(b.Card.Sign.Certificate)
	if err != nil {
		return nil, err
	}
	for i := range b.Generations {
		root, err := s.certificate(b.Generations[i].Sign.Certificate)
		if err != nil {
			return nil, err
		}
		if string(root.SubjectKeyId) == string(certificate.AuthorityKeyId) {
			return &b.Generations[i].Sign, nil
		}
	}
	return newest, nil
}

// crl makes a complete CRL (RFC 5280, 5): every certificate of that authority is in
// its scope, whatever its distribution point, so that it names none.
func (s *Store) crl(b *state, a keyed) ([]byte, error) {
	by, err := s.issuer(a)
	if err != nil {
		return nil, err
	}
	b.CRLNumber++
	template := &x509.RevocationList{
		Number:     big.NewInt(b.CRLNumber),
		ThisUpdate: s.now(),
		NextUpdate: s.now().AddDate(0, 0, crlDays),
	}
	mine := hex.EncodeToString(by.certificate.SubjectKeyId)
	for _, entry := range b.Issued {
		if entry.Revoked == nil || entry.Issuer != mine {
			continue
		}
		serial, err := serialNumber(entry.Serial)
		if err != nil {
			return nil, s.damaged(err)
		}
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber:   serial,
			RevocationTime: entry.Revoked.At,
			ReasonCode:     entry.Revoked.Code,
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, by.certificate, by.key)
	if err != nil {
		return nil, fmt.Errorf("practice: make CRL: %w", err)
	}
	return der, nil
}
