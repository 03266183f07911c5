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

// facts is a certificate with what validation reads from it beyond crypto/x509.
type facts struct {
	cert            *x509.Certificate
	subject, issuer name.DN
	alternatives    []name.General // subjectAltName
	constraints     *constraints   // nil if absent
	hasKeyUsage     bool
	unknownCritical asn1.ObjectIdentifier // nil if there is none
	malformed       error                 // what cannot be read and must be
	asAnchor        error                 // that of it which concerns an anchor too
	unread          bool                  // only cert is set, since the budget did not suffice

	subjectKey, issuerKey string // equal where the names match

	// Numbers that are equal if the names match and the keys are the same,
	// within one Budget; the other fields are the same in every one.
	subjectID, issuerID, keyID int
}

// nameKey returns the text under which a Budget numbers a name.
func nameKey(dn name.DN) string { return "name " + dn.Key() }

// selfIssued reports whether subject and issuer are the same name (RFC 5280
// §3.2).
func (f *facts) selfIssued() bool { return f.subjectID == f.issuerID }

// isCA reports whether the certificate is one of a CA (RFC 5280 §6.1.4 (k)). A
// version 1 certificate never is.
func (f *facts) isCA() bool {
	return f.cert.Version == 3 && f.cert.BasicConstraintsValid && f.cert.IsCA
}

// processed are the extensions beneath id-ce (2.5.29) that validation
// processes, or that RFC 5280 excludes from it.
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
	37: true, // extKeyUsage; the caller checks what it permits
	46: true, // freshestCRL
	54: true, // inhibitAnyPolicy
}

// idOCSPNoCheck concerns revocation only (RFC 6960 §4.2.2.2.1).
var idOCSPNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// newFacts reads a certificate. It always returns facts; malformed says what
// could not be read, and any path with it fails. Of an anchor, only the subject
// and the constraints are input to validation (RFC 5280 §6.1.1 (d)).
func newFacts(cert *x509.Certificate) *facts {
	f := &facts{cert: cert}
	var err error
	if f.subject, err = name.ParseDN(cert.RawSubject); err != nil {
		f.broken(fmt.Errorf("subject: %w", err))
	}
	if f.issuer, err = name.ParseDN(cert.RawIssuer); err != nil || len(f.issuer) == 0 {
		f.malformed = fmt.Errorf("issuer: %w", name.ErrMalformed) // never empty, §4.1.2.4
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

// broken records what cannot be read and concerns an anchor too.
func (f *facts) broken(err error) { f.malformed, f.asAnchor = err, err }

// nameBytes returns how many bytes of a certificate newFacts brings into
// canonical form, which is most of its work.
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
