package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"natsuin/cmd/internal/outfile"
)

// issuers is a folder with the CA certificates that earlier runs read from
// cards, each in a file named after its SHA-256 fingerprint. They are public
// and the same on all cards of a generation, and reading one from a card takes
// several exchanges.
type issuers struct{ dir string }

const (
	maxIssuers    = 16      // there are three for signatures; practice cards add others
	maxIssuerSize = 8 << 10 // bytes
	issuerEnding  = ".cer"
)

// all returns the stored certificates.
func (s issuers) all() (list []*x509.Certificate) {
	for _, name := range s.names() {
		if ca := s.read(name); ca != nil {
			list = append(list, ca)
		}
	}
	return list
}

// issuerOf returns the certificate among the given ones that issued cert, or
// nil.
func issuerOf(cert *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, ca := range among {
		if issuedBy(cert, ca) {
			return ca
		}
	}
	return nil
}

// keep stores ca, the issuer of cert.
func (s issuers) keep(cert, ca *x509.Certificate) {
	if !filepath.IsAbs(s.dir) || len(ca.Raw) > maxIssuerSize || !issuedBy(cert, ca) ||
		os.MkdirAll(s.dir, 0o700) != nil || !s.own() {
		return
	}
	if names := s.names(); len(names) >= maxIssuers { // from many practice cards: start again
		for _, name := range names {
			_ = os.Remove(filepath.Join(s.dir, name))
		}
	}
	sum := sha256.Sum256(ca.Raw)
	_ = outfile.Write(filepath.Join(s.dir, fmt.Sprintf("%X", sum[:])+issuerEnding), ca.Raw, true) // replaces a link and does not follow it
}

// own reports whether the folder is a folder itself and not a link, which may
// lead to a folder of another user.
func (s issuers) own() bool {
	info, err := os.Lstat(s.dir)
	return filepath.IsAbs(s.dir) && err == nil && info.IsDir()
}

func (s issuers) names() (names []string) {
	if !s.own() {
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
	f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	der, err := io.ReadAll(io.LimitReader(f, maxIssuerSize))
	if sum := sha256.Sum256(der); err != nil || name != fmt.Sprintf("%X", sum[:])+issuerEnding {
		return nil
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return ca
}

// issuedBy reports whether ca issued cert: the names match, the key identifiers
// do if both have one, and the signature verifies.
func issuedBy(cert, ca *x509.Certificate) bool {
	return bytes.Equal(cert.RawIssuer, ca.RawSubject) &&
		(cert.AuthorityKeyId == nil || ca.SubjectKeyId == nil || bytes.Equal(cert.AuthorityKeyId, ca.SubjectKeyId)) &&
		cert.CheckSignatureFrom(ca) == nil
}
