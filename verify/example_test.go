package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log"
	"math/big"
	"strings"
	"time"

	"natsuin/sign"
	"natsuin/verify"
)

// signContract returns a detached signature over content, and the root that
// issued the signer's certificate.
func signContract(content string) (signature []byte, root *x509.Certificate) {
	issue := func(template, issuer *x509.Certificate, key crypto.PublicKey, by crypto.Signer) *x509.Certificate {
		template.NotBefore, template.NotAfter = time.Now().AddDate(0, 0, -1), time.Now().AddDate(1, 0, 0)
		template.BasicConstraintsValid = true
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, by)
		if err != nil {
			log.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			log.Fatal(err)
		}
		return cert
	}
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			log.Fatal(err)
		}
		return key
	}
	rootKey, key := newKey(), newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Root"},
		IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root = issue(template, template, rootKey.Public(), rootKey)
	signer := issue(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Hanako"},
		KeyUsage: x509.KeyUsageContentCommitment,
	}, root, key.Public(), rootKey)

	digest, err := sign.Digest(context.Background(), strings.NewReader(content), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	pending, err := sign.Prepare(digest, signer, sign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	done, err := pending.Sign(key)
	if err != nil {
		log.Fatal(err)
	}
	return done.DER(), root
}

// A detached signature is judged under a root that the caller trusts. The
// verdict should never be shown alone, but with the checks that were not done.
func ExampleVerify() {
	signature, root := signContract("the contract")

	for _, content := range []string{"the contract", "the contract, changed"} {
		report, err := verify.Verify(context.Background(), verify.Input{
			Signature: bytes.NewReader(signature),
			Size:      int64(len(signature)),
			Content:   strings.NewReader(content),
		}, verify.Policy{
			Anchors: []verify.Anchor{{Certificate: root, Kind: verify.AnchorFile, Name: "root.pem"}},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %q\n", report.Verdict, report.Reason)
		for _, s := range report.Signers {
			fmt.Println(" signer:", s.Certificate.Subject.CommonName)
			fmt.Println(" revocation:", s.Revocation.State)
		}
	}
	// Output:
	// VALID ""
	//  signer: Hanako
	//  revocation: not-checked
	// INVALID "attribute-differs"
	//  signer: Hanako
	//  revocation: not-checked
}

// Without a trusted root, a correct signature is INDETERMINATE. The reason says
// what is missing.
func ExampleDetached() {
	signature, _ := signContract("the contract")
	report, err := verify.Detached(context.Background(), signature, strings.NewReader("the contract"), verify.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	meaning, source := report.Reason.Meaning()
	fmt.Println(report.Verdict, report.Reason)
	fmt.Printf("%s (%s)\n", meaning, source)
	// Output:
	// INDETERMINATE no-anchor
	// no path leads to a trusted root (RFC 5280 §6)
}
