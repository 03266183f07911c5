// Package tsatest implements a time-stamp authority for tests. It is sound, or
// has one of the faults that [Faults] lists: at least one for each reason to
// refuse an answer, except that the authority cannot be reached.
//
// It is not for users to practise with: package card/practice has an authority
// for that. It shares no code with the packages that it tests.
//
// The standard is RFC 3161 with RFC 5816.
package tsatest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// Policy is the policy of the authority's tokens.
const Policy = "1.2.3.4.1"

// An Authority answers requests over HTTP. It is safe for concurrent use.
type Authority struct {
	// Root is the certificate to give as anchor.
	Root *x509.Certificate
	// Now is the authority's clock.
	Now func() time.Time

	root, sound, twin identity

	mu       sync.Mutex
	fault    Fault
	requests [][]byte
	last     []byte // the answer before
	serial   int64
}

type identity struct {
	key  crypto.Signer
	cert *x509.Certificate
}

// New returns a sound authority whose certificates are valid from a year before
// now to twenty years after it.
func New(now time.Time) (*Authority, error) {
	a := &Authority{Now: func() time.Time { return now }}
	for _, one := range []struct {
		out  *identity
		edit func(*x509.Certificate)
	}{
		{&a.root, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }},
		{&a.sound, onlyTimeStamps(true)},
		{&a.twin, onlyTimeStamps(true)},
	} {
		var err error
		if *one.out, err = a.issue(now, nil, one.edit); err != nil {
			return nil, err
		}
	}
	a.Root = a.root.cert
	return a, nil
}

// issue makes a key, unless one is given, and its certificate, under the root
// if there is one.
func (a *Authority) issue(now time.Time, key crypto.Signer, edit func(*x509.Certificate)) (identity, error) {
	if key == nil {
		fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return identity{}, err
		}
		key = fresh
	}
	a.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(20, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	edit(template)
	parent, by := template, key
	if a.root.cert != nil {
		parent, by = a.root.cert, a.root.key
	} else {
		template.Subject.CommonName = "Test root"
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return identity{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return identity{key, cert}, err
}

var (
	oidExtKeyUsage  = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	oidEmail        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	oidUnknown      = asn1.ObjectIdentifier{1, 2, 3, 4, 99}
)

// onlyTimeStamps sets an extended key usage of timeStamping and others.
func onlyTimeStamps(critical bool, others ...asn1.ObjectIdentifier) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		value, err := asn1.Marshal(append([]asn1.ObjectIdentifier{oidTimeStamping}, others...))
		if err != nil {
			panic(err)
		}
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidExtKeyUsage, Critical: critical, Value: value})
	}
}

// Break gives the authority a fault from now on. The zero Fault removes it.
func (a *Authority) Break(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

// Requests returns the requests so far, as they came.
func (a *Authority) Requests() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([][]byte(nil), a.requests...)
}

// ServeHTTP implements [http.Handler].
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a.mu.Lock()
	fault := a.fault
	a.requests = append(a.requests, body)
	out := a.answer(body, fault)
	a.last = out.body
	a.mu.Unlock()
	if fault.Slow {
		<-r.Context().Done() // until the client has gone
		return
	}
	w.Header().Set("Content-Type", out.mediaType)
	if out.status >= 300 && out.status < 400 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(out.status)
	w.Write(out.body)
}

// Answer returns the body of the answer to a request.
func (a *Authority) Answer(request []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answer(request, a.fault).body
}

// weak returns an RSA key of 1024 bits.
func weak() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 1024) }
