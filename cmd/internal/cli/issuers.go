package cli

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// issuers is a folder of CA certificates that cards gave, each in a file named after its
// SHA-256 fingerprint. They are public and the same on every card of their years, and
// reading one takes a card as long as a signature or two.
//
// Nothing is trusted for lying here. A certificate is taken only when its key verifies
// the signature on the signer's own, which the card gives each time: then it is its
// issuer, whoever put it there. It travels in the signature as a hint, which no verifier
// takes for an anchor. What cannot be read or written is as good as not there.
type issuers struct{ dir string }

const (
	maxIssuers    = 16      // there are three of the signature CA, and those of the practice card
	maxIssuerSize = 8 << 10 // bytes
	issuerEnding  = ".cer"
)

// of returns the issuer of cert, or nil.
func (s issuers) of(cert *x509.Certificate) *x509.Certificate {
	for _, name := range s.names() {
		if ca := s.read(name); ca != nil && issuedBy(cert, ca) {
			return ca
		}
	}
	return nil
}

// keep adds the issuer of cert.
func (s issuers) keep(cert, ca *x509.Certificate) {
	if !filepath.IsAbs(s.dir) || len(ca.Raw) > maxIssuerSize || !issuedBy(cert, ca) || os.MkdirAll(s.dir, 0o700) != nil {
		return
	}
	if names := s.names(); len(names) >= maxIssuers { // many practice cards ago
		for _, name := range names {
			_ = os.Remove(filepath.Join(s.dir, name))
		}
	}
	// No need for more care: a part of a file does not have the fingerprint of its name.
	sum := sha256.Sum256(ca.Raw)
	_ = os.WriteFile(filepath.Join(s.dir, hexUpper(sum[:])+issuerEnding), ca.Raw, 0o600)
}

func (s issuers) names() (names []string) {
	if !filepath.IsAbs(s.dir) {
		return nil
	}
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if len(names) < maxIssuers && e.Type().IsRegular() && strings.HasSuffix(e.Name(), issuerEnding) {
			names = append(names, e.Name())
		}
	}
	return names
}

// read returns the certificate in a file whose name is its fingerprint, or nil.
func (s issuers) read(name string) *x509.Certificate {
	f, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return nil
	}
	defer f.Close()
	der, err := io.ReadAll(io.LimitReader(f, maxIssuerSize))
	if sum := sha256.Sum256(der); err != nil || name != hexUpper(sum[:])+issuerEnding {
		return nil
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return ca
}

// issuedBy tells whether ca, by name, key identifier and key, signed cert.
func issuedBy(cert, ca *x509.Certificate) bool {
	return bytes.Equal(cert.RawIssuer, ca.RawSubject) &&
		(cert.AuthorityKeyId == nil || ca.SubjectKeyId == nil || bytes.Equal(cert.AuthorityKeyId, ca.SubjectKeyId)) &&
		cert.CheckSignatureFrom(ca) == nil
}
