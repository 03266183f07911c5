package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// TestHostileEncodings reads inputs on which naive readers hang or run out of
// memory. It limits the bytes that are allocated to 50 MiB.
// BenchmarkHostileEncodings measures the time.
func TestHostileEncodings(t *testing.T) {
	files, err := filepath.Glob(shared(t, "cms/robustness/*.?er"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := verify.Detached(context.Background(), b, nil, verify.Policy{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			if c, ok := r.Check(verify.CheckStructure); r.Verdict != verify.Invalid || !ok || c.Result != verify.Failed || c.Detail == "" {
				t.Errorf("judged %v, %+v", r.Verdict, r.Checks)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 50<<20 {
				t.Errorf("%d bytes allocated", used)
			}
			if certs, err := verify.ParseCertificates(b); err == nil {
				t.Errorf("%d certificates read", len(certs))
			}
		})
	}
}

func BenchmarkHostileEncodings(b *testing.B) {
	files, _ := filepath.Glob(shared(b, "cms/robustness/*.?er"))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(file), func(b *testing.B) {
			for range b.N {
				if _, err := verify.Detached(context.Background(), raw, nil, verify.Policy{Now: now}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// dearNames returns certificates with ten megabytes of names that take long to
// compare, because each U+FDFA becomes eighteen characters.
func dearNames(t testing.TB) [][]byte {
	t.Helper()
	key, err := x509.MarshalPKIXPublicKey(ecKey(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	name := seq(set(seq(oid("2.5.4.3"), tlv(0x1E, bytes.Repeat([]byte{0xFD, 0xFA}, 5000)))))
	var list [][]byte
	for i := range 1000 {
		list = append(list, seq(seq(tlv(0xA0, der(2)), der(i), algorithm(idECDSA256), name, seq(der(now.AddDate(-1, 0, 0)), der(now.AddDate(1, 0, 0))),
			seq(), key), algorithm(idECDSA256), tlv(3, []byte{0}, seq(der(1), der(1)))))
	}
	return list
}

// The certificates of dearNames precede the certificate of the signer's CA. The
// budget that they leave must suffice for names of the usual length.
func TestNamesOfAMessageAreBounded(t *testing.T) {
	w, dear := newWorld(t), dearNames(t)
	for length, want := range map[int]expect{
		100:   valid,
		15000: open(verify.CheckChain, verify.ReasonChainTooComplex),
	} {
		ca := issue(t, strings.Repeat("x", length), ecKey(t), w.root, authority)
		m := by(issue(t, "another signer", ecKey(t), ca, nil), nil)
		m.certs = append(m.certs, ca.cert.Raw)
		valid.hold(t, run(t, m.encode(t), nil, w.policy))
		m.certs = slices.Concat(dear, m.certs)
		r, err := verify.Detached(context.Background(), m.encode(t), nil, w.policy)
		if err != nil {
			t.Fatal(err)
		}
		want.hold(t, r)
	}
}

// A CRL is signed by a delegate of the CA, whose certificate the caller has or
// the message encloses. Whatever anyone adds, a revoked signer must not be
// VALID.
func TestNamesOfAMessageHideNoRevocation(t *testing.T) {
	if testing.Short() {
		t.Skip("compares names up to the limit")
	}
	w, dear := newWorld(t), dearNames(t)
	delegate := issue(t, "root", ecKey(t), w.root, func(c *x509.Certificate) {
		c.KeyUsage, c.SubjectKeyId = x509.KeyUsageCRLSign, []byte("lists")
		for i := range 200 {
			c.DNSNames = append(c.DNSNames, strings.Repeat("a", 50)+fmt.Sprint(i)+".jp")
		}
	})
	p := w.policy
	p.At, p.CRLs = now, [][]byte{list(t, world{root: delegate, signer: w.signer}, now.AddDate(0, 0, -5), 1)}
	revoked := invalid(verify.CheckRevocation, verify.ReasonRevoked)
	t.Run("the caller's", func(t *testing.T) {
		p := p
		p.Certificates = []*x509.Certificate{delegate.cert}
		m := by(w.signer, nil)
		revoked.hold(t, run(t, m.encode(t), nil, p))
		m.certs = slices.Concat(dear, m.certs)
		revoked.hold(t, run(t, m.encode(t), nil, p))
	})
	t.Run("enclosed", func(t *testing.T) {
		m := by(w.signer, nil)
		m.certs = append(m.certs, delegate.cert.Raw)
		revoked.hold(t, run(t, m.encode(t), nil, p))
		m.certs = slices.Concat(dear, m.certs)
		open(verify.CheckRevocation, verify.ReasonRevocationTooComplex).hold(t, run(t, m.encode(t), nil, p))
	})
}

// TestFuzzCorpusOfGnuTLS reads the corpus of another program's fuzzer.
func TestFuzzCorpusOfGnuTLS(t *testing.T) {
	files, err := filepath.Glob(shared(t, "cms/gnutls/fuzz-corpus/*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if r := run(t, b, nil, verify.Policy{Now: now}); r.Verdict == verify.Valid {
			t.Errorf("%s is VALID without an anchor", file)
		}
	}
	t.Logf("%d files", len(files))
}

var (
	allMutations = flag.Bool("all-mutations", false, "try every single-byte change of accepted vectors up to 32 KiB, not a sample")
	seed         = flag.Uint64("mutation-seed", 0, "seed of the sample; 0 takes a new one")
)

// TestEveryChangeIsNoticed changes single bytes of accepted messages where this
// must matter: in the content, the signed attributes, the signature value and,
// unless it is itself the anchor, the signer's certificate.
func TestEveryChangeIsNoticed(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-mutation-seed=%d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	tried := 0
	for _, c := range manifest(t) {
		if c.Level != "signature+path" || c.Want != "VALID" {
			continue
		}
		raw := sharedFile(t, "cms/"+c.File)
		r := c.judgeBytes(t, raw)
		if r.Verdict != verify.Valid {
			continue // a documented difference
		}
		if block, _ := pem.Decode(raw); block != nil {
			raw = block.Bytes
		}
		for _, part := range protected(raw, r) {
			for at := range part {
				if !*allMutations && random.IntN(100) >= 5 || len(raw) > 32<<10 && random.IntN(len(raw)) >= 4096 {
					continue
				}
				changed := bytes.Clone(part)
				changed[at] ^= byte(1 + random.IntN(255))
				tried++
				// A certificate that is enclosed twice must be changed twice.
				if got := c.judgeBytes(t, bytes.ReplaceAll(raw, part, changed)); got.Verdict == verify.Valid {
					t.Errorf("%s: byte %d of %x… changed to %02x: still VALID", c.ID, at, part[:min(8, len(part))], changed[at])
				}
			}
		}
	}
	t.Logf("%d changes", tried)
	if tried == 0 {
		t.Error("nothing was tried")
	}
}

// protected returns the parts of a message that a signature covers, the
// signature values, and the signers' certificates that are not anchors.
func protected(raw []byte, r *verify.Report) [][]byte {
	parts := verify.Protected(raw)
	for _, s := range r.Signers {
		if s.Anchor == nil || !s.Anchor.Certificate.Equal(s.Certificate) {
			parts = append(parts, s.Certificate.Raw)
		}
	}
	return slices.DeleteFunc(parts, func(p []byte) bool { return len(p) == 0 || !bytes.Contains(raw, p) })
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	f.Add(by(w.signer, nil).encode(f))
	f.Add(by(w.signer, func(s *info) { s.bare = true }).encode(f))
	f.Add([]byte("-----BEGIN CMS-----\nMIA=\n-----END CMS-----\n"))
	f.Add([]byte("Content-Type: multipart/signed; boundary=x\n\n--x\na\n--x\nContent-Type: application/pkcs7-signature\n\n0\n--x--\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := run(t, b, text, w.policy) // with the cache of all earlier inputs; reading from memory cannot fail
		if (r.Verdict == verify.Valid) != (r.Reason == "") {
			t.Fatalf("%v with reason %q", r.Verdict, r.Reason)
		}
		if r.Verdict == verify.Valid && len(r.Signers) == 0 {
			t.Fatal("VALID without a signer")
		}
	})
}

func FuzzParseCertificates(f *testing.F) {
	w := newWorld(f)
	f.Add(w.root.cert.Raw)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.root.cert.Raw}))
	f.Add(message{detached: true, certs: [][]byte{w.root.cert.Raw}}.encode(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		certs, err := verify.ParseCertificates(b)
		if (len(certs) == 0) != (err != nil) {
			t.Fatalf("%d certificates and %v", len(certs), err)
		}
	})
}
