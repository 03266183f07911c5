package verify_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// vectors is the folder with test data of other projects. It may be absent.
const vectors = "../../shared/data"

// shared returns the path of a file or folder of the vectors. It skips the test
// if they are absent.
func shared(t testing.TB, name string) string {
	t.Helper()
	if _, err := os.Stat(vectors); err != nil {
		t.Skipf("no test vectors: %v", err)
	}
	return filepath.Join(vectors, filepath.FromSlash(name))
}

func sharedFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// manifestCase is a line of cms/manifest.jsonl.
type manifestCase struct {
	ID      string
	File    string
	Content *string
	Trust   *string
	Cert    *string
	At      time.Time
	Level   string
	Want    string
	Why     string
}

func manifest(t testing.TB) []manifestCase {
	t.Helper()
	var cases []manifestCase
	lines := bufio.NewScanner(bytes.NewReader(sharedFile(t, "cms/manifest.jsonl")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c manifestCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// judge judges a case like the command line does, with its anchor as --ca, its
// certificate as --cert and its time as --at.
func (c manifestCase) judge(t testing.TB) *verify.Report {
	t.Helper()
	return c.judgeBytes(t, sharedFile(t, "cms/"+c.File))
}

func (c manifestCase) judgeBytes(t testing.TB, signature []byte) *verify.Report {
	t.Helper()
	p := verify.Policy{At: c.At}
	if c.At.After(time.Now()) {
		p.Now = c.At // as if that day were today
	}
	if c.Trust != nil {
		for _, cert := range certificates(t, sharedFile(t, "cms/"+*c.Trust)) {
			p.Anchors = append(p.Anchors, verify.Anchor{Certificate: cert, Kind: verify.AnchorFile, Name: *c.Trust})
		}
	}
	if c.Cert != nil {
		p.Certificates = certificates(t, sharedFile(t, "cms/"+*c.Cert))
	}
	var content []byte
	if c.Content != nil {
		content = sharedFile(t, "cms/"+*c.Content)
	}
	return run(t, signature, content, p)
}

func certificates(t testing.TB, b []byte) []*x509.Certificate {
	t.Helper()
	certs, err := verify.ParseCertificates(b)
	if err != nil {
		t.Logf("certificates: %v", err)
	}
	return certs
}

// documented returns the first cells of all tables in docs/verify.md, among
// them the cases that differ.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for line := range strings.Lines(string(b)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			ids[strings.Trim(cells[1], " `")] = true
		}
	}
	return ids
}

func TestVectorsOfOtherProjects(t *testing.T) {
	listed := documented(t)
	agreed, judged := 0, 0
	for _, c := range manifest(t) {
		if c.Level != "signature" && c.Level != "signature+path" {
			continue
		}
		judged++
		r := c.judge(t)
		verdict, reason := r.Verdict, r.Reason
		if c.Level == "signature" {
			verdict, reason = r.WithoutTrust()
		}
		got := "NOT-VALID"
		if verdict == verify.Valid {
			got = "VALID"
		}
		if (reason == "") != (verdict == verify.Valid) {
			t.Errorf("%s: verdict %v with reason %q", c.ID, verdict, reason)
		}
		switch {
		case got == c.Want:
			agreed++
		case listed[c.ID]:
			t.Logf("%s: %v (%s), where upstream says %s: documented", c.ID, verdict, reason, c.Want)
		default:
			t.Errorf("%s: %v (%s), want %s (%s)", c.ID, verdict, reason, c.Want, c.Why)
		}
	}
	t.Logf("%d of %d cases agree", agreed, judged)
}
