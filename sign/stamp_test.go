package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/sign"
	"natsuin/sign/internal/cms"
	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
)

// A direct transport asks an authority in this process.
type direct struct{ *tsatest.Authority }

func (d direct) Send(_ context.Context, request []byte) (timestamp.Answer, error) {
	return timestamp.Answer{Body: d.Answer(request), ContentType: timestamp.ContentType}, nil
}

func newAuthority(t testing.TB) *tsatest.Authority {
	t.Helper()
	a, err := tsatest.New(signingTime)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tokenFrom(t testing.TB, a *tsatest.Authority, imprint timestamp.Imprint) []byte {
	t.Helper()
	c := timestamp.Client{Transport: direct{a}}
	token, err := c.Stamp(context.Background(), imprint)
	if err != nil {
		t.Fatal(err)
	}
	return token.DER
}

func attachedOf(t testing.TB, s *sign.Signature, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.WriteAttached(context.Background(), &out, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t testing.TB, data []byte) *sign.Message {
	t.Helper()
	m, err := sign.OpenMessage(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func bytesIn(t testing.TB, m *sign.Message) []byte {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(m, 0, m.Size()))
	if err != nil || int64(len(data)) != m.Size() {
		t.Fatalf("%d bytes of %d: %v", len(data), m.Size(), err)
	}
	return data
}

// A stamp is added to a signature before it is written, and to the same file
// afterwards, with the same result; a second one leaves the first in place.
func TestAStampChangesNothingElse(t *testing.T) {
	a := newAuthority(t)
	content := pattern(70000)
	for _, m := range matrix {
		t.Run(m.name, func(t *testing.T) {
			s := complete(t, m.id(), content, m.hash)
			want := crypto.SHA256
			if m.hash != crypto.SHA256 {
				want = crypto.SHA512
			}
			if s.Imprint().Hash != want {
				t.Errorf("imprint by %v", s.Imprint().Hash)
			}
			token := tokenFrom(t, a, s.Imprint())
			before := s.DER()
			stamped, err := s.WithTimeStamp(token)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(s.DER(), before) {
				t.Error("the signature without a stamp has changed")
			}
			for form, of := range map[string]func(*sign.Signature) []byte{
				"detached": (*sign.Signature).DER,
				"attached": func(s *sign.Signature) []byte { return attachedOf(t, s, content) },
			} {
				later := open(t, of(s))
				if got := later.Imprints(); len(got) != 1 || got[0].Hash != want || !bytes.Equal(got[0].Sum, s.Imprint().Sum) {
					t.Errorf("%s: imprints %v", form, got)
				}
				later, err := later.WithTimeStamps(token)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytesIn(t, later), of(stamped)) {
					t.Errorf("%s: added later, it is another file", form)
				}
			}
			block, _ := pem.Decode(stamped.PEM())
			if !bytes.Equal(block.Bytes, stamped.DER()) {
				t.Error("the PEM text is another signature")
			}
			if bytes.Count(stamped.DER(), token) != 1 {
				t.Error("the token is not in it")
			}
			second := tokenFrom(t, a, s.Imprint())
			twice, err := stamped.WithTimeStamp(second)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(twice.DER(), token) || !bytes.Contains(twice.DER(), second) {
				t.Error("one of two stamps is missing")
			}
		})
	}
}

func TestATokenForAnotherSignatureIsNotAdded(t *testing.T) {
	a := newAuthority(t)
	s := complete(t, rsaIdentity(), []byte("content"), crypto.SHA256)
	other := s.Imprint()
	other.Sum = bytes.Repeat([]byte{1}, 32)
	right := tokenFrom(t, a, s.Imprint())
	for name, token := range map[string][]byte{
		"for another signature": tokenFrom(t, a, other),
		"cut":                   right[:len(right)-1],
		"with more":             append(right[:len(right):len(right)], 0),
		"nothing":               nil,
		"not a token":           s.DER(),
	} {
		_, err := s.WithTimeStamp(token)
		_, later := open(t, s.DER()).WithTimeStamps(token)
		for _, err := range []error{err, later} {
			if !errors.As(err, new(*timestamp.RefusedError)) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	for _, tokens := range [][][]byte{nil, {right, right}} {
		if _, err := open(t, s.DER()).WithTimeStamps(tokens...); err == nil {
			t.Errorf("%d tokens for one signer", len(tokens))
		}
	}
}

// Bytes that are not a whole SignedData in the form that can be stamped are
// refused: every truncation of one, one with trailing data, PEM, other data.
func TestMessagesThatCannotBeStamped(t *testing.T) {
	s := complete(t, rsaIdentity(), []byte("content"), crypto.SHA256)
	whole := attachedOf(t, s, []byte("content"))
	data := map[string][]byte{"PEM": s.PEM(), "with more": append(whole[:len(whole):len(whole)], 0), "text": []byte("0000000000000000")}
	for n := range whole {
		data[fmt.Sprint("cut at ", n)] = whole[:n]
	}
	for name, b := range data {
		if _, err := sign.OpenMessage(bytes.NewReader(b), int64(len(b))); !errors.Is(err, sign.ErrNotDER) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sign.OpenMessage(brokenReader{}, 1000); err == nil || errors.Is(err, sign.ErrNotDER) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// An archive time stamp covers the unsigned attributes, and would not hold with
// one more.
func TestArchivedSignaturesAreLeftAlone(t *testing.T) {
	der := complete(t, rsaIdentity(), []byte("content"), crypto.SHA256).DER()
	m, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil {
		t.Fatal(err)
	}
	for last, want := range map[int]error{27: sign.ErrArchived, 48: sign.ErrArchived, 23: nil} {
		out := m.With([]cms.SignerInfo{m.Signers[0].WithUnsigned([]int{1, 2, 840, 113549, 1, 9, 16, 2, last}, []byte{5, 0})})
		if _, err := sign.OpenMessage(out, out.Size()); !errors.Is(err, want) {
			t.Errorf("%d: %v", last, err)
		}
	}
}

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, errors.New("no disk") }

// Messages of this package and of OpenSSL are stamped, among them BER with
// indefinite lengths and two signers. OpenSSL then accepts them with the same
// content, and the tokens.
func TestOpenSSLAcceptsWhatWasStamped(t *testing.T) {
	needProgram(t, "openssl", "openssl")
	a := newAuthority(t)
	content := pattern(70000)
	for _, m := range matrix {
		f := lay(t, m.id(), complete(t, m.id(), content, m.hash), content)
		key := write(t, filepath.Join(f.folder, "key.pem"), pkcs8(t, m.id().key))
		cert := write(t, filepath.Join(f.folder, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.id().cert.Raw}))
		run := func(args ...string) {
			t.Helper()
			if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
		theirs := func(name string, more ...string) string {
			out := filepath.Join(f.folder, name)
			run(append([]string{"cms", "-sign", "-binary", "-in", f.content, "-signer", cert, "-inkey", key, "-outform", "DER", "-out", out}, more...)...)
			return out
		}
		two := filepath.Join(f.folder, "two.p7m")
		own, ownKey, byKey := f.folder+"/own.pem", f.folder+"/own.key", f.folder+"/id.p7m"
		run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ownKey, "-out", own, "-subj", "/CN=own")
		run("cms", "-resign", "-inform", "DER", "-in", f.attached, "-signer", own, "-inkey", ownKey, "-md", strings.ReplaceAll(m.hash.String(), "-", ""), "-outform", "DER", "-out", two)
		run("cms", "-sign", "-binary", "-nodetach", "-keyid", "-in", f.content, "-signer", own, "-inkey", ownKey, "-outform", "DER", "-out", byKey)
		both := write(t, filepath.Join(f.folder, "both.pem"), append(readFile(t, own), readFile(t, f.caPEM)...))
		for name, file := range map[string]string{
			"ours": f.signature, "ours, attached": f.attached, "two signers": two,
			"detached": theirs("theirs.p7s"), "streamed": theirs("stream.p7m", "-nodetach", "-stream"), "key identifier": byKey,
			"streamed, detached": theirs("stream.p7s", "-stream"),
		} {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				msg := open(t, readFile(t, file))
				var tokens [][]byte
				for _, imprint := range msg.Imprints() {
					tokens = append(tokens, tokenFrom(t, a, imprint))
				}
				if name == "two signers" && len(tokens) != 2 {
					t.Fatalf("%d signers", len(tokens))
				}
				msg, err := msg.WithTimeStamps(tokens...)
				if err != nil {
					t.Fatal(err)
				}
				stamped := write(t, file+".stamped", bytesIn(t, msg))
				args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", stamped, "-CAfile", f.caPEM, "-no-CApath", "-purpose", "any", "-out", f.folder + "/out"}
				if file == byKey || file == two {
					args[8] = both
				}
				if filepath.Ext(file) == ".p7s" {
					args = append(args, "-content", f.content)
				}
				run(args...)
				if got := readFile(t, f.folder+"/out"); !bytes.Equal(got, content) {
					t.Errorf("%d bytes came out of %d", len(got), len(content))
				}
				root := write(t, filepath.Join(f.folder, "tsa.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw}))
				for i, token := range tokens {
					if !bytes.Contains(bytesIn(t, msg), token) {
						t.Fatal("a token is missing")
					}
					run("ts", "-verify", "-digest", fmt.Sprintf("%x", msgImprint(t, token)), "-token_in", "-in",
						write(t, filepath.Join(f.folder, fmt.Sprint("token", i)), token), "-CAfile", root, "-attime", fmt.Sprint(signingTime.Unix()))
				}
			})
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func msgImprint(t *testing.T, token []byte) []byte {
	t.Helper()
	info, err := timestamp.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return info.HashedMessage
}
