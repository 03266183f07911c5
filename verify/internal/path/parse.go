package path

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	idCRLDP = asn1.ObjectIdentifier{2, 5, 29, 31}
	// idHidden is an unused arc of id-ce, as long as idCRLDP in DER.
	idHidden = asn1.ObjectIdentifier{2, 5, 29, 127}

	derCRLDP  = []byte{0x06, 0x03, 0x55, 0x1d, 0x1f}
	derHidden = []byte{0x06, 0x03, 0x55, 0x1d, 0x7f}
)

var errTrailingElements = errors.New("path: elements after the signature of a certificate")

// ParseCertificate parses a DER certificate as x509.ParseCertificate does, with
// two differences. It refuses elements after the signature inside the
// certificate, which nothing covers. It accepts CRL distribution points that
// crypto/x509 cannot read (nameRelativeToCRLIssuer, RFC 5280 §4.2.1.13), by
// parsing a copy in which that extension has another identifier and restoring
// it in the result. [Validate] reads the extension itself.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		cert, err = parseHidden(der, err)
	}
	if err == nil && !threeElements(der) {
		return nil, errTrailingElements
	}
	return cert, err
}

// threeElements reports whether a Certificate that crypto/x509 has parsed holds
// what RFC 5280 §4.1 says, and nothing after it.
func threeElements(der []byte) bool {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	return in.ReadASN1(&body, cbasn1.SEQUENCE) && body.SkipASN1(cbasn1.SEQUENCE) &&
		body.SkipASN1(cbasn1.SEQUENCE) && body.SkipASN1(cbasn1.BIT_STRING) && body.Empty()
}

// parseHidden parses a certificate that x509.ParseCertificate refused, without
// its CRL distribution points. It returns that error if they were not the
// cause.
func parseHidden(der []byte, refused error) (*x509.Certificate, error) {
	if bytes.Count(der, derCRLDP) != 1 || bytes.Contains(der, derHidden) {
		return nil, refused
	}
	cert, err := x509.ParseCertificate(bytes.Replace(der, derCRLDP, derHidden, 1))
	if err != nil {
		return nil, refused
	}
	found := false
	for i := range cert.Extensions {
		if cert.Extensions[i].Id.Equal(idHidden) {
			cert.Extensions[i].Id, found = idCRLDP, true
		}
	}
	if !found {
		return nil, refused // the bytes were something else
	}
	cert.UnhandledCriticalExtensions = slices.DeleteFunc(cert.UnhandledCriticalExtensions, idHidden.Equal)
	original := bytes.Clone(der)
	at := bytes.Index(cert.Raw, cert.RawTBSCertificate)
	cert.RawTBSCertificate = original[at : at+len(cert.RawTBSCertificate)]
	cert.Raw = original
	return cert, nil
}
