package sign

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"

	"natsuin/sign/internal/cms"
	"natsuin/sign/timestamp"
)

// Imprint returns the imprint that a time-stamp token for the signature must
// have: the hash of the signature value (RFC 3161 Appendix A), by SHA-256, or
// by SHA-512 if the signature uses a longer hash than SHA-256.
func (s *Signature) Imprint() timestamp.Imprint {
	return timestamp.ImprintOf(stampHash(s.content.Hash), s.value)
}

func stampHash(h crypto.Hash) crypto.Hash {
	if h == crypto.SHA384 || h == crypto.SHA512 {
		return crypto.SHA512
	}
	return crypto.SHA256
}

// WithTimeStamp returns the signature with a time-stamp token, a DER
// ContentInfo, as an unsigned attribute (CAdES-T, ETSI EN 319 122-1 §5.3). It
// changes no signed octet, which is checked with independent code. The caller
// should first check the token with package verify. Errors:
// [*timestamp.RefusedError] if token is not a time-stamp token, or one for
// another signature; [*CheckError].
func (s *Signature) WithTimeStamp(token []byte) (*Signature, error) {
	if err := checkToken(token, s.Imprint()); err != nil {
		return nil, err
	}
	data, err := s.data.Stamped(timestamp.OIDAttribute, token)
	if err != nil {
		return nil, fmt.Errorf("add: time stamp: %w", err)
	}
	out := &Signature{content: s.content, value: s.value, data: data, detached: data.Detached()}
	if err := checkStamped(s.detached, out.detached, token); err != nil {
		return nil, &CheckError{Check: CheckStructure, Err: err}
	}
	return out, nil
}

// checkToken requires a token over imprint.
func checkToken(token []byte, imprint timestamp.Imprint) error {
	info, err := timestamp.ParseToken(token)
	if err == nil && !info.Has(imprint) {
		err = &timestamp.RefusedError{Reason: timestamp.ReasonImprint}
	}
	if err != nil {
		return fmt.Errorf("add: time stamp: %w", err)
	}
	return nil
}

// checkStamped requires that after is DER, and becomes before when one unsigned
// attribute with the token is removed.
func checkStamped(before, after, token []byte) error {
	ci, err := parseEnvelope(after)
	if err != nil {
		return err
	}
	if len(ci.Content.Signers) != 1 {
		return fmt.Errorf("%d signers", len(ci.Content.Signers))
	}
	si := &ci.Content.Signers[0]
	for i, a := range si.Unsigned {
		if !a.Type.Equal(timestamp.OIDAttribute) || len(a.Values) != 1 || !bytes.Equal(a.Values[0].FullBytes, token) {
			continue
		}
		if si.Unsigned = slices.Delete(si.Unsigned, i, i+1); len(si.Unsigned) == 0 {
			si.Unsigned = nil // an absent field
		}
		without, err := asn1.Marshal(ci)
		if err != nil {
			return err
		}
		if !bytes.Equal(without, before) {
			return errors.New("more than the time stamp has changed")
		}
		return nil
	}
	return errors.New("the time stamp is not there")
}

// A Message is a SignedData that exists already, wherever it was made. It is
// safe for concurrent use if its reader is.
type Message struct {
	r    io.ReaderAt
	size int64
	m    *cms.Message
}

// Errors of [OpenMessage].
var (
	// ErrNotDER means that the data is not a SignedData to which attributes can
	// be added without touching what is signed: it is PEM or MIME, damaged, or
	// has a SignerInfo that is not in DER.
	ErrNotDER = errors.New("not a SignedData with signers in DER")
	// ErrArchived means that a signer has an archive time stamp, which covers
	// the unsigned attributes: one more would break it.
	ErrArchived = errors.New("an archive time stamp covers the unsigned attributes")
)

// archives are the archive time stamps of RFC 3126 (27) and of RFC 5126 §6.4.1
// (48), which cover all unsigned attributes before them.
var archives = []asn1.ObjectIdentifier{
	{1, 2, 840, 113549, 1, 9, 16, 2, 27},
	{1, 2, 840, 113549, 1, 9, 16, 2, 48},
}

// OpenMessage finds the signers of the SignedData that fills r from 0 to size.
// It takes DER, and BER of indefinite lengths if the signers are in DER. It
// reads no content, whatever its size, and checks no signature. Errors:
// [ErrNotDER], [ErrArchived], those of r.
func OpenMessage(r io.ReaderAt, size int64) (*Message, error) {
	m, err := cms.Parse(r, size)
	if errors.As(err, new(*cms.SyntaxError)) {
		return nil, fmt.Errorf("open: message: %w: %w", ErrNotDER, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open: message: %w", err)
	}
	for _, s := range m.Signers {
		for _, kind := range archives {
			if s.HasUnsigned(kind) {
				return nil, fmt.Errorf("open: message: %w", ErrArchived)
			}
		}
	}
	return &Message{r: r, size: size, m: m}, nil
}

// Imprints returns the imprint that a token for each signer must have, like
// [Signature.Imprint], in the order of the message.
func (m *Message) Imprints() []timestamp.Imprint {
	list := make([]timestamp.Imprint, len(m.m.Signers))
	for i, s := range m.m.Signers {
		list[i] = timestamp.ImprintOf(stampHash(s.Hash), s.Value)
	}
	return list
}

// WithTimeStamps returns the message with one more token for each signer, in
// the order of [Message.Imprints]. The result reads from the same reader. No
// octet changes except the unsigned attributes, the lengths around them, and
// the order of the signers. Errors: as [Signature.WithTimeStamp].
func (m *Message) WithTimeStamps(tokens ...[]byte) (*Message, error) {
	imprints := m.Imprints()
	if len(tokens) != len(imprints) {
		return nil, fmt.Errorf("add: time stamp: %d tokens for %d signers", len(tokens), len(imprints))
	}
	signers := make([]cms.SignerInfo, len(imprints))
	for i, s := range m.m.Signers {
		if err := checkToken(tokens[i], imprints[i]); err != nil {
			return nil, err
		}
		signers[i] = s.WithUnsigned(timestamp.OIDAttribute, tokens[i])
	}
	out := m.m.With(signers)
	again, err := OpenMessage(out, out.Size())
	if err != nil {
		return nil, &CheckError{Check: CheckStructure, Err: err}
	}
	return again, nil
}

// Size returns the length of the message in bytes.
func (m *Message) Size() int64 { return m.size }

// ReadAt implements [io.ReaderAt] over the message.
func (m *Message) ReadAt(b []byte, off int64) (int, error) { return m.r.ReadAt(b, off) }
