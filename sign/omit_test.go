package sign_test

import (
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"testing"

	"go.mozilla.org/pkcs7"

	"natsuin/sign"
)

var omissions = []struct {
	name string
	opts sign.Options
	want int // number of signed attributes
}{
	{"nothing left out", sign.Options{SigningTime: signingTime}, 4},
	{"no signing time", sign.Options{SigningTime: signingTime, OmitSigningTime: true}, 3},
	{"no signing certificate", sign.Options{SigningTime: signingTime, OmitSigningCertificate: true}, 3},
	{"neither", sign.Options{SigningTime: signingTime, OmitSigningTime: true, OmitSigningCertificate: true}, 2},
}

func TestAttributesThatAreLeftOutAreNotThere(t *testing.T) {
	signingCertificate := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	for _, m := range matrix {
		for _, o := range omissions {
			t.Run(m.name+"/"+o.name, func(t *testing.T) {
				p, err := sign.Prepare(digest(t, []byte("x"), m.hash), m.id().cert, o.opts)
				if err != nil {
					t.Fatal(err)
				}
				s, err := p.Sign(m.id().key)
				if err != nil {
					t.Fatal(err)
				}
				p7, err := pkcs7.Parse(s.DER())
				if err != nil {
					t.Fatal(err)
				}
				found := map[string]bool{}
				for _, a := range p7.Signers[0].AuthenticatedAttributes {
					found[a.Type.String()] = true
				}
				if len(found) != o.want ||
					found[pkcs7.OIDAttributeSigningTime.String()] == o.opts.OmitSigningTime ||
					found[signingCertificate.String()] == o.opts.OmitSigningCertificate {
					t.Errorf("attributes %v", found)
				}
			})
		}
	}
}

// An envelope is refused if it has more, fewer or other attributes than were
// prepared.
func TestCheckRefusesOtherAttributesThanWereWanted(t *testing.T) {
	id, content := rsaIdentity(), digest(t, []byte("x"), crypto.SHA256)
	for _, wanted := range omissions {
		p, err := sign.Prepare(content, id.cert, wanted.opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range omissions {
			q, err := sign.Prepare(content, id.cert, made.opts)
			if err != nil {
				t.Fatal(err)
			}
			value, err := id.key.Sign(rand.Reader, q.Digest(), q.Hash())
			if err != nil {
				t.Fatal(err)
			}
			s, err := q.Complete(value)
			if err != nil {
				t.Fatal(err)
			}
			err = p.CheckEnvelope(s.DER(), value)
			var failed *sign.CheckError
			if same := wanted.name == made.name; same != (err == nil) || !same && !errors.As(err, &failed) {
				t.Errorf("%s wanted, %s made: %v", wanted.name, made.name, err)
			}
		}
	}
}
