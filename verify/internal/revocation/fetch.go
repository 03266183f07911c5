package revocation

import (
	"context"
	"crypto/x509"
)

// A Fetch sends an OCSP request (DER) about cert, issued by issuer, and returns
// the response (DER), which need not be trusted. It returns nil, nil if there
// is no responder. It must limit time and size itself.
type Fetch func(ctx context.Context, cert, issuer *x509.Certificate, request []byte) ([]byte, error)
