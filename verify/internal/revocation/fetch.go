package revocation

import (
	"context"
	"crypto/x509"
)

// Fetch sends an OCSP request (DER) about cert, issued by issuer, and returns
// the response (DER), which need not be trusted. It returns nil, nil if there
// is no responder to ask. It limits time and size itself.
type Fetch func(ctx context.Context, cert, issuer *x509.Certificate, request []byte) ([]byte, error)
