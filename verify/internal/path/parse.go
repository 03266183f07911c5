package path

import (
	"crypto/x509"

	"natsuin/verify/internal/certificate"
)

// ParseCertificate parses a DER certificate like [certificate.Parse].
func ParseCertificate(der []byte) (*x509.Certificate, error) { return certificate.Parse(der) }
