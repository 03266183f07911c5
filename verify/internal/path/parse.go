package path

import (
	"crypto/x509"

	"natsuin/verify/internal/certificate"
)

// ParseCertificate parses a DER certificate as [certificate.Parse] does.
func ParseCertificate(der []byte) (*x509.Certificate, error) { return certificate.Parse(der) }
