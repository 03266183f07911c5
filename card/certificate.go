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

// A Preview is what the beginning of a certificate says. Nothing of it is checked.
type Preview struct {
	NotAfter time.Time
	// Hash is what HashFor returns for the certificate's key. Where the key's algorithm
	// stands too far back it is SHA-384 for a certificate that was signed with ECDSA: a
	// guess, since that key is the CA's.
	Hash crypto.Hash
}

// Expiry reads when a certificate ends, as Preview does.
func (c *Card) Expiry(id CertID) (time.Time, error) {
	p, err := c.Preview(id)
	return p.NotAfter, err
}

// Preview reads the first 256 bytes of a certificate, in one exchange on a card that
// reads by short file identifier; where a long issuer's name pushes the date further
// back, the whole. It is for a hint before the prompt. Errors are those of Certificate.
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

// parsePreview walks from the beginning of a certificate to the end of its Validity, and
// on to the algorithm of its key (RFC 5280 §4.1). It reports whether the data reaches as
// far as the former.
func parsePreview(data []byte) (p Preview, ok bool) {
	s := cryptobyte.String(data)
	var signature, validity cryptobyte.String
	var begin time.Time
	ok = enter(&s) && enter(&s) && // Certificate, TBSCertificate
		s.SkipOptionalASN1(asn1.Tag(0).Constructed().ContextSpecific()) && // version
		s.SkipASN1(asn1.INTEGER) && // serialNumber
		s.ReadASN1(&signature, asn1.SEQUENCE) &&
		s.SkipASN1(asn1.SEQUENCE) && // issuer
		s.ReadASN1(&validity, asn1.SEQUENCE) &&
		readTime(&validity, &begin) && readTime(&validity, &p.NotAfter) && validity.Empty()
	if !ok {
		return Preview{}, false
	}
	var algorithm cryptobyte.String
	if s.SkipASN1(asn1.SEQUENCE) && enter(&s) && s.ReadASN1(&algorithm, asn1.SEQUENCE) { // subject, subjectPublicKeyInfo
		if bytes.Equal(algorithm, p384Key) {
			p.Hash = crypto.SHA384
		}
	} else if bytes.HasPrefix(signature, ecdsaSignature) {
		p.Hash = crypto.SHA384
	}
	return p, true
}

// enter steps over the header of a SEQUENCE, the end of which may be cut off.
func enter(s *cryptobyte.String) bool {
	var tag, length uint8
	return s.ReadUint8(&tag) && tag == 0x30 && s.ReadUint8(&length) &&
		(length < 0x80 || s.Skip(int(length&0x7F)))
}

var (
	// p384Key is the content of an AlgorithmIdentifier with id-ecPublicKey and secp384r1
	// (RFC 5480 §2.1.1).
	p384Key = []byte{0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22}
	// ecdsaSignature begins that of each ecdsa-with-SHA2 (RFC 5758 §3.2).
	ecdsaSignature = []byte{0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03}
)

func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(asn1.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t)
}
