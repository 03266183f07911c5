package practice

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
	"time"
)

// algorithm is a type of key with its size.
type algorithm int

const (
	rsa2048 algorithm = iota
	rsa1024
	p384
	p256
)

func newKey(a algorithm) (crypto.Signer, error) {
	switch a {
	case rsa1024:
		return rsa.GenerateKey(rand.Reader, 1024)
	case p384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case p256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// newKeys generates keys in parallel, because generating an RSA key is slow.
func newKeys(algorithms ...algorithm) ([]crypto.Signer, error) {
	keys, errs := make([]crypto.Signer, len(algorithms)), make([]error, len(algorithms))
	var wait sync.WaitGroup
	for i, a := range algorithms {
		wait.Go(func() { keys[i], errs[i] = newKey(a) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("practice: make key: %w", err)
	}
	return keys, nil
}

// request describes a certificate to be issued.
type request struct {
	subject             []byte
	key                 crypto.Signer
	notBefore, notAfter time.Time
	usage               x509.KeyUsage
	purposes            []x509.ExtKeyUsage
	authority           bool
	extensions          []pkix.Extension
}

// issuer is a key that issues certificates and CRLs.
type issuer struct {
	key         crypto.Signer
	certificate *x509.Certificate // nil for a self-signed certificate
}

// certify issues a certificate (RFC 5280): version 3, with a random serial
// number, both key identifiers, and the extensions of the request, which
// include the practice policy.
func (s *Store) certify(by issuer, r request) (keyed, error) {
	serial, err := s.serial()
	if err != nil {
		return keyed{}, err
	}
	identifier, err := keyIdentifier(r.key.Public())
	if err != nil {
		return keyed{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		RawSubject:            r.subject,
		NotBefore:             r.notBefore,
		NotAfter:              r.notAfter,
		KeyUsage:              r.usage,
		ExtKeyUsage:           r.purposes,
		BasicConstraintsValid: r.authority,
		IsCA:                  r.authority,
		SubjectKeyId:          identifier,
		AuthorityKeyId:        identifier, // needed for a root; otherwise crypto/x509 takes it from the parent
		ExtraExtensions:       r.extensions,
	}
	parent := by.certificate
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, r.key.Public(), by.key)
	if err != nil {
		return keyed{}, fmt.Errorf("practice: make certificate: %w", err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(r.key)
	if err != nil {
		return keyed{}, fmt.Errorf("practice: keep key: %w", err)
	}
	return keyed{Key: key, Certificate: der}, nil
}

// serial returns a random positive serial number of 16 octets (RFC 5280
// §4.1.2.2).
func (s *Store) serial() (*big.Int, error) {
	octets := make([]byte, 16)
	if _, err := io.ReadFull(s.opts.Rand, octets); err != nil {
		return nil, fmt.Errorf("practice: serial number: %w", err)
	}
	octets[0] = octets[0]&0x7F | 0x40
	return new(big.Int).SetBytes(octets), nil
}

// serialNumber parses the serial number of a register entry.
func serialNumber(hex string) (*big.Int, error) {
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok || n.Sign() <= 0 || n.BitLen() > 159 {
		return nil, errors.New("impossible serial number")
	}
	return n, nil
}

// keyIdentifier returns the leftmost 160 bits of the SHA-256 hash of the
// subjectPublicKey (RFC 7093 §2, method 1).
func keyIdentifier(public crypto.PublicKey) ([]byte, error) {
	bits, err := publicKeyBits(public)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(bits)
	return sum[:20], nil
}

// publicKeyBits returns the value of the BIT STRING in the key's
// SubjectPublicKeyInfo.
func publicKeyBits(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("practice: encode key: %w", err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("practice: encode key: %w", err)
	}
	return info.Key.RightAlign(), nil
}

const (
	authorityUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign

	// A root begins before the oldest card that is issued under it
	// ([KindExpired]), and ends after the longest certificate ([KindNext])
	// issued in its first year.
	rootYearsBack  = 7
	rootYearsAhead = 11
)

// newGeneration appends a new pair of roots, under the same names as the
// generations before.
func (s *Store) newGeneration(st *state) error {
	keys, err := newKeys(rsa2048, rsa2048)
	if err != nil {
		return err
	}
	var g generation
	for i, root := range []*authority{&g.Sign, &g.Auth} {
		root.keyed, err = s.certify(issuer{key: keys[i]}, request{
			subject:    [][]byte{signRootName, authRootName}[i],
			key:        keys[i],
			notBefore:  s.now().AddDate(-rootYearsBack, 0, 0),
			notAfter:   s.now().AddDate(rootYearsAhead, 0, 0),
			usage:      authorityUsage,
			authority:  true,
			extensions: []pkix.Extension{policies()},
		})
		if err != nil {
			return err
		}
	}
	st.Generations = append(st.Generations, g)
	return nil
}

// generationFor returns the newest generation. If there is none yet, or if it
// ends before until, generationFor makes a new one.
func (s *Store) generationFor(st *state, until time.Time) (*generation, error) {
	if n := len(st.Generations); n > 0 {
		newest := &st.Generations[n-1]
		root, err := s.certificate(newest.Sign.Certificate)
		if err != nil {
			return nil, err
		}
		if !until.After(root.NotAfter) {
			return newest, nil
		}
	} else if s.opts.Making != nil {
		s.opts.Making()
	}
	if err := s.newGeneration(st); err != nil {
		return nil, err
	}
	return &st.Generations[len(st.Generations)-1], nil
}

// issuer returns the issuer with the key and the certificate of a.
func (s *Store) issuer(a keyed) (issuer, error) {
	key, certificate, err := s.pair(a)
	return issuer{key: key, certificate: certificate}, err
}
