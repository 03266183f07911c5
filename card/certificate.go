package card

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/card/apdu"
)

// A NoCertificateError is a certificate that this card does not hold: holders under
// 15, cards without PIN, certificate not asked for (docs/card.md §1).
type NoCertificateError struct{ ID CertID }

// Error implements error.
func (e *NoCertificateError) Error() string { return fmt.Sprintf("card: no %s certificate", e.ID) }

// A BadCertificateError is a certificate file that holds something else.
type BadCertificateError struct {
	ID  CertID
	Err error
}

// Error implements error.
func (e *BadCertificateError) Error() string {
	return fmt.Sprintf("card: %s certificate: %v", e.ID, e.Err)
}

// Unwrap returns why.
func (e *BadCertificateError) Unwrap() error { return e.Err }

const (
	readStep       = 256     // bytes of one READ BINARY
	maxCertificate = 8 << 10 // bytes; the longest seen are under 2 KiB
	// maxReads bounds a card that gives a byte at a time.
	maxReads = 2 * maxCertificate / readStep
)

var (
	errNotDER = errors.New("not a DER certificate")
	errShort  = errors.New("file ends before the certificate")
)

// Certificate reads one certificate, in one SELECT and a READ BINARY for each 256
// bytes of it. Errors: *NoCertificateError, ErrNotVerified when a secret is needed
// first, *BadCertificateError.
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

// readDER reads the current file as far as its DER header says: the file is longer
// than the certificate, and padded.
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

// extend reads on from data until there are total bytes of the current file.
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

// read is READ BINARY; meeting the end of the file is no error, it gives less.
func (c *Card) read(offset, length int) ([]byte, error) {
	data, err := c.exchange(readBinary(offset, length))
	if s := statusOf(err); s == apdu.EndOfFile || s == apdu.PastEnd {
		return data, nil
	}
	return data, err
}

// errBlank is a file in which nothing was ever written.
var errBlank = errors.New("blank file")

// blank tells whether nothing but padding is there.
func blank(data []byte) bool {
	return all(data, func(b byte) bool { return b == 0xFF || b == 0x00 })
}

// derLength reads the length of a DER SEQUENCE, header included, from its beginning.
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

// certificateError says for a certificate what went wrong with its file.
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

// Expiry reads when a certificate ends from its first 256 bytes, in one exchange on
// a card that reads by short file identifier; where a long issuer's name pushes the
// date further back, from the whole. It is for a hint before the prompt: nothing of
// the certificate is checked. Errors are those of Certificate.
func (c *Card) Expiry(id CertID) (time.Time, error) {
	place, ok := certificates[id]
	if !ok {
		return time.Time{}, &NoCertificateError{id}
	}
	data, err := c.readStart(place.file, readStep)
	if err != nil {
		return time.Time{}, c.certificateError(id, err)
	}
	if blank(data) {
		return time.Time{}, &NoCertificateError{id}
	}
	if end, ok := notAfter(data); ok {
		return end, nil
	}
	cert, err := c.Certificate(id)
	if err != nil {
		return time.Time{}, err
	}
	return cert.NotAfter, nil
}

// notAfter walks from the beginning of a certificate to the end of its Validity (RFC
// 5280 §4.1). The outer two SEQUENCEs are cut off by the reading, so their headers are
// stepped over.
func notAfter(data []byte) (time.Time, bool) {
	s := cryptobyte.String(data)
	for range 2 {
		var tag, length uint8
		if !s.ReadUint8(&tag) || tag != 0x30 || !s.ReadUint8(&length) {
			return time.Time{}, false
		}
		if length >= 0x80 && !s.Skip(int(length&0x7F)) {
			return time.Time{}, false
		}
	}
	var validity cryptobyte.String
	var begin, end time.Time
	ok := s.SkipOptionalASN1(asn1.Tag(0).Constructed().ContextSpecific()) && // version
		s.SkipASN1(asn1.INTEGER) && // serialNumber
		s.SkipASN1(asn1.SEQUENCE) && // signature
		s.SkipASN1(asn1.SEQUENCE) && // issuer
		s.ReadASN1(&validity, asn1.SEQUENCE) &&
		readTime(&validity, &begin) && readTime(&validity, &end) && validity.Empty()
	return end, ok
}

func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(asn1.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t)
}
