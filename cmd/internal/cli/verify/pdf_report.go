package verify

import (
	"fmt"
	"slices"
	"strings"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
	"natsuin/verify/touki"
)

// pdfSigner holds the JSON fields that only a signature in a PDF has.
type pdfSigner struct {
	Field           *string  `json:"field"`
	SubFilter       *string  `json:"sub_filter"`
	Revision        int      `json:"revision"`
	Revisions       int      `json:"revisions"`
	CoversWholeFile bool     `json:"covers_whole_file"`
	Changes         []change `json:"changes"`
	MoreChanges     bool     `json:"more_changes"`
}

type change struct {
	Kind    verify.ChangeKind `json:"kind"`
	Result  string            `json:"result"`
	Detail  *string           `json:"detail"`
	Against verify.Permission `json:"against,omitempty"`
	Page    int               `json:"page,omitempty"`
}

// documentTimestamp is the JSON object of a document time stamp. It has no
// signer.
type documentTimestamp struct {
	timestamp
	Field           *string  `json:"field"`
	Revision        int      `json:"revision"`
	Revisions       int      `json:"revisions"`
	CoversWholeFile bool     `json:"covers_whole_file"`
	Unchanged       bool     `json:"unchanged"`
	Changes         []change `json:"changes"`
}

type point struct {
	ID        touki.PointID `json:"id"`
	Result    touki.Result  `json:"result"`
	Signature int           `json:"signature"`
}

func pdfSignerOf(s *verify.PDFSignature) *pdfSigner {
	return &pdfSigner{
		Field: console.OrNull(s.Field), SubFilter: console.OrNull(s.SubFilter),
		Revision: s.Revision, Revisions: s.Revisions, CoversWholeFile: s.CoversWholeFile,
		Changes: changesOf(s.Changes), MoreChanges: s.MoreChanges,
	}
}

func changesOf(changes []verify.PDFChange) []change {
	list := []change{}
	for _, c := range changes {
		list = append(list, change{c.Kind, c.Result.String(), console.OrNull(c.Detail), c.Against, c.Page})
	}
	return list
}

func (r *run) documentTimestampsOf(p *verify.PDFReport) []documentTimestamp {
	list := []documentTimestamp{}
	for _, t := range p.Timestamps {
		list = append(list, documentTimestamp{
			timestamp: *r.timestampOf(&t.TimestampInfo), Field: console.OrNull(t.Field), Revision: t.Revision, Revisions: t.Revisions,
			CoversWholeFile: t.CoversWholeFile, Unchanged: t.Unchanged, Changes: changesOf(t.Changes),
		})
	}
	return list
}

func pointsOf(points []touki.Point) []point {
	var list []point
	for _, p := range points {
		list = append(list, point{p.ID, p.Result, p.Signature})
	}
	return list
}

// printPDF prints everything that was found in a PDF, below the verdict line.
func (r *run) printPDF(j *judged) {
	p := j.pdf
	r.printChecks(p.Checks, false)
	for i := range p.Signatures {
		s := &p.Signatures[i]
		r.printSigner(&s.Signer, i+1, len(p.Signatures), true, func() { r.printPlace(s) })
	}
	for i := range p.Timestamps {
		r.printDocumentTimestamp(&p.Timestamps[i])
	}
	r.printUndeclared(p)
	if p.SecurityStore {
		r.Print("  " + r.T("pdf.security-store", "N", p.VRI))
	}
	if p.UsageRights {
		r.Print("  " + r.T("pdf.usage-rights"))
	}
	r.printPoints(j)
}

// printUndeclared prints the signature dictionaries that belong to no form
// field.
func (r *run) printUndeclared(p *verify.PDFReport) {
	for _, u := range p.Undeclared {
		r.Print("  " + r.T("pdf.undeclared", "Object", u.Object, "SubFilter", text.Escape(u.SubFilter)))
	}
}

// printPlace prints where a signature of a PDF is, what the signer wrote about
// it, and what was changed since.
func (r *run) printPlace(s *verify.PDFSignature) {
	r.printField(s)
	for _, entry := range []struct{ id, value string }{
		{"pdf.name", s.Dictionary.Name}, {"pdf.reason", s.Dictionary.Reason},
		{"pdf.location", s.Dictionary.Location}, {"pdf.contact", s.Dictionary.ContactInfo},
	} {
		if entry.value != "" {
			r.Field(entry.id, text.Escape(entry.value))
		}
	}
	r.Field("pdf.revision", r.revision(s.Revision, s.Revisions, s.CoversWholeFile))
	if s.ContentSHA256 != nil {
		r.Groups("verify.digest", fmt.Sprintf("%X", s.ContentSHA256))
	}
	r.printChanges(s.Changes, s.MoreChanges)
}

func (r *run) printField(s *verify.PDFSignature) {
	fields := append([]string{s.Field}, s.OtherFields...)
	for i := range fields {
		fields[i] = text.Escape(fields[i])
	}
	r.Field("pdf.field", strings.Join(fields, r.T("list.separator")))
}

// revision returns the text that says which part of the file is covered.
func (r *run) revision(n, of int, whole bool) string {
	switch {
	case n == 0:
		return r.T("pdf.revision.none")
	case whole:
		return r.T("pdf.revision.whole")
	}
	return r.T("pdf.revision.part", "N", n, "All", of)
}

// mostChanges is the number of changes that are shown on the screen. JSON has
// all.
const mostChanges = 20

func (r *run) printChanges(changes []verify.PDFChange, more bool) {
	// Print the worst changes first, since they decide and the rest may be cut
	// off.
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b verify.PDFChange) int { return int(a.Result) - int(b.Result) })
	for i, c := range changes {
		if i == mostChanges {
			r.Print("  " + r.T("pdf.change.more", "N", len(changes)-i))
			return
		}
		words := r.T("change." + string(c.Kind))
		if c.Page > 0 && c.Box != ([4]float64{}) {
			words = r.T("pdf.change.page", "What", words, "Page", c.Page)
		}
		if c.Against != "" {
			words = r.T("pdf.change.against", "What", words, "Rule", r.T("permission."+string(c.Against)))
		}
		result := r.T("change-result." + strings.ToLower(c.Result.String()))
		line := "  " + r.T("pdf.change", "Result", result, "What", words, "Detail", text.Escape(c.Detail))
		r.PrintAfter(len("  ")+text.Width(result)+len("  "), line)
	}
	if more {
		r.Print("  " + r.T("pdf.change.unlisted"))
	}
}

// printDocumentTimestamp prints the time that a document time stamp proves and
// what qualifies that, or why it proves none.
func (r *run) printDocumentTimestamp(t *verify.PDFTimestamp) {
	id := "pdf.timestamp.changed"
	switch {
	case !t.Verified && t.Certificate == nil:
		id = "pdf.timestamp.bad"
	case !t.Verified:
		id = "pdf.timestamp.claimed"
	case t.Unchanged:
		id = "pdf.timestamp.unchanged"
	}
	r.Field("pdf.timestamp", r.T(id, "Time", r.timeOf(&t.TimestampInfo), "Authority", r.authority(&t.TimestampInfo),
		"Field", text.Escape(t.Field), "Reason", r.reasonOf(verify.CheckTimestamp, t.Reason)))
	if t.Verified {
		r.printChanges(t.Changes, t.MoreChanges)
		if len(t.Remarks) > 0 { // in the same form as for the time stamp of a signature
			r.printChecks([]verify.Check{{ID: verify.CheckTimestamp, Result: verify.Passed, Detail: t.Remarks[0], Also: t.Remarks[1:]}}, false)
		}
	}
}

// printPoints prints the points of --profile touki with their results.
func (r *run) printPoints(j *judged) {
	if len(j.points) == 0 {
		return
	}
	r.Print(r.T("touki.head"))
	for _, p := range j.points {
		name := r.T("touki." + string(p.ID))
		if p.Signature > 0 && len(j.pdf.Signatures) > 1 {
			name = r.T("touki.of-signature", "N", p.Signature, "Point", name)
		}
		r.PrintAfter(console.UnderResult, "  "+r.T("check.line", "Result", r.T("touki.result."+string(p.Result)), "Name", name))
	}
	r.Print(r.T("touki.tail"))
}
