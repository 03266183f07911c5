package sign_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"testing"

	"natsuin/sign"
)

// Each signed attribute is compared with the prepared one before the signature
// is verified. A wrong attribute would therefore be found even if the key had
// signed it.
func TestChangedAttributeIsNamed(t *testing.T) {
	for _, m := range matrix {
		id := m.id()
		p := prepare(t, id, []byte("content"), m.hash)
		signature, err := id.key.Sign(rand.Reader, p.Digest(), p.Hash())
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Complete(signature)
		if err != nil {
			t.Fatal(err)
		}
		envelope := s.DER()
		h := m.hash.New()
		h.Write(id.cert.Raw)
		binding := bytes.Index(envelope, h.Sum(nil)) // the certificate's hash precedes issuer and serial number
		if binding < 0 {
			t.Fatalf("%s: no hash of the certificate", m.name)
		}
		after := func(value []byte) int { return binding + bytes.Index(envelope[binding:], value) }
		for name, at := range map[string]int{
			"content digest":   bytes.Index(envelope, digest(t, []byte("content"), m.hash).Sum),
			"signing time":     bytes.Index(envelope, []byte("260404210708Z")) + 11,
			"certificate hash": binding,
			"issuer":           after([]byte("試験CA")),
			"serial number":    after(id.cert.SerialNumber.Bytes()),
		} {
			var failed *sign.CheckError
			if err := p.CheckEnvelope(flip(envelope, at), signature); !errors.As(err, &failed) || failed.Check != sign.CheckAttributes {
				t.Errorf("%s: another %s: error %v", m.name, name, err)
			}
		}
	}
}

func TestPreparedHashIsThatOfTheContent(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		p := prepare(t, rsaIdentity(), []byte("content"), h)
		if p.Hash() != h || len(p.Digest()) != h.Size() {
			t.Errorf("%v: %v of %d bytes", h, p.Hash(), len(p.Digest()))
		}
	}
}
