package verify

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
)

// Limits on a file of certificates.
const (
	maxBundle             = 4 << 20 // bytes
	maxBundleCertificates = 1024
)

// ErrNoCertificates is returned for bytes that are well formed but hold no
// certificate.
var ErrNoCertificates = errors.New("read certificates: none found")

// ErrTooManyCertificates is returned for a file that exceeds the limits of
// [ParseCertificates].
var ErrTooManyCertificates = errors.New("read certificates: too many")

// ParseCertificates parses the certificates in a file: one DER certificate, any
// number of PEM CERTIFICATE or PKCS7 blocks, or a bundle (.p7b: SignedData in
// DER, BER, PEM or base64, whose signatures are ignored). They keep the order
// of the file. Whatever has the shape of a certificate is returned, if only to
// be hashed; see [Readable]. The error is [ErrNoCertificates],
// [ErrTooManyCertificates] for more than 4 MiB or 1024 certificates, or says
// which certificate does not parse.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	if len(b) > maxBundle {
		return nil, ErrTooManyCertificates
	}
	raws, err := rawCertificates(trimBOM(b))
	if err != nil {
		return nil, err
	}
	if len(raws) == 0 {
		return nil, ErrNoCertificates
	}
	if len(raws) > maxBundleCertificates {
		return nil, ErrTooManyCertificates
	}
	certificates := make([]*x509.Certificate, 0, len(raws))
	for i, raw := range raws {
		c, err := certificate.Parse(raw)
		if unreadable := (*certificate.UnreadableError)(nil); errors.As(err, &unreadable) {
			c, err = unreadable.Certificate, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read certificate %d: %w", i+1, err)
		}
		certificates = append(certificates, c)
	}
	return certificates, nil
}

// ErrUnreadable is returned by [Readable].
var ErrUnreadable = errors.New("read certificate: a part cannot be read")

// Readable returns nil, or an error that wraps [ErrUnreadable] and names in
// English the part of a certificate that cannot be read. Nothing verifies with
// such a certificate: it can be shown and hashed.
func Readable(c *x509.Certificate) error {
	if c == nil || !certificate.Unreadable(c) {
		return nil
	}
	_, err := certificate.Parse(c.Raw)
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

func rawCertificates(b []byte) ([][]byte, error) {
	if bytes.Contains(b, []byte("-----BEGIN ")) && (len(b) == 0 || b[0] != 0x30) {
		return pemCertificates(b)
	}
	bundle, err := bundled(b)
	if err == nil {
		return bundle, nil
	}
	if len(b) > 0 && b[0] == 0x30 {
		_, failed := certificate.Parse(b)
		if failed == nil || errors.As(failed, new(*certificate.UnreadableError)) {
			return [][]byte{b}, nil
		}
	}
	return nil, err
}

func pemCertificates(b []byte) ([][]byte, error) {
	var raws [][]byte
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return raws, nil
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
			raws = append(raws, block.Bytes)
		case "PKCS7", "CMS", "PKCS #7 SIGNED DATA":
			bundle, err := bundled(block.Bytes)
			if err != nil {
				return nil, err
			}
			raws = append(raws, bundle...)
		}
		b = rest
	}
}

func bundled(b []byte) ([][]byte, error) {
	in, err := cms.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	m, err := cms.Parse(in.Message, in.Size)
	if err != nil {
		return nil, err
	}
	return m.Certificates, nil
}
