package verify_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// foreignCase is a line of foreign/fail/manifest.jsonl and
// foreign/right/manifest.jsonl.
type foreignCase struct {
	File                string
	Trust, TSA, Content *string
	CRL, Cert           *string
	At, Now             time.Time
	Flags               []string
	Want, Why, Origin   string
	GotChecks           [][]string `json:"got_checks"`
	folder              string
}

func foreign(t testing.TB, folder string) []foreignCase {
	t.Helper()
	if _, err := os.Stat(shared(t, folder)); err != nil {
		t.Skipf("no test vectors: %v", err)
	}
	var cases []foreignCase
	lines := bufio.NewScanner(bytes.NewReader(sharedFile(t, folder+"/manifest.jsonl")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c := foreignCase{folder: folder}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// judge judges the case like the command line does. It returns an error for a
// time in the future.
func (c foreignCase) judge(t testing.TB) (*verify.Report, error) {
	t.Helper()
	file := func(name *string) []byte {
		if name == nil {
			return nil
		}
		return sharedFile(t, c.folder+"/"+*name)
	}
	p := verify.Policy{At: c.At, Now: c.Now.Add(12 * time.Hour), AllowSHA1: strings.Contains(strings.Join(c.Flags, " "), "allow-sha1"),
		AllowWeak:         strings.Contains(strings.Join(c.Flags, " "), "allow-weak"),
		RequireRevocation: strings.Contains(strings.Join(c.Flags, " "), "require")}
	if c.Trust != nil {
		for _, cert := range certificates(t, file(c.Trust)) {
			p.Anchors = append(p.Anchors, verify.Anchor{Certificate: cert, Kind: verify.AnchorFile, Name: *c.Trust})
		}
	}
	if c.TSA != nil {
		p.TSAAnchors = certificates(t, file(c.TSA))
	}
	if c.Cert != nil {
		p.Certificates = certificates(t, file(c.Cert))
	}
	if c.CRL != nil {
		lists, err := verify.ReadLists(file(c.CRL))
		if err != nil {
			t.Fatal(err)
		}
		p.CRLs = lists
	}
	signature := file(&c.File)
	in := verify.Input{Signature: bytes.NewReader(signature), Size: int64(len(signature))}
	if c.Content != nil {
		in.Content = bytes.NewReader(file(c.Content))
	}
	return verify.Verify(t.Context(), in, p)
}

// changedByRule holds the cases of foreign/right whose verdict differs from the
// manifest because of a rule in docs/verify.md.
var changedByRule = map[string]string{
	"alg-rsa2048e3-sha256.p7s": "INDETERMINATE", // an exponent less than 65537
	"alg-rsa2048-md5.p7s":      "INDETERMINATE",
}

func TestForeignMessagesThatWereJudgedRight(t *testing.T) {
	for _, c := range foreign(t, "foreign/right") {
		want := c.Want
		if changed := changedByRule[c.File]; changed != "" {
			want = changed
		}
		r, err := c.judge(t)
		if err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		if r.Verdict.String() != want {
			t.Errorf("%s: %v (%s), want %s (%s)", c.File, r.Verdict, r.Reason, want, c.Why)
		}
	}
}

// elsewhere reports whether a case of foreign/fail is about mail or about
// signing, which other tests cover.
func elsewhere(c foreignCase) bool {
	return strings.HasPrefix(c.File, "s-smime_") || c.File == "rawforge.p7s"
}

func TestForeignMessagesThatWereJudgedWrong(t *testing.T) {
	for _, c := range foreign(t, "foreign/fail") {
		if elsewhere(c) {
			continue
		}
		r, err := c.judge(t)
		if err != nil {
			if !strings.Contains(c.Want, "refused") {
				t.Errorf("%s: %v", c.File, err)
			}
			continue
		}
		if !strings.Contains(c.Want, r.Verdict.String()) && !strings.HasPrefix(c.Want, "same verdict") {
			t.Errorf("%s: %v (%s), want %s (%s)", c.File, r.Verdict, r.Reason, c.Want, c.Why)
		}
		for _, s := range r.Signers {
			sig, _ := s.Check(verify.CheckSignature)
			t.Logf("%s: %v (%s); signature %s %s %v", c.File, r.Verdict, r.Reason, sig.Result, sig.Detail, sig.Values)
		}
	}
}
