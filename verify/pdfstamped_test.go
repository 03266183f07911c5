package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/sign/pdf"
	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
	"natsuin/verify"
)

// answering is a transport to an authority without a network.
type answering struct{ *tsatest.Authority }

func (a answering) Send(_ context.Context, request []byte) (timestamp.Answer, error) {
	return timestamp.Answer{Body: a.Answer(request), ContentType: timestamp.ContentType}, nil
}

// stampedPDF puts a document time stamp into a PDF as the command does.
func stampedPDF(t testing.TB, a *tsatest.Authority, in []byte) ([]byte, error) {
	t.Helper()
	doc, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	plan, err := doc.Plan(pdf.Options{SubFilter: pdf.ETSIRFC3161})
	if err != nil {
		return nil, err
	}
	if err := plan.Digest(t.Context(), bytes.NewReader(in), crypto.SHA256); err != nil {
		return nil, err
	}
	pending, err := plan.Prepare(pdf.Details{Hash: crypto.SHA256})
	if err != nil {
		return nil, err
	}
	client := timestamp.Client{Transport: answering{a}}
	token, err := client.Stamp(t.Context(), timestamp.Imprint{Hash: crypto.SHA256, Sum: pending.Content().Sum})
	if err != nil {
		return nil, err
	}
	signed, err := pending.Complete(token.DER)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signed.Write(t.Context(), &out, bytes.NewReader(in))
	return out.Bytes(), err
}

// TestAStampLeavesSignaturesAsTheyWere puts a document time stamp into each
// file of other projects that can take one. The signatures that are there keep
// their verdicts.
func TestAStampLeavesSignaturesAsTheyWere(t *testing.T) {
	done, signatures := 0, 0
	for _, c := range pdfCases(t) {
		in := sharedFile(t, "pdf/"+c.File)
		p := c.policy(t)
		before, err := verify.PDF(t.Context(), bytes.NewReader(in), int64(len(in)), p)
		if err != nil || before.Verdict == verify.Invalid && len(before.Signatures) > 0 {
			continue // refused by the command
		}
		at := p.At
		if at.IsZero() {
			at = time.Now()
		}
		a, err := tsatest.New(at)
		if err != nil {
			t.Fatal(err)
		}
		out, err := stampedPDF(t, a, in)
		if err != nil {
			t.Logf("%s: %v", c.File, err)
			continue
		}
		done++
		after := judgePDF(t, out, p)
		if after.Verdict != before.Verdict || after.Reason != before.Reason || len(after.Signatures) != len(before.Signatures) ||
			len(after.Timestamps) != len(before.Timestamps)+1 {
			explain(t, after)
			t.Errorf("%s: %v (%s) after %v (%s)", c.File, after.Verdict, after.Reason, before.Verdict, before.Reason)
			continue
		}
		for i, s := range after.Signatures {
			signatures++
			was := before.Signatures[i]
			if s.Verdict != was.Verdict || s.Reason != was.Reason || s.CoversWholeFile {
				t.Errorf("%s: %q: %v (%s) after %v (%s)", c.File, s.Field, s.Verdict, s.Reason, was.Verdict, was.Reason)
			}
		}
		newest := after.Timestamps[len(after.Timestamps)-1]
		if newest.Reason != verify.ReasonTimestampChain || !newest.CoversWholeFile || !newest.Unchanged {
			t.Errorf("%s: %+v", c.File, newest)
		}
		p.TSAAnchors = append(p.TSAAnchors, a.Root)
		newest = *lastStamp(judgePDF(t, out, p))
		if !newest.Verified || !newest.Time.Equal(at.UTC().Truncate(time.Second)) || newest.Certificate == nil {
			t.Errorf("%s: with the root: %+v", c.File, newest.TimestampInfo)
		}
	}
	t.Logf("%d files with %d signatures", done, signatures)
	if done < 80 || signatures < 30 {
		t.Error("too few files were stamped")
	}
}

func lastStamp(r *verify.PDFReport) *verify.PDFTimestamp { return &r.Timestamps[len(r.Timestamps)-1] }

// TestAStampAgainstNoPermission: DocMDP with P 1 and locks of all fields permit
// a document time stamp.
func TestAStampAgainstNoPermission(t *testing.T) {
	w := newWorld(t)
	a, err := tsatest.New(now)
	if err != nil {
		t.Fatal(err)
	}
	p := w.policy
	p.TSAAnchors = append(p.TSAAnchors, a.Root)
	for name, changes := range map[string]objects{
		"P 1": {21: dictionary(detachedEntries + "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]")},
		"P 1 of all": {
			1:  strings.TrimSuffix(baseObjects[1], ">>") + "/Perms<</DocMDP 21 0 R>>>>",
			21: dictionary(detachedEntries + "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>/Data 1 0 R>>]"),
		},
		"FieldMDP":     {21: dictionary(detachedEntries + "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/All>>>>]")},
		"Lock":         {20: strings.TrimSuffix(newSignature[20], ">>") + "/Lock<</Action/All/P 1>>>>"},
		"Lock by name": {20: strings.TrimSuffix(newSignature[20], ">>") + "/Lock<</Action/Include/Fields[(Natsuin1)]>>>>"},
	} {
		in := basePDF(nil).sign(t, w.signer, newSignature.with(changes)).b
		out, err := stampedPDF(t, a, in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := judgePDF(t, out, p)
		if r.Verdict != verify.Valid || !lastStamp(r).Verified || r.Signatures[0].ReferenceFrom != verify.FromTimestamp ||
			!slices.ContainsFunc(r.Signatures[0].Changes, func(c verify.PDFChange) bool { return c.Kind == verify.ChangeTimestamp }) {
			explain(t, r)
			t.Errorf("%s: %v (%s)", name, r.Verdict, r.Reason)
		}
	}
}
