package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/pem"
	"testing"
)

// A line holds 48 bytes, so one of these texts ends with a full line.
func TestLinesOfThePEMEndWithTheText(t *testing.T) {
	for n := range 48 {
		content := pattern(n)
		s := complete(t, rsaIdentity(), content, crypto.SHA256)
		var der, text bytes.Buffer
		if err := s.WriteAttached(context.Background(), &der, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteAttachedPEM(context.Background(), &text, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if want := pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der.Bytes()}); !bytes.Equal(text.Bytes(), want) {
			t.Errorf("%d bytes: %.200s…", n, text.Bytes())
		}
	}
}
