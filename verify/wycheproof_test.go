package verify_test

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/verify"
)

// TestWycheproof verifies the signature value of every case. "acceptable" cases
// lack the NULL in the DigestInfo and are refused (docs/verify.md).
func TestWycheproof(t *testing.T) {
	hashes := map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}
	files, err := filepath.Glob(shared(t, "wycheproof/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	total, skipped := 0, 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var suite struct {
			Algorithm  string
			TestGroups []struct {
				PublicKeyDer, Sha, MgfSha string
				SLen                      int
				Tests                     []struct {
					TcID             int `json:"tcId"`
					Msg, Sig, Result string
				}
			}
		}
		if err := json.Unmarshal(b, &suite); err != nil {
			t.Fatal(err)
		}
		for _, g := range suite.TestGroups {
			spki, err := hex.DecodeString(g.PublicKeyDer)
			if err != nil {
				t.Fatal(err)
			}
			h, known := hashes[g.Sha]
			key, err := x509.ParsePKIXPublicKey(spki)
			if err != nil && strings.HasSuffix(file, "_params_test.json") {
				key = pssKey(t, spki)
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for i, c := range g.Tests {
				if testing.Short() && i%10 != 0 {
					continue
				}
				if !known || g.MgfSha != "" && g.MgfSha != g.Sha {
					skipped++ // another hash or mask, which is not allowed: see TestRSA
					continue
				}
				msg, _ := hex.DecodeString(c.Msg)
				sig, _ := hex.DecodeString(c.Sig)
				d := h.New()
				d.Write(msg)
				var got bool
				switch suite.Algorithm {
				case "RSASSA-PSS":
					got = verify.VerifyPSS(key, h, g.SLen, d.Sum(nil), sig)
				case "RSASSA-PKCS1-v1_5":
					got = verify.VerifyPKCS1(key, h, d.Sum(nil), sig)
				case "ECDSA":
					got = verify.VerifyECDSA(key, h, d.Sum(nil), sig)
				default:
					t.Fatal(suite.Algorithm)
				}
				total++
				if got != (c.Result == "valid") {
					t.Errorf("%s %d: %v, want %s", filepath.Base(file), c.TcID, got, c.Result)
				}
			}
		}
	}
	t.Logf("%d cases judged, %d with a hash or a mask that is refused before", total, skipped)
}

// pssKey returns a key that is restricted to RSASSA-PSS, read like that of a
// certificate.
func pssKey(t *testing.T, spki []byte) any {
	t.Helper()
	key := verify.PublicKey(&x509.Certificate{RawSubjectPublicKeyInfo: spki}, crypto.SHA256, 32)
	if key == nil {
		t.Fatal("key restricted to RSASSA-PSS not read")
	}
	for _, other := range []struct {
		h    crypto.Hash
		salt int
	}{{crypto.SHA384, 48}, {crypto.SHA256, 20}} {
		if verify.PublicKey(&x509.Certificate{RawSubjectPublicKeyInfo: spki}, other.h, other.salt) != nil {
			t.Errorf("key restricted to SHA-256 and a salt of 32 taken for %v and %d", other.h, other.salt)
		}
	}
	return key
}
