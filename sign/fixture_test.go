package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/sign"
)

// identity is a key, its certificate, and the certificate of the CA that issued
// it.
type identity struct {
	key  crypto.Signer
	cert *x509.Certificate
	ca   *x509.Certificate
}

// signingTime is within the validity of the certificates of identities.
var signingTime = time.Date(2026, 4, 5, 6, 7, 8, 987654321, time.FixedZone("JST", 9*3600))

var rsaKey = sync.OnceValue(func() crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

var rsaIdentity = sync.OnceValue(func() identity { return issue(rsaKey()) })

var p384Identity = sync.OnceValue(func() identity {
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return issue(k)
})

// issue makes a certificate for key, issued by a new CA. Its subject is long,
// as personal data would make it.
func issue(key crypto.Signer) identity {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	var ca *x509.Certificate
	certify := func(cn string, serial int64, pub crypto.PublicKey, isCA bool) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber:          big.NewInt(serial),
			Subject:               pkix.Name{Country: []string{"JP"}, Organization: []string{"試験"}, CommonName: cn},
			NotBefore:             signingTime.AddDate(-1, 0, 0),
			NotAfter:              signingTime.AddDate(90, 0, 0),
			KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
			BasicConstraintsValid: true,
		}
		parent := ca
		if isCA {
			template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
			parent = template
		} else {
			template.Subject.StreetAddress = []string{strings.Repeat("千代田区", 30)}
		}
		raw, err := x509.CreateCertificate(rand.Reader, template, parent, pub, caKey)
		if err != nil {
			panic(err)
		}
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			panic(err)
		}
		return cert
	}
	ca = certify("試験CA", 1, caKey.Public(), true)
	return identity{key, certify("署名 太郎", 0x8081828384, key.Public(), false), ca}
}

func digest(t testing.TB, content []byte, h crypto.Hash) sign.Content {
	t.Helper()
	c, err := sign.Digest(context.Background(), bytes.NewReader(content), h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func prepare(t testing.TB, id identity, content []byte, h crypto.Hash) *sign.Pending {
	t.Helper()
	p, err := sign.Prepare(digest(t, content, h), id.cert, sign.Options{
		Issuers:     []*x509.Certificate{id.ca},
		SigningTime: signingTime,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func complete(t testing.TB, id identity, content []byte, h crypto.Hash) *sign.Signature {
	t.Helper()
	s, err := prepare(t, id, content, h).Sign(id.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pkcs8 returns a private key as PEM.
func pkcs8(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
