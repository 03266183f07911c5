package practice

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"natsuin/card/virtual"
)

// IssueOptions describes the card to issue. The default is a マイナンバーカード
// of 練習 花子 with the published secrets. Each field that is not zero replaces
// a part of it.
type IssueOptions struct {
	Kind    Kind
	Name    string
	Address string
	Birth   time.Time // only the date is used
	Sex     Sex
	// SignPassword is 6 to 16 characters of A–Z and 0–9, AuthPIN 4 digits.
	SignPassword, AuthPIN string
}

// Issue issues a new card, which replaces the old one, and revokes the
// certificates of the old one as superseded. The error for an invalid option is
// an [*InvalidError].
func (s *Store) Issue(o IssueOptions) error {
	return s.change(func(st *state) error { return s.issue(st, o) })
}

func (s *Store) issue(st *state, o IssueOptions) error {
	card, err := s.application(o)
	if err != nil {
		return err
	}
	if err := s.supersede(st); err != nil {
		return err
	}
	if err := s.certifyCard(st, card); err != nil {
		return err
	}
	st.Card = card
	return nil
}

// application checks the options and returns a card for them, without keys.
func (s *Store) application(o IssueOptions) (*cardRecord, error) {
	if o.Kind == "" {
		o.Kind = KindMyNumber
	}
	row, ok := o.Kind.row()
	if !ok {
		return nil, &InvalidError{Field: "kind", Reason: "unknown"}
	}
	holder := defaultHolder
	replace(&holder.Name, o.Name)
	replace(&holder.Address, o.Address)
	replace(&holder.Sex, o.Sex)
	if !o.Birth.IsZero() {
		holder.Birth = o.Birth.Format(time.DateOnly)
	}
	if err := holder.check(s.now().AddDate(-row.age, 0, 0)); err != nil {
		return nil, err
	}
	password, pin := defaultSignPassword, defaultAuthPIN
	replace(&password, o.SignPassword)
	replace(&pin, o.AuthPIN)
	if err := checkSecret("sign", password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 6, 16); err != nil {
		return nil, err
	}
	if err := checkSecret("auth", pin, "0123456789", 4, 4); err != nil {
		return nil, err
	}
	serial, err := s.serial()
	if err != nil {
		return nil, err
	}
	card := &cardRecord{
		ID:     serial.Text(16),
		Kind:   o.Kind,
		Person: holder,
		Sign:   slotRecord{Secret: password, Tries: signTries, MaxTries: signTries},
	}
	if row.auth {
		card.Auth = slotRecord{Secret: pin, Tries: authTries, MaxTries: authTries}
	}
	return card, nil
}

// replace sets *field unless the value is zero.
func replace[T ~string](field *T, value T) {
	if value != "" {
		*field = value
	}
}

func checkSecret(field, secret, alphabet string, shortest, longest int) error {
	if len(secret) < shortest || len(secret) > longest || strings.Trim(secret, alphabet) != "" {
		return &InvalidError{Field: field, Reason: "malformed secret"}
	}
	return nil
}

// certifyCard generates the keys and issues the certificates for a card, and
// adds the certificates to the register.
func (s *Store) certifyCard(st *state, card *cardRecord) error {
	row, _ := card.Kind.row()
	birth, err := card.Person.birth()
	if err != nil {
		return s.damaged(err)
	}
	from := s.now().AddDate(-row.age, 0, 0)
	until := endOfBirthday(birth, from, row.years)
	if row.fixed {
		until = from.AddDate(row.years, 0, 0)
	}
	roots, err := s.generationFor(st, until)
	if err != nil {
		return err
	}
	information, err := alternativeName(card.Person)
	if err != nil {
		return err
	}
	keys, err := newKeys(row.algorithm, row.algorithm)
	if err != nil {
		return err
	}
	halves := []half{
		{row.sign, &card.Sign, &roots.Sign, signName, "A", "PRACTICE for digital signature",
			x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, []pkix.Extension{information}},
		{row.auth, &card.Auth, &roots.Auth, authName, "B", "PRACTICE for user authentication",
			x509.KeyUsageDigitalSignature, nil},
	}
	for i, h := range halves {
		h.slot.keyed, h.slot.CA = keyed{}, nil
		if h.wanted || h.slot.MaxTries > 0 {
			h.slot.CA = h.root.Certificate
		}
		if !h.wanted {
			continue
		}
		serial := fmt.Sprintf("%s%.8s%s PRACTICE", from.In(japan).Format("20060102150405"), strings.ToUpper(card.ID), h.letter)
		if err := s.certifyHalf(st, h, request{subject: h.subject(serial), key: keys[i], notBefore: from, notAfter: until}); err != nil {
			return err
		}
	}
	return nil
}

// half describes how the signature key or the authentication key of a card is
// certified.
type half struct {
	wanted     bool
	slot       *slotRecord
	root       *authority
	subject    func(number string) []byte
	letter     string // the last character of the number
	use        string
	usage      x509.KeyUsage
	extensions []pkix.Extension
}

// certifyHalf issues the certificate of one of the two keys under its root, and
// adds it to the register.
func (s *Store) certifyHalf(st *state, h half, r request) error {
	by, err := s.issuer(h.root.keyed)
	if err != nil {
		return err
	}
	r.usage = h.usage
	r.extensions = append(h.extensions, policies(), distributionPoint(distributionPointName(h.use)))
	if h.slot.keyed, err = s.certify(by, r); err != nil {
		return err
	}
	certificate, err := s.certificate(h.slot.Certificate)
	if err != nil {
		return err
	}
	st.Issued = append(st.Issued, issued{
		Serial: certificate.SerialNumber.Text(16),
		Issuer: hex.EncodeToString(certificate.AuthorityKeyId),
	})
	return nil
}

// RenewOptions determines how certificates are renewed.
type RenewOptions struct {
	// NewRoot first creates a new generation of roots under the same names, as
	// the real authority does every few years.
	NewRoot bool
}

// Renew replaces the card's keys and certificates, and revokes the old
// certificates as superseded. Secrets and counts do not change. A card of
// [KindExpired] becomes one of [KindMyNumber].
func (s *Store) Renew(o RenewOptions) error {
	return s.update(func(st *state) error {
		if o.NewRoot {
			if err := s.newGeneration(st); err != nil {
				return err
			}
		}
		if err := s.supersede(st); err != nil {
			return err
		}
		if st.Card.Kind == KindExpired {
			st.Card.Kind = KindMyNumber
		}
		return s.certifyCard(st, st.Card)
	})
}

// Unlock resets the tries of a secret to their maximum, and does not change the
// secret. The error is a [*NoSecretError] if the card has no such secret.
func (s *Store) Unlock(cred virtual.Credential) error {
	return s.update(func(st *state) error {
		slot := st.Card.slot(cred)
		if slot.MaxTries == 0 {
			return &NoSecretError{Credential: cred}
		}
		slot.Tries = slot.MaxTries
		return nil
	})
}

func (c *cardRecord) slot(cred virtual.Credential) *slotRecord {
	if cred == virtual.Auth {
		return &c.Auth
	}
	return &c.Sign
}
