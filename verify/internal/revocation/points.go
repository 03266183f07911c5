package revocation

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
)

// point is a DistributionPoint of a certificate (RFC 5280 §4.2.1.13).
type point struct {
	names   []name.General // nil if absent
	reasons reasonMask
	issuer  []name.General // cRLIssuer, or nil
}

// maxPoints limits the distribution points of one certificate.
const maxPoints = 64

// CheckPoints returns an error if the CRL distribution points or the freshest
// CRL of a certificate are malformed.
func CheckPoints(cert *x509.Certificate) error {
	_, err := points(cert)
	return err
}

// points returns the CRL distribution points of a certificate, or nil if it has
// none. It also returns an error if the freshest CRL is malformed.
func points(cert *x509.Certificate) ([]point, error) {
	var out []point
	for _, oid := range []string{oidFreshestCRL, oidCRLDP} {
		value, present := extensionOf(cert, oid)
		if !present {
			continue
		}
		issuer, err := name.ParseDN(cert.RawIssuer)
		if err != nil {
			return nil, err
		}
		read, err := readPoints(value, issuer)
		if err != nil {
			return nil, err
		}
		if oid == oidCRLDP {
			out = read
		}
	}
	return out, nil
}

func readPoints(der []byte, issuer name.DN) ([]point, error) {
	in := cryptobyte.String(der)
	if !onlySequence(&in) || in.Empty() {
		return nil, ErrMalformed
	}
	var out []point
	for !in.Empty() {
		var v, dp, reasons, crlIssuer cryptobyte.String
		var hasDP, hasReasons, hasIssuer bool
		if len(out) == maxPoints || !in.ReadASN1(&v, cbasn1.SEQUENCE) ||
			!v.ReadOptionalASN1(&dp, &hasDP, tagContextConstructed) ||
			!v.ReadOptionalASN1(&reasons, &hasReasons, cbasn1.Tag(1).ContextSpecific()) ||
			!v.ReadOptionalASN1(&crlIssuer, &hasIssuer, cbasn1.Tag(0xa2)) || !v.Empty() {
			return nil, ErrMalformed
		}
		p := point{reasons: everyReason}
		base := issuer
		if hasIssuer {
			var err error
			if p.issuer, err = name.ReadGenerals(crlIssuer); err != nil {
				return nil, err
			}
			for _, g := range p.issuer {
				if g.Form == name.DirectoryName {
					base = g.DN
					break
				}
			}
		}
		if hasDP {
			var err error
			if p.names, err = readPointName(dp, base); err != nil {
				return nil, err
			}
		}
		if hasReasons {
			var ok bool
			if p.reasons, ok = readReasons(reasons); !ok {
				return nil, ErrMalformed
			}
		}
		if !hasDP && !hasIssuer {
			return nil, ErrMalformed // reasons alone are not allowed
		}
		out = append(out, p)
	}
	return out, nil
}
