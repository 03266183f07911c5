package sigalg_test

import (
	"crypto/dsa" //lint:ignore SA1019 it is here to be refused
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"natsuin/verify/internal/sigalg"
)

func TestKeys(t *testing.T) {
	rsaKey := func(bits uint, e int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), int(bits-1), 1), E: e} // an odd modulus
	}
	ec := func(c elliptic.Curve) any {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key.Public()
	}
	for _, c := range []struct {
		name            string
		key             any
		strict, lenient error
	}{
		{"RSA 2048", rsaKey(2048, 65537), nil, nil},
		{"RSA 2047", rsaKey(2047, 65537), sigalg.ErrWeak, nil},
		{"RSA 1024", rsaKey(1024, 65537), sigalg.ErrWeak, nil},
		{"RSA 1023", rsaKey(1023, 65537), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"RSA exponent 3", rsaKey(2048, 3), sigalg.ErrWeak, nil},
		{"RSA exponent 1", rsaKey(2048, 1), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"RSA exponent even", rsaKey(2048, 65538), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"RSA exponent over 31 bits", rsaKey(2048, 1<<31+1), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"RSA modulus even", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}, sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"RSA of absurd length", rsaKey(16385, 65537), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"P-224", ec(elliptic.P224()), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"P-256", ec(elliptic.P256()), nil, nil},
		{"P-384", ec(elliptic.P384()), nil, nil},
		{"P-521", ec(elliptic.P521()), nil, nil},
		{"Ed25519", ed25519.PublicKey(make([]byte, 32)), sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"DSA", &dsa.PublicKey{}, sigalg.ErrUnsupported, sigalg.ErrUnsupported},
		{"none", nil, sigalg.ErrUnsupported, sigalg.ErrUnsupported},
	} {
		if err := (sigalg.Policy{}).Key(c.key); !errors.Is(err, c.strict) {
			t.Errorf("%s: %v, want %v", c.name, err, c.strict)
		}
		if err := (sigalg.Policy{AllowWeak: true}).Key(c.key); !errors.Is(err, c.lenient) {
			t.Errorf("%s, weak allowed: %v, want %v", c.name, err, c.lenient)
		}
	}
}

func TestAlgorithms(t *testing.T) {
	for a, want := range map[x509.SignatureAlgorithm]error{
		x509.SHA256WithRSA: nil, x509.SHA512WithRSAPSS: nil, x509.ECDSAWithSHA384: nil,
		x509.SHA1WithRSA: sigalg.ErrWeak, x509.ECDSAWithSHA1: sigalg.ErrWeak,
		x509.MD5WithRSA: sigalg.ErrUnsupported, x509.DSAWithSHA256: sigalg.ErrUnsupported,
		x509.PureEd25519: sigalg.ErrUnsupported, x509.UnknownSignatureAlgorithm: sigalg.ErrUnsupported,
	} {
		if err := (sigalg.Policy{}).Algorithm(a); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", a, err, want)
		}
	}
	if err := (sigalg.Policy{AllowSHA1: true}).Algorithm(x509.SHA1WithRSA); err != nil {
		t.Errorf("SHA-1 allowed: %v", err)
	}
}

func TestIdentifiers(t *testing.T) {
	// AlgorithmIdentifiers in the form of OpenSSL 3.
	for text, want := range map[string]x509.SignatureAlgorithm{
		"300d06092a864886f70d01010b0500": x509.SHA256WithRSA,
		"300b06092a864886f70d01010b":     x509.SHA256WithRSA,
		"300d06092a864886f70d0101050500": x509.SHA1WithRSA,
		"300a06082a8648ce3d040303":       x509.ECDSAWithSHA384,
		// RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 octets
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120": x509.SHA256WithRSAPSS,
		// the same with a salt of 20 octets
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020114": x509.UnknownSignatureAlgorithm,
		// the same with MGF1 with SHA-384
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120": x509.UnknownSignatureAlgorithm,
		// RSASSA-PSS with the default parameters, which use SHA-1
		"300d06092a864886f70d01010a3000": x509.UnknownSignatureAlgorithm,
		// ECDSA with parameters
		"300c06082a8648ce3d0403020500": x509.UnknownSignatureAlgorithm,
		"":                             x509.UnknownSignatureAlgorithm,
	} {
		der, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := sigalg.Parse(der); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestVerify(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := asn1.Unmarshal(cert.Signature, &asn1.RawValue{}); err != nil || len(rest) > 0 {
		t.Fatal("not an ECDSA signature")
	}
	if err := sigalg.Verify(cert, cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Errorf("own signature: %v", err)
	}
	if err := sigalg.Verify(cert, cert.SignatureAlgorithm, cert.RawTBSCertificate[1:], cert.Signature); !errors.Is(err, sigalg.ErrSignature) {
		t.Errorf("other bytes: %v", err)
	}
	if err := sigalg.Verify(cert, x509.SHA256WithRSA, cert.RawTBSCertificate, cert.Signature); !errors.Is(err, sigalg.ErrSignature) {
		t.Errorf("algorithm of another key: %v", err)
	}
	if err := sigalg.Verify(cert, x509.MD5WithRSA, cert.RawTBSCertificate, cert.Signature); !errors.Is(err, sigalg.ErrUnsupported) {
		t.Errorf("MD5: %v", err)
	}
}
