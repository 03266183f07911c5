package card

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/card/apdu"
)

// A NoCertificateError means that the card does not hold the certificate, for
// example because the holder is under 15, the card has no PIN, or the
// certificate was not requested (docs/card.md §1).
type NoCertificateError struct{ ID CertID }

// Error implements error.
func (e *NoCertificateError) Error() string { return fmt.Sprintf("card: no %s certificate", e.ID) }

// A BadCertificateError means that no well-formed certificate of at most 8 KiB
// could be read from the file.
type BadCertificateError struct {
	ID  CertID
	Err error
}

// Error implements error.
func (e *BadCertificateError) Error() string {
	return fmt.Sprintf("card: %s certificate: %v", e.ID, e.Err)
}

// Unwrap returns the reason.
func (e *BadCertificateError) Unwrap() error { return e.Err }

const (
	readStep       = 256     // bytes of one READ BINARY
	maxCertificate = 8 << 10 // bytes
	// maxReads ends the reading if a card returns too few bytes at a time.
	maxReads = 2 * maxCertificate / readStep
)

var (
	errNotDER = errors.New("not a DER certificate")
	errShort  = errors.New("file ends before the certificate")
)

// Certificate reads a certificate. This takes at most one SELECT, and one READ
// BINARY for each 256 bytes unless the card returns fewer at a time. The error
// is a [*NoCertificateError], a [*BadCertificateError], [ErrNotVerified] if a
// secret must be verified first, or that of the exchange.
func (c *Card) Certificate(id CertID) (*x509.Certificate, error) {
	place, ok := certificates[id]
	if !ok {
		return nil, &NoCertificateError{id}
	}
	if err := c.choose(place.file); err != nil {
		return nil, c.certificateError(id, err)
	}
	der, err := c.readDER()
	if err != nil {
		return nil, c.certificateError(id, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &BadCertificateError{id, err}
	}
	return cert, nil
}

// readDER reads the current file up to the length in its DER header. The file
// may be longer, because it is padded.
func (c *Card) readDER() ([]byte, error) {
	data, err := c.read(0, readStep)
	if err != nil {
		return nil, err
	}
	if blank(data) {
		return nil, errBlank
	}
	total, err := derLength(data)
	if err != nil {
		return nil, err
	}
	if data, err = c.extend(data, total); err != nil {
		return nil, err
	}
	return data[:total], nil
}

// extend appends to data, the beginning of the current file, the bytes that
// follow in the file until data has at least total bytes.
func (c *Card) extend(data []byte, total int) ([]byte, error) {
	for reads := 1; len(data) < total; reads++ {
		more, err := c.read(len(data), min(readStep, total-len(data)))
		if err != nil {
			return nil, err
		}
		if len(more) == 0 || reads == maxReads {
			return nil, errShort
		}
		data = append(data, more...)
	}
	return data, nil
}

// read sends READ BINARY. At the end of the file it returns fewer bytes and a
// nil error.
func (c *Card) read(offset, length int) ([]byte, error) {
	data, err := c.exchange(readBinary(offset, length))
	if s := statusOf(err); s == apdu.EndOfFile || s == apdu.PastEnd {
		return data, nil
	}
	return data, err
}

// errBlank means that the first read returned nothing but padding.
var errBlank = errors.New("blank file")

// blank reports whether data is padding only.
func blank(data []byte) bool {
	return all(data, func(b byte) bool { return b == 0xFF || b == 0x00 })
}

// derLength returns the length in bytes, header included, of the DER SEQUENCE
// that begins data.
func derLength(data []byte) (int, error) {
	if len(data) < 4 || data[0] != 0x30 {
		return 0, errNotDER
	}
	n, header := int(data[1]), 2
	if n >= 0x80 {
		octets := n & 0x7F
		if octets == 0 || octets > 2 {
			return 0, errNotDER
		}
		n = 0
		for _, b := range data[2 : 2+octets] {
			n = n<<8 | int(b)
		}
		header += octets
	}
	if n == 0 || header+n > maxCertificate {
		return 0, errNotDER
	}
	return header + n, nil
}

// certificateError converts an error from reading the file of a certificate to
// an error about the certificate.
func (c *Card) certificateError(id CertID, err error) error {
	switch {
	case errors.Is(err, errBlank), c.absent(err):
		return &NoCertificateError{id}
	case errors.Is(err, ErrNotVerified):
		return err
	case statusOf(err) == apdu.SecurityState:
		return notVerified("READ BINARY")
	case errors.Is(err, errNotDER), errors.Is(err, errShort):
		return &BadCertificateError{id, err}
	}
	return err
}

// A Preview holds facts from the beginning of a certificate. They are not
// checked.
type Preview struct {
	NotAfter time.Time
	// Hash is what [HashFor] returns for the certificate's key. If the bytes
	// read do not contain the algorithm of the key, Hash is a guess: SHA-384 if
	// the CA signed the certificate with ECDSA, and otherwise 0.
	Hash crypto.Hash
}

// Expiry returns the end of a certificate's validity, which it reads like
// [Card.Preview].
func (c *Card) Expiry(id CertID) (time.Time, error) {
	p, err := c.Preview(id)
	return p.NotAfter, err
}

// Preview reads the first 256 bytes of a certificate, in one exchange if the
// card supports short file identifiers. If the dates cannot be read from them,
// for example because of a long issuer name, it reads the whole certificate. It
// is meant for hints that are shown before the prompt. The errors are those of
// [Card.Certificate].
func (c *Card) Preview(id CertID) (Preview, error) {
	place, ok := certificates[id]
	if !ok {
		return Preview{}, &NoCertificateError{id}
	}
	data, err := c.readStart(place.file, readStep)
	if err != nil {
		return Preview{}, c.certificateError(id, err)
	}
	if blank(data) {
		return Preview{}, &NoCertificateError{id}
	}
	if p, ok := parsePreview(data); ok {
		return p, nil
	}
	cert, err := c.Certificate(id)
	if err != nil {
		return Preview{}, err
	}
	return Preview{cert.NotAfter, HashFor(cert.PublicKey)}, nil
}

// parsePreview parses the beginning of a certificate up to its Validity, and
// further up to the algorithm of its key if data is long enough (RFC 5280
// §4.1). ok reports whether data contains the whole Validity.
func parsePreview(data []byte) (p Preview, ok bool) {
	s := cryptobyte.String(data)
	var signature, validity cryptobyte.String
	var begin time.Time
	for range 2 { // Certificate, TBSCertificate
		if !enter(&s) {
			return Preview{}, false
		}
	}
	ok = s.SkipOptionalASN1(asn1.Tag(0).Constructed().ContextSpecific()) && // version
		s.SkipASN1(asn1.INTEGER) && // serialNumber
		s.ReadASN1(&signature, asn1.SEQUENCE) &&
		s.SkipASN1(asn1.SEQUENCE) && // issuer
		s.ReadASN1(&validity, asn1.SEQUENCE) &&
		readTime(&validity, &begin) && readTime(&validity, &p.NotAfter) && validity.Empty()
	if !ok {
		return Preview{}, false
	}
	var algorithm cryptobyte.String
	// subject, subjectPublicKeyInfo
	if s.SkipASN1(asn1.SEQUENCE) && enter(&s) && s.ReadASN1(&algorithm, asn1.SEQUENCE) {
		if bytes.Equal(algorithm, p384Key) {
			p.Hash = crypto.SHA384
		}
	} else if bytes.HasPrefix(signature, ecdsaSignature) {
		p.Hash = crypto.SHA384
	}
	return p, true
}

// enter skips the header of a SEQUENCE. Unlike ReadASN1, it works if the end of
// the SEQUENCE is missing.
func enter(s *cryptobyte.String) bool {
	var tag, length uint8
	return s.ReadUint8(&tag) && tag == 0x30 && s.ReadUint8(&length) &&
		(length < 0x80 || s.Skip(int(length&0x7F)))
}

var (
	// p384Key is the content of the AlgorithmIdentifier of a P-384 key:
	// id-ecPublicKey and secp384r1 (RFC 5480 §2.1.1).
	p384Key = []byte{0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22}
	// ecdsaSignature is the common beginning of the contents of the
	// AlgorithmIdentifiers of ecdsa-with-SHA2 (RFC 5758 §3.2).
	ecdsaSignature = []byte{0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03}
)

func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(asn1.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t)
}
