package practice

import (
	"crypto/x509"
	"errors"
	"time"

	"natsuin/card/virtual"
)

// Info describes the practice card. Nothing in it is secret.
type Info struct {
	Kind    Kind
	Name    string
	Address string
	Birth   time.Time // midnight of the birth date in UTC
	Sex     Sex
	// Sign and Auth describe the two credentials of the card.
	Sign, Auth SlotInfo
}

// SlotInfo describes a credential of the card: its secret and its certificate.
type SlotInfo struct {
	Secret          string            // the current secret, or "" if there is none
	BuiltIn         bool              // Secret is the default secret
	Tries, MaxTries int               // MaxTries is 0 if there is no such secret
	Certificate     *x509.Certificate // nil if the card has none
	CA              *x509.Certificate // nil if the card has none
	Revoked         *Revocation       // nil if it is not revoked
}

// Show returns a description of the card. It issues the default card if there
// is none yet.
func (s *Store) Show() (Info, error) {
	st, _, err := s.load()
	if errors.Is(err, ErrNoCard) {
		if err = s.update(func(made *state) error { st = made; return nil }); err != nil {
			return Info{}, err
		}
	}
	if err != nil {
		return Info{}, err
	}
	birth, err := time.Parse(time.DateOnly, st.Card.Person.Birth)
	if err != nil {
		return Info{}, s.damaged(err)
	}
	info := Info{
		Kind: st.Card.Kind,
		Name: st.Card.Person.Name, Address: st.Card.Person.Address, Birth: birth, Sex: st.Card.Person.Sex,
	}
	if info.Sign, err = s.slotInfo(st, virtual.Sign); err != nil {
		return Info{}, err
	}
	info.Auth, err = s.slotInfo(st, virtual.Auth)
	return info, err
}

func (s *Store) slotInfo(st *state, cred virtual.Credential) (SlotInfo, error) {
	slot := st.Card.slot(cred)
	info := SlotInfo{
		Secret: slot.Secret, BuiltIn: slot.Secret == builtIn[cred],
		Tries: slot.Tries, MaxTries: slot.MaxTries,
	}
	var err error
	if slot.CA != nil {
		if info.CA, err = s.certificate(slot.CA); err != nil {
			return info, err
		}
	}
	if slot.Certificate != nil {
		if info.Certificate, err = s.certificate(slot.Certificate); err != nil {
			return info, err
		}
		entry, err := s.entry(st, cred)
		if err != nil {
			return info, err
		}
		info.Revoked = entry.Revoked
	}
	return info, nil
}
