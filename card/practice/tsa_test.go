package practice_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tsaQuery returns a TimeStampReq with the given parts after the imprint.
func tsaQuery(t testing.TB, hash asn1.ObjectIdentifier, sum []byte, rest ...any) []byte {
	t.Helper()
	type imprint struct {
		Hash struct{ Algorithm asn1.ObjectIdentifier }
		Sum  []byte
	}
	var i imprint
	i.Hash.Algorithm, i.Sum = hash, sum
	var body []byte
	for _, part := range append([]any{1, i}, rest...) {
		raw, ok := part.([]byte)
		if !ok {
			var err error
			if raw, err = asn1.Marshal(part); err != nil {
				t.Fatal(err)
			}
		}
		body = append(body, raw...)
	}
	out, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: body})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	sha256ID = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	sha1ID   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	md5ID    = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}
)

// practicePolicyDER returns the OBJECT IDENTIFIER of the practice policy.
func practicePolicyDER(t testing.TB) []byte {
	n, _ := new(big.Int).SetString("184374126194146455454303695688590931723", 10)
	arcs := []byte{}
	for ; n.Sign() > 0; n.Rsh(n, 7) {
		arcs = append([]byte{byte(new(big.Int).And(n, big.NewInt(0x7f)).Int64()) | 0x80}, arcs...)
	}
	arcs[len(arcs)-1] &= 0x7f
	return append([]byte{6, byte(len(arcs) + 1), 2*40 + 25}, arcs...)
}

func askTSA(t testing.TB, address string, request []byte) []byte {
	t.Helper()
	r, err := http.Post(address, "application/timestamp-query", bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	content, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/timestamp-reply" {
		t.Fatalf("%s, %s, %v", r.Status, r.Header.Get("Content-Type"), err)
	}
	return content
}

// OpenSSL makes a request with each hash that the authority accepts, and
// verifies the answer. It refuses the answer for other data and under another
// root.
func TestOpenSSLVerifiesTheTimeStamps(t *testing.T) {
	need(t, "openssl", "openssl")
	store := open(folder(t))
	handler, err := store.TSA()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	roots, others, err := store.Roots()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data, changed := filepath.Join(dir, "data"), filepath.Join(dir, "changed")
	for name, text := range map[string]string{data: "some data", changed: "some datum"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	anchor, wrong := pemFile(t, "CERTIFICATE", roots[0].Raw), pemFile(t, "CERTIFICATE", others[0].Raw)
	for _, hash := range []string{"-sha256", "-sha384", "-sha512"} {
		asked, answer := filepath.Join(dir, "q"), filepath.Join(dir, "a")
		run(t, "openssl", "ts", "-query", "-data", data, hash, "-cert", "-tspolicy", "2.25.184374126194146455454303695688590931723", "-out", asked)
		request, err := os.ReadFile(asked)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(answer, askTSA(t, server.URL, request), 0o600); err != nil {
			t.Fatal(err)
		}
		verify := func(more ...string) (string, error) {
			return output("openssl", append(append([]string{"ts", "-verify", "-in", answer}, at...), more...)...)
		}
		if got, err := verify("-queryfile", asked, "-CAfile", anchor); err != nil || !strings.Contains(got, "Verification: OK") {
			t.Errorf("%s: %v\n%s", hash, err, got)
		}
		for name, args := range map[string][]string{
			"other data": {"-data", changed, "-CAfile", anchor},
			"other root": {"-queryfile", asked, "-CAfile", wrong},
		} {
			if got, err := verify(args...); err == nil {
				t.Errorf("%s, %s: accepted\n%s", hash, name, got)
			}
		}
		text := run(t, "openssl", "ts", "-reply", "-in", answer, "-text")
		for _, want := range []string{"Status: Granted.", "Policy OID: 2.25.184374126194146455454303695688590931723", "Accuracy: 0x01 seconds", clock.UTC().Format("Jan _2 15:04:05 2006 GMT")} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", hash, want, text)
			}
		}
	}
}

// A request that the authority does not accept is rejected, with a bit of
// PKIFailureInfo (RFC 3161 §2.4.2).
func TestTheTimeStampAuthorityRejects(t *testing.T) {
	handler, err := open(folder(t)).TSA()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	sum := sha256.Sum256([]byte("data"))
	right := tsaQuery(t, sha256ID, sum[:], big.NewInt(5), true)
	for name, c := range map[string]struct {
		request []byte
		bit     int // -1: granted
	}{
		"right":                {right, -1},
		"without nonce":        {tsaQuery(t, sha256ID, sum[:]), -1},
		"the practice policy":  {tsaQuery(t, sha256ID, sum[:], practicePolicyDER(t)), -1},
		"another policy":       {tsaQuery(t, sha256ID, sum[:], asn1.ObjectIdentifier{1, 2, 3}), 15},
		"SHA-1":                {tsaQuery(t, sha1ID, sum[:20]), 0},
		"MD5":                  {tsaQuery(t, md5ID, sum[:16]), 0},
		"digest too short":     {tsaQuery(t, sha256ID, sum[:31]), 0},
		"extensions":           {tsaQuery(t, sha256ID, sum[:], []byte{0xa0, 2, 0x30, 0}), 16},
		"nothing":              {nil, 5},
		"cut":                  {right[:len(right)-1], 5},
		"with something after": {append(right[:len(right):len(right)], 0), 5},
		"HTML":                 {[]byte("<html>"), 5},
	} {
		answer := askTSA(t, server.URL, c.request)
		var whole struct {
			Status struct {
				Code    int
				Failure asn1.BitString `asn1:"optional"`
			}
			Token asn1.RawValue `asn1:"optional"`
		}
		if rest, err := asn1.Unmarshal(answer, &whole); err != nil || len(rest) != 0 {
			t.Errorf("%s: %x: %v", name, answer, err)
			continue
		}
		granted := c.bit < 0
		if (whole.Status.Code == 0) != granted || (len(whole.Token.FullBytes) > 0) != granted || !granted && whole.Status.Failure.At(c.bit) != 1 {
			t.Errorf("%s: %+v", name, whole.Status)
		}
	}
	for _, c := range []struct {
		method string
		body   string
		want   int
	}{{"GET", "", 405}, {"POST", strings.Repeat("0", 16<<10), 200}, {"POST", strings.Repeat("0", 16<<10+1), 413}} {
		r, err := http.NewRequest(c.method, server.URL, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != c.want {
			t.Errorf("%s of %d bytes: %d", c.method, len(c.body), got.StatusCode)
		}
	}
}

// The authority keeps its certificate, in which the extended key usage is
// critical.
func TestTheTimeStampAuthorityStays(t *testing.T) {
	dir := folder(t)
	store := open(dir)
	sum := sha256.Sum256([]byte("data"))
	certificate := func() []byte {
		handler, err := store.TSA()
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		answer := askTSA(t, server.URL, tsaQuery(t, sha256ID, sum[:], true))
		i := bytes.Index(answer, []byte("PRACTICE time-stamp authority"))
		if i < 0 {
			t.Fatal("no certificate of the authority")
		}
		return answer[i : i+400] // from its name to its extensions
	}
	first := certificate()
	if !bytes.Contains(first, []byte{0x55, 0x1d, 0x25, 1, 1, 0xff}) {
		t.Errorf("no critical extended key usage in %x", first)
	}
	if again := certificate(); !bytes.Equal(again, first) {
		t.Error("it has another certificate the second time")
	}
}

// FuzzTSARequest sends arbitrary bytes to the authority. Unless they are too
// many, the answer is one DER element, with a token if and only if the status
// is granted. A short request to which a token is granted has version 1.
func FuzzTSARequest(f *testing.F) {
	handler, err := open(folder(f)).TSA()
	if err != nil {
		f.Fatal(err)
	}
	sum := sha256.Sum256([]byte("data"))
	f.Add(tsaQuery(f, sha256ID, sum[:], big.NewInt(5), true))
	f.Add(tsaQuery(f, sha256ID, sum[:], practicePolicyDER(f)))
	f.Add(tsaQuery(f, sha1ID, sum[:20]))
	f.Add(tsaQuery(f, sha256ID, sum[:], []byte{0xa0, 2, 0x30, 0}))
	f.Fuzz(func(t *testing.T, request []byte) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", "/", bytes.NewReader(request)))
		if w.Code == http.StatusRequestEntityTooLarge && len(request) > 16<<10 {
			return
		}
		var answer struct {
			Status asn1.RawValue
			Token  asn1.RawValue `asn1:"optional"`
		}
		rest, err := asn1.Unmarshal(w.Body.Bytes(), &answer)
		if w.Code != 200 || err != nil || len(rest) > 0 {
			t.Fatalf("%d, %v: %x", w.Code, err, w.Body.Bytes())
		}
		granted := bytes.Equal(answer.Status.FullBytes, []byte{0x30, 3, 2, 1, 0})
		if granted != (len(answer.Token.FullBytes) > 0) || granted && !bytes.HasPrefix(request[2:], []byte{2, 1, 1}) && request[1] < 0x80 {
			t.Fatalf("%x for %x", w.Body.Bytes(), request)
		}
	})
}
