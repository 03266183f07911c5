package verify_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// pdfCase is a line of pdf/manifest.jsonl.
type pdfCase struct {
	File       string
	Kind       string
	Want       string `json:"want_verify"`
	Confidence string
	Trust      *string
	TSATrust   *string `json:"tsa_trust"`
	At         time.Time
	Note       string
}

func pdfCases(t testing.TB) []pdfCase {
	t.Helper()
	var cases []pdfCase
	lines := bufio.NewScanner(bytes.NewReader(sharedFile(t, "pdf/manifest.jsonl")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c pdfCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// policy returns the policy for a case, as the command line would have it from
// the options.
func (c pdfCase) policy(t testing.TB) verify.Policy {
	t.Helper()
	p := verify.Policy{At: c.At}
	if c.At.After(time.Now()) {
		p.Now = c.At
	}
	if c.Trust != nil {
		for _, cert := range certificates(t, sharedFile(t, "pdf/"+*c.Trust)) {
			p.Anchors = append(p.Anchors, verify.Anchor{Certificate: cert, Kind: verify.AnchorFile, Name: *c.Trust})
		}
	}
	if c.TSATrust != nil {
		p.TSAAnchors = certificates(t, sharedFile(t, "pdf/"+*c.TSATrust))
	}
	return p
}

// judge returns the verdict in the words of the manifest, with the report.
func (c pdfCase) judge(t testing.TB, b []byte) (string, *verify.PDFReport) {
	t.Helper()
	r, err := verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), c.policy(t))
	var refused *verify.PDFError
	switch {
	case errors.As(err, &refused):
		return "refuse-" + string(refused.Problem), nil
	case err != nil:
		t.Fatalf("%s: %v", c.File, err)
	case r.Reason == verify.ReasonNoSignature:
		return "no-signature", r
	}
	return r.Verdict.String(), r
}

func (c pdfCase) agrees(got string) bool {
	want := strings.Split(c.Want, "|")
	if slices.Contains(want, "NOT-VALID") && (got == "INVALID" || got == "INDETERMINATE") {
		return true
	}
	if slices.Contains(want, "sound") && (got == "no-signature" || got == "VALID") {
		return true
	}
	return slices.Contains(want, got)
}

func TestPDFsOfOtherProjects(t *testing.T) {
	listed := documented(t)
	agreed := 0
	for _, c := range pdfCases(t) {
		got, r := c.judge(t, sharedFile(t, "pdf/"+c.File))
		describe := func() {
			if r == nil {
				return
			}
			for _, s := range r.Signatures {
				t.Logf("  %q %v (%s) revision %d of %d", s.Field, s.Verdict, s.Reason, s.Revision, s.Revisions)
				for _, check := range s.Checks {
					if check.Best != verify.Valid || check.Detail != "" {
						t.Logf("    %s %s %s %v", check.ID, check.Result, check.Detail, check.Values)
					}
				}
				for _, change := range s.Changes {
					t.Logf("    %s %v %q page %d %v %s", change.Kind, change.Result, change.Detail, change.Page, change.Box, change.Against)
				}
			}
			for _, s := range r.Timestamps {
				t.Logf("  time stamp %q verified %v (%s) revision %d of %d, unchanged %v", s.Field, s.Verified, s.Reason, s.Revision, s.Revisions, s.Unchanged)
			}
		}
		switch {
		case c.agrees(got):
			agreed++
			continue
		case got == "VALID" && c.Want != "INDETERMINATE":
			t.Errorf("%s: VALID, want %s", c.File, c.Want)
		case listed[c.File]:
			t.Logf("%s: %s, where the catalogue says %s: documented", c.File, got, c.Want)
		default:
			t.Errorf("%s: %s, want %s (%s; %s)", c.File, got, c.Want, c.Confidence, c.Note)
		}
		describe()
	}
	t.Logf("%d cases agree", agreed)
}
