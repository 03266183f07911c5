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

// A Reason says why a certificate is revoked.
type Reason string

// The reasons that [Store.Revoke] accepts. After a loss both certificates are
// revoked, and for the other reasons only the signature certificate.
const (
	Moved       Reason = "moved"
	NameChanged Reason = "name"
	Lost        Reason = "lost"
	OtherReason Reason = "other"
)

// superseded is the reason that [Store.Issue] and [Store.Renew] use.
const superseded Reason = "superseded"

// reasonCode maps reasons to CRLReason values (RFC 5280 §5.3.1).
var reasonCode = map[Reason]int{
	Moved:       3, // affiliationChanged
	NameChanged: 3,
	Lost:        1, // keyCompromise
	OtherReason: 0, // unspecified, which is omitted
	superseded:  4,
}

// Reasons returns the reasons that [Store.Revoke] accepts.
func Reasons() []Reason { return []Reason{Moved, NameChanged, Lost, OtherReason} }

// A Revocation says when and why a certificate was revoked.
type Revocation struct {
	At   time.Time `json:"at"`
	Code int       `json:"code"` // CRLReason; 0 is unspecified
}

// Revoke revokes the signature certificate of the card, or both certificates
// after a loss. at is when the revocation takes effect, in the past or in the
// future. The zero time means now. The error is a [*RevokedError] if no
// certificate is left to revoke because all were revoked before,
// [ErrNoCertificate] if there is none, and an [*InvalidError] for an unknown
// reason.
func (s *Store) Revoke(reason Reason, at time.Time) error {
	code, known := reasonCode[reason]
	if !known || reason == superseded {
		return &InvalidError{Field: "reason", Reason: "unknown"}
	}
	if at.IsZero() {
		at = s.now()
	}
	revocation := Revocation{At: at.UTC().Truncate(time.Second), Code: code}
	return s.update(func(st *state) error {
		credentials := []virtual.Credential{virtual.Sign}
		if reason == Lost {
			credentials = append(credentials, virtual.Auth)
		}
		var before *Revocation
		done := false
		for _, cred := range credentials {
			entry, err := s.entry(st, cred)
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

// supersede revokes the certificates of a card that is about to be replaced.
func (s *Store) supersede(st *state) error {
	if st.Card == nil {
		return nil
	}
	for _, cred := range []virtual.Credential{virtual.Sign, virtual.Auth} {
		entry, err := s.entry(st, cred)
		if err != nil {
			return err
		}
		if entry != nil && entry.Revoked == nil {
			entry.Revoked = &Revocation{At: s.now(), Code: reasonCode[superseded]}
		}
	}
	return nil
}

// entry returns the register entry of a certificate of the card, or nil if the
// card has none.
func (s *Store) entry(st *state, cred virtual.Credential) (*issued, error) {
	der := st.Card.slot(cred).Certificate
	if der == nil {
		return nil, nil
	}
	certificate, err := s.certificate(der)
	if err != nil {
		return nil, err
	}
	entry := st.find(hex.EncodeToString(certificate.AuthorityKeyId), certificate.SerialNumber)
	if entry == nil {
		return nil, s.damaged(fmt.Errorf("the register lacks the %s certificate", cred))
	}
	return entry, nil
}

// find returns the register entry of a serial number of an authority, or nil.
func (st *state) find(issuer string, serial *big.Int) *issued {
	text := serial.Text(16)
	for i := range st.Issued {
		if st.Issued[i].Issuer == issuer && st.Issued[i].Serial == text {
			return &st.Issued[i]
		}
	}
	return nil
}

// crlDays is the time from thisUpdate to nextUpdate of a CRL, in days.
const crlDays = 7

// CRL returns a new CRL, in DER, of the authority that issued the card's
// signature certificate. If the card has none, it is that of the newest
// signature root.
func (s *Store) CRL() ([]byte, error) {
	var der []byte
	err := s.update(func(st *state) error {
		root, err := s.signRoot(st)
		if err != nil {
			return err
		}
		der, err = s.crl(st, root.keyed)
		return err
	})
	return der, err
}

// CRLs returns a new CRL of every authority: first those of the roots, for each
// generation the signature root and the authentication root, then those of the
// bridge and the ministry if there is an official.
func (s *Store) CRLs() ([][]byte, error) {
	var all [][]byte
	err := s.update(func(st *state) error {
		var authorities []keyed
		for _, g := range st.Generations {
			authorities = append(authorities, g.Sign.keyed, g.Auth.keyed)
		}
		if st.Offices != nil {
			authorities = append(authorities, st.Offices.Bridge, st.Offices.Ministry)
		}
		for _, a := range authorities {
			der, err := s.crl(st, a)
			if err != nil {
				return err
			}
			all = append(all, der)
		}
		return nil
	})
	return all, err
}

// signRoot returns the signature root that issued the card's certificate, or
// the newest one if there is no such certificate.
func (s *Store) signRoot(st *state) (*authority, error) {
	newest := &st.Generations[len(st.Generations)-1].Sign
	if st.Card.Sign.Certificate == nil {
		return newest, nil
	}
	certificate, err := s.certificate(st.Card.Sign.Certificate)
	if err != nil {
		return nil, err
	}
	for i := range st.Generations {
		root, err := s.certificate(st.Generations[i].Sign.Certificate)
		if err != nil {
			return nil, err
		}
		if string(root.SubjectKeyId) == string(certificate.AuthorityKeyId) {
			return &st.Generations[i].Sign, nil
		}
	}
	return newest, nil
}

// crl returns a complete CRL (RFC 5280 §5). It covers every certificate of the
// authority, whatever its distribution point, and so names no distribution
// point.
func (s *Store) crl(st *state, a keyed) ([]byte, error) {
	by, err := s.issuer(a)
	if err != nil {
		return nil, err
	}
	st.CRLNumber++
	template := &x509.RevocationList{
		Number:     big.NewInt(st.CRLNumber),
		ThisUpdate: s.now(),
		NextUpdate: s.now().AddDate(0, 0, crlDays),
	}
	mine := hex.EncodeToString(by.certificate.SubjectKeyId)
	for _, entry := range st.Issued {
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
