// Package certificate reads X.509 certificates (RFC 5280 §4.1), also those that
// other programs make and read but crypto/x509 refuses: names with string types
// or characters that it does not know, alternative names in UTF-8, critical
// flags that RFC 5280 forbids, keys on other curves.
//
// It does not validate certificates. It is not lenient about anything that
// determines rights: key usages, basic constraints and policies are always read
// by crypto/x509. Package path reads names and name constraints itself, from
// the extensions.
//
// The structure is that of RFC 5280 §4.1, in DER.
package certificate

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"

	"natsuin/verify/internal/name"
)

// ErrNotCertificate means that the bytes do not have the form of a certificate.
var ErrNotCertificate = errors.New("certificate: not a certificate")

// An UnreadableError means that the bytes have the form of a certificate, but a
// part of it cannot be read.
type UnreadableError struct {
	// Part is the name of the part in English, such as "validity" or "extension
	// 2.5.29.32".
	Part string
	// Certificate has the bytes, and those of issuer, subject, serial number
	// and dates that can be read. It has no key, so it verifies nothing.
	Certificate *x509.Certificate
}

func (e *UnreadableError) Error() string { return "certificate: cannot read the " + e.Part }

var errTrailingElements = errors.New("certificate: elements after the signature")

// Parse parses a DER certificate with nothing after it. It accepts all that
// x509.ParseCertificate does, except elements after the signature inside the
// certificate, because the signature does not cover them. The error is
// [ErrNotCertificate], an [*UnreadableError], or says that there are such
// elements.
//
// PublicKey is nil if crypto/x509 does not know the type of the key. DNSNames
// and EmailAddresses are set only if subjectAltName can be read.
func Parse(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err == nil && !threeElements(der) {
		return nil, errTrailingElements
	}
	if err == nil {
		return cert, nil
	}
	der = bytes.Clone(der)
	p, ok := split(der)
	if !ok {
		return nil, ErrNotCertificate
	}
	unreadable := func(part string) (*x509.Certificate, error) {
		return nil, &UnreadableError{part, p.outline()}
	}
	if p.broken != "" {
		return unreadable(p.broken)
	}
	if _, err := name.ParseDN(p.issuer); err != nil {
		return unreadable("issuer")
	}
	if _, err := name.ParseDN(p.subject); err != nil {
		return unreadable("subject")
	}
	kept := slices.DeleteFunc(slices.Clone(p.extensions), func(e pkix.Extension) bool {
		return readElsewhere(e) || optional(e) && !p.takes(e)
	})
	if cert, err = p.parse(kept); err != nil {
		return unreadable(p.culprit(kept))
	}
	p.restore(cert)
	return cert, nil
}

// Unreadable reports whether a certificate comes from an [UnreadableError].
func Unreadable(c *x509.Certificate) bool {
	return c.PublicKey == nil && len(c.RawSubjectPublicKeyInfo) == 0
}

// readElsewhere reports whether path validation reads an extension itself:
// alternative names, name constraints and distribution points.
func readElsewhere(e pkix.Extension) bool {
	return len(e.Id) == 4 && e.Id[0] == 2 && e.Id[1] == 5 && e.Id[2] == 29 && slices.Contains([]int{17, 18, 30, 31}, e.Id[3])
}

// optional reports whether an extension only helps to find other certificates
// or responders: the key identifiers and authorityInfoAccess. Ignoring it does
// not change the meaning of the certificate.
func optional(e pkix.Extension) bool {
	return e.Id.Equal([]int{2, 5, 29, 14}) || e.Id.Equal([]int{2, 5, 29, 35}) || e.Id.Equal([]int{1, 3, 6, 1, 5, 5, 7, 1, 1})
}

// takes reports whether crypto/x509 accepts the certificate with only that
// extension.
func (p *parts) takes(e pkix.Extension) bool {
	_, err := p.parse([]pkix.Extension{e})
	return err == nil
}

// maxCulprits limits how many extensions culprit tries.
const maxCulprits = 32

// culprit returns the part because of which crypto/x509 refuses the
// certificate.
func (p *parts) culprit(kept []pkix.Extension) string {
	if _, err := p.parse(nil); err != nil {
		switch {
		case !p.takesVersion():
			return "version"
		case p.outline().NotAfter.IsZero():
			return "validity"
		}
		return "signature algorithm"
	}
	for i, e := range kept {
		if i == maxCulprits {
			break
		}
		if !p.takes(e) {
			return "extension " + e.Id.String()
		}
	}
	return "extensions"
}

// restore sets the fields that parse has replaced to their original values.
func (p *parts) restore(cert *x509.Certificate) {
	cert.Raw, cert.RawTBSCertificate = p.raw, p.tbs
	cert.RawIssuer, cert.RawSubject, cert.RawSubjectPublicKeyInfo = p.issuer, p.subject, p.key
	cert.SerialNumber = p.serial
	fillName(&cert.Issuer, p.issuer)
	fillName(&cert.Subject, p.subject)
	cert.Extensions = p.extensions
	for _, e := range p.extensions {
		switch {
		case e.Id.Equal([]int{2, 5, 29, 30}) && e.Critical:
			cert.UnhandledCriticalExtensions = append(cert.UnhandledCriticalExtensions, e.Id)
		case e.Id.Equal([]int{2, 5, 29, 17}):
			fillAlternatives(cert, e.Value)
		}
	}
}

// outline returns the certificate of an [UnreadableError].
func (p *parts) outline() *x509.Certificate {
	cert := &x509.Certificate{Raw: p.raw, RawTBSCertificate: p.tbs, RawIssuer: p.issuer, RawSubject: p.subject,
		SerialNumber: p.serial, Extensions: p.extensions}
	fillName(&cert.Issuer, p.issuer)
	fillName(&cert.Subject, p.subject)
	cert.NotBefore, cert.NotAfter = p.dates()
	return cert
}

// fillName sets the fields of a name if it can be read.
func fillName(to *pkix.Name, der []byte) {
	rdns, err := name.Attributes(der)
	if err != nil {
		return
	}
	var sequence pkix.RDNSequence
	for _, rdn := range rdns {
		var set pkix.RelativeDistinguishedNameSET
		for _, a := range rdn {
			set = append(set, pkix.AttributeTypeAndValue{Type: a.ID, Value: a.Value})
		}
		sequence = append(sequence, set)
	}
	*to = pkix.Name{}
	to.FillFromRDNSequence(&sequence)
}

// fillAlternatives sets the host names and addresses from subjectAltName.
func fillAlternatives(cert *x509.Certificate, value []byte) {
	names, ok := alternatives(value)
	if !ok {
		return
	}
	for _, n := range names {
		switch n.Form {
		case name.DNSName:
			cert.DNSNames = append(cert.DNSNames, string(n.Value))
		case name.RFC822Name:
			cert.EmailAddresses = append(cert.EmailAddresses, string(n.Value))
		}
	}
}

var one = big.NewInt(1)
