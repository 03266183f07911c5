package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"natsuin/sign"
	"natsuin/sign/pdf"
)

// An identity is a key, its certificate and the CA that issued it.
type identity struct {
	key      crypto.Signer
	cert, ca *x509.Certificate
}

var signer = sync.OnceValue(func() identity {
	rest, err := os.ReadFile(filepath.Join("..", "testdata", "identity.pem"))
	if err != nil {
		panic(err)
	}
	var id identity
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return id
		}
		if block.Type == "PRIVATE KEY" {
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				panic(err)
			}
			id.key = key.(crypto.Signer)
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		id.ca, id.cert = id.cert, cert
		if id.ca == nil {
			id.ca = cert
		}
	}
})

var signingTime = time.Date(2026, 4, 5, 6, 7, 8, 0, time.FixedZone("JST", 9*3600))

// details are what most tests sign with.
var details = pdf.Details{Hash: crypto.SHA256, Name: "署名 太郎", Reason: `approved (all) \ read`, Location: "東京", Time: signingTime}

// open opens a PDF that must not be refused.
func open(t testing.TB, in []byte) *pdf.Document {
	t.Helper()
	d, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// signPDF signs in with the test key, with a time stamp if there is room for
// one.
func signPDF(t testing.TB, in []byte, o pdf.Options, d pdf.Details) []byte {
	t.Helper()
	out, err := trySign(in, o, d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// trySign does what signPDF does, and returns the first error.
func trySign(in []byte, o pdf.Options, d pdf.Details) ([]byte, error) {
	doc, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	plan, err := doc.Plan(o)
	if err != nil {
		return nil, err
	}
	if err := plan.Digest(context.Background(), bytes.NewReader(in), d.Hash); err != nil {
		return nil, err
	}
	pending, err := plan.Prepare(d)
	if err != nil {
		return nil, err
	}
	id := signer()
	p, err := sign.Prepare(pending.Content(), id.cert, sign.Options{
		Issuers: []*x509.Certificate{id.ca}, SigningTime: d.Time, OmitSigningTime: o.SubFilter == pdf.ETSICAdESDetached,
	})
	if err != nil {
		return nil, err
	}
	signature, err := p.Sign(id.key)
	if err != nil {
		return nil, err
	}
	if o.TimeStamp {
		der, err := token(signature.Imprint())
		if err != nil {
			return nil, err
		}
		if signature, err = signature.WithTimeStamp(der); err != nil {
			return nil, err
		}
	}
	return finish(in, pending, signature.DER())
}

// finish puts the CMS into the update, writes the file and checks it.
func finish(in []byte, pending *pdf.Pending, cms []byte) ([]byte, error) {
	signed, err := pending.Complete(cms)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := signed.Write(context.Background(), &out, bytes.NewReader(in)); err != nil {
		return nil, err
	}
	return out.Bytes(), signed.Check(bytes.NewReader(out.Bytes()), int64(out.Len()))
}
