package path

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/revocation"
)

// facts holds a certificate and the fields that validation reads itself.
type facts struct {
	cert            *x509.Certificate
	subject, issuer name.DN
	alternatives    []name.General // subjectAltName
	constraints     *constraints   // nil if absent
	hasKeyUsage     bool
	unknownCritical asn1.ObjectIdentifier // nil if there is none
	malformed       error                 // an error for a part that must be read but cannot
	asAnchor        error                 // malformed, if it matters in an anchor too
	unread          bool                  // the names were not read, because the budget did not suffice

	subjectKey, issuerKey string // equal if the names match

	// Numbers that are equal if the names match, or the keys are the same. They
	// are valid within one Budget.
	subjectID, issuerID, keyID int
}

// nameKey returns the text for which [Budget.number] returns the number of a
// name.
func nameKey(dn name.DN) string { return "name " + dn.Key() }

// selfIssued reports whether subject and issuer are the same name (RFC 5280
// §3.2).
func (f *facts) selfIssued() bool { return f.subjectID == f.issuerID }

// isCA reports whether the certificate is that of a CA (RFC 5280 §6.1.4 (k)). A
// version 1 certificate never is.
func (f *facts) isCA() bool {
	return f.cert.Version == 3 && f.cert.BasicConstraintsValid && f.cert.IsCA
}

// processed holds the extensions below id-ce (2.5.29) that may be critical:
// those that this package or its caller processes, and those that do not affect
// validation.
var processed = map[int]bool{
	9:  true, // subjectDirectoryAttributes
	14: true, // subjectKeyIdentifier
	15: true, // keyUsage
	17: true, // subjectAltName
	18: true, // issuerAltName
	19: true, // basicConstraints
	30: true, // nameConstraints
	31: true, // cRLDistributionPoints
	32: true, // certificatePolicies
	33: true, // policyMappings
	35: true, // authorityKeyIdentifier
	36: true, // policyConstraints
	37: true, // extKeyUsage; the caller checks it
	46: true, // freshestCRL
	54: true, // inhibitAnyPolicy
}

// idOCSPNoCheck affects revocation only (RFC 6960 §4.2.2.2.1).
var idOCSPNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// newFacts reads a certificate. It never returns nil. If a part cannot be read,
// malformed is set, and no path with the certificate is valid. Of an anchor,
// only the subject, the name constraints and the policy constraints must be
// readable.
func newFacts(cert *x509.Certificate) *facts {
	f := &facts{cert: cert}
	var err error
	if f.subject, err = name.ParseDN(cert.RawSubject); err != nil {
		f.broken(fmt.Errorf("subject: %w", err))
	}
	if f.issuer, err = name.ParseDN(cert.RawIssuer); err != nil || len(f.issuer) == 0 {
		f.malformed = fmt.Errorf("issuer: %w", name.ErrMalformed) // must not be empty, §4.1.2.4
	}
	f.subjectKey, f.issuerKey = nameKey(f.subject), nameKey(f.issuer)
	for _, e := range cert.Extensions {
		if len(e.Id) != 4 || e.Id[0] != 2 || e.Id[1] != 5 || e.Id[2] != 29 || !processed[e.Id[3]] {
			if e.Critical && !e.Id.Equal(idOCSPNoCheck) {
				f.unknownCritical = e.Id
			}
			continue
		}
		if err := f.read(e.Id[3], e.Value); err != nil {
			f.malformed = fmt.Errorf("extension %s: %w", e.Id, err)
			if e.Id[3] == 30 {
				f.broken(f.malformed)
			}
		}
	}
	if err := revocation.CheckPoints(cert); err != nil {
		f.malformed = fmt.Errorf("CRL distribution points: %w", err)
	}
	if cert.RequireExplicitPolicy < 0 || cert.InhibitPolicyMapping < 0 || cert.InhibitAnyPolicy < 0 {
		f.broken(fmt.Errorf("policy constraints: %w", name.ErrMalformed))
	}
	if f.constraints != nil && !f.isCA() {
		f.broken(errors.New("name constraints in a certificate that is not a CA's")) // §4.2.1.10
	}
	return f
}

// broken records an error in a part that matters in an anchor too.
func (f *facts) broken(err error) { f.malformed, f.asAnchor = err, err }

// nameBytes returns how many bytes the names and the processed extensions of a
// certificate have, which newFacts reads.
func nameBytes(c *x509.Certificate) int {
	n := len(c.RawSubject) + len(c.RawIssuer)
	for _, e := range c.Extensions {
		if len(e.Id) == 4 && e.Id[0] == 2 && e.Id[1] == 5 && e.Id[2] == 29 && processed[e.Id[3]] {
			n += len(e.Value)
		}
	}
	return n
}

// read reads one extension.
func (f *facts) read(arc int, value []byte) error {
	in := cryptobyte.String(value)
	switch arc {
	case 15:
		f.hasKeyUsage = true
	case 17:
		var names cryptobyte.String
		if !in.ReadASN1(&names, cbasn1.SEQUENCE) || !in.Empty() {
			return name.ErrMalformed
		}
		var err error
		f.alternatives, err = name.ReadGenerals(names)
		return err
	case 30:
		var err error
		f.constraints, err = parseConstraints(in)
		return err
	case 37:
		var usages cryptobyte.String
		if !in.ReadASN1(&usages, cbasn1.SEQUENCE) || !in.Empty() || usages.Empty() {
			return name.ErrMalformed
		}
	}
	return nil
}
