package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"natsuin/sign"
	"natsuin/sign/pdf"
)

// A signature inside a PDF. Open, Plan and Prepare refuse a file or a signature
// before the key is needed.
func Example() {
	original := bytes.NewReader(minimal(table).bytes()) // an *os.File, usually
	document, err := pdf.Open(original, original.Size())
	if err != nil {
		log.Fatal(err)
	}
	plan, err := document.Plan(pdf.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := plan.Digest(context.Background(), original, crypto.SHA256); err != nil {
		log.Fatal(err)
	}

	key, cert := signer().key, signer().cert // any crypto.Signer, such as one on a card
	pending, err := plan.Prepare(pdf.Details{
		Hash:   crypto.SHA256,
		Name:   cert.Subject.CommonName,
		Reason: "approved",
		Time:   time.Date(2026, 4, 5, 6, 7, 8, 0, time.FixedZone("JST", 9*3600)),
	})
	if err != nil {
		log.Fatal(err)
	}
	cms, err := sign.Prepare(pending.Content(), cert, sign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	signature, err := cms.Sign(key) // the only step with the key
	if err != nil {
		log.Fatal(err)
	}
	signed, err := pending.Complete(signature.DER())
	if err != nil {
		log.Fatal(err)
	}

	var out bytes.Buffer
	original.Seek(0, 0)
	if err := signed.Write(context.Background(), &out, original); err != nil {
		log.Fatal(err)
	}
	if err := signed.Check(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil {
		log.Fatal(err)
	}
	fmt.Println("field", plan.Field())
	again, err := pdf.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Signatures(), "signature")
	// Output:
	// field Natsuin1
	// 1 signature
}

// The reason of a refusal is a word for programs.
func ExampleRefusedError() {
	in := strings.NewReader("a text")
	_, err := pdf.Open(in, in.Size())
	var refused *pdf.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason)
	}
	// Output: header
}
