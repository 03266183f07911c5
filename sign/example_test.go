package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"natsuin/sign"
	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
)

// exampleIdentity returns a fixed RSA key and its certificate. The key may be
// any crypto.Signer, such as one on a card.
func exampleIdentity() (crypto.Signer, *x509.Certificate) {
	rest, err := os.ReadFile("testdata/identity.pem")
	if err != nil {
		log.Fatal(err)
	}
	var cert *x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block.Type == "PRIVATE KEY" {
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				log.Fatal(err)
			}
			return key.(crypto.Signer), cert
		}
		if cert, err = x509.ParseCertificate(block.Bytes); err != nil {
			log.Fatal(err)
		}
	}
}

// A signature takes three steps. Digest reads the content once, in constant
// memory. Prepare determines what to sign. Complete checks the result before it
// returns it.
func Example() {
	key, cert := exampleIdentity()
	content, err := sign.Digest(context.Background(), strings.NewReader("the contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	pending, err := sign.Prepare(content, cert, sign.Options{
		SigningTime: time.Date(2026, 4, 5, 6, 7, 8, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	value, err := key.Sign(nil, pending.Digest(), pending.Hash()) // only this step needs the key
	if err != nil {
		log.Fatal(err)
	}
	signature, err := pending.Complete(value)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(content.Size, "bytes signed by", cert.Subject.CommonName)
	fmt.Println(len(signature.DER()), "bytes of DER") // a .p7s file
	line, _, _ := strings.Cut(string(signature.PEM()), "\n")
	fmt.Println(line)
	// Output:
	// 12 bytes signed by Test Signer
	// 1172 bytes of DER
	// -----BEGIN PKCS7-----
}

// An attached signature contains the content, which is read a second time. If
// it has changed since, the output must be discarded.
func ExampleSignature_WriteAttached() {
	key, cert := exampleIdentity()
	content, err := sign.Digest(context.Background(), strings.NewReader("the contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	pending, err := sign.Prepare(content, cert, sign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	signature, err := pending.Sign(key)
	if err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer // a .p7m file
	err = signature.WriteAttached(context.Background(), &out, strings.NewReader("the contract"))
	fmt.Println(err, bytes.Contains(out.Bytes(), []byte("the contract")))

	err = signature.WriteAttached(context.Background(), &out, strings.NewReader("another contract"))
	fmt.Println(errors.Is(err, sign.ErrContentChanged))
	// Output:
	// <nil> true
	// true
}

// If the key does not belong to the certificate, the signature is not released.
func ExampleCheckError() {
	_, cert := exampleIdentity()
	content, err := sign.Digest(context.Background(), strings.NewReader("the contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	pending, err := sign.Prepare(content, cert, sign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = pending.Sign(rsaKey())
	var failed *sign.CheckError
	if errors.As(err, &failed) {
		fmt.Println(failed.Check)
	}
	// Output: signature
}

// A bare signature, as in XML signatures, is made over the digest of the
// content and checked by CheckRaw.
func ExampleCheckRaw() {
	key, cert := exampleIdentity()
	content, err := sign.Digest(context.Background(), strings.NewReader("<SignedInfo/>"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	value, err := rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), content.Hash, content.Sum)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sign.CheckRaw(content, cert, value))
	value[0] ^= 1
	fmt.Println(sign.CheckRaw(content, cert, value) != nil)
	// Output:
	// <nil>
	// true
}

// When the signature is finished, the program asks for a time stamp and adds
// it. The token should be checked by verify.TimeStamp first.
func ExampleSignature_WithTimeStamp() {
	key, cert := exampleIdentity()
	content, err := sign.Digest(context.Background(), strings.NewReader("the contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	pending, err := sign.Prepare(content, cert, sign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	signature, err := pending.Sign(key)
	if err != nil {
		log.Fatal(err)
	}
	authority, err := tsatest.New(time.Date(2026, 4, 5, 6, 7, 8, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	// direct asks an authority in this process. A program uses timestamp.HTTP.
	client := timestamp.Client{Transport: direct{authority}}
	token, err := client.Stamp(context.Background(), signature.Imprint())
	if err != nil {
		log.Fatal(err)
	}
	stamped, err := signature.WithTimeStamp(token.DER)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Info.GenTime, bytes.Contains(stamped.DER(), token.DER))
	// Output:
	// 2026-04-05 06:07:08 +0000 UTC true
}
