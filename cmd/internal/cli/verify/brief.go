package verify

import (
	"slices"
	"strings"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// printBrief prints, below the verdict line, who signed what and when, the
// root, and the checks that did not pass. printAll, for -v, prints every check
// (docs/cli.md, behaviour 18).
func (r *run) printBrief(j *judged) {
	rep := j.report
	if !j.hasDetails() {
		return
	}
	checks := rep.Checks
	r.printMail(rep)
	for i := range rep.Signers {
		s := &rep.Signers[i]
		checks = slices.Concat(checks, s.Checks)
		r.printNumber(s, i+1, len(rep.Signers))
		if !r.printName("verify.signer", s) {
			r.Field("verify.signer", r.subject(s))
		}
		if j.pdf != nil {
			p := &j.pdf.Signatures[i]
			r.printField(p)
			r.Field("pdf.revision", r.revisionBriefly(p))
		} else if i == 0 {
			r.printFile(j)
		}
		if t := s.Timestamp; t != nil && t.Verified {
			r.printTimestamp(t)
		} else {
			r.printClaimedTime(s)
		}
		r.printTrust(s)
		if j.pdf != nil {
			p := &j.pdf.Signatures[i]
			r.printChanges(p.Changes, p.MoreChanges)
		}
		own := s.Checks
		if len(rep.Signers) == 1 {
			own = checks // those of the file too
		}
		r.printOpen(own, rep.Mail != nil)
	}
	if len(rep.Signers) == 0 && j.pdf == nil {
		r.printFile(j)
	}
	if j.pdf != nil {
		for i := range j.pdf.Timestamps {
			r.printDocumentTimestamp(&j.pdf.Timestamps[i])
		}
		r.printUndeclared(j.pdf)
	}
	if len(rep.Signers) != 1 {
		r.printOpen(rep.Checks, rep.Mail != nil)
	}
	r.printPassed(checks, len(rep.Signers) > 1)
	r.printPoints(j)
}

// hasDetails reports whether more than the verdict line is printed for a file:
// not for an error, nor for a PDF without any signature or time stamp.
func (j *judged) hasDetails() bool {
	return j.report != nil && (!j.unsigned() || len(j.pdf.Timestamps) > 0 || len(j.pdf.Undeclared) > 0)
}

// printPassed prints how many checks passed that are not listed: of all signers
// together, if there are several.
func (r *run) printPassed(checks []verify.Check, several bool) {
	passed := 0
	for _, c := range checks {
		if !open(c) {
			passed++
		}
	}
	if passed > 0 {
		id := "verify.passed"
		switch {
		case passed == len(checks):
			id = "verify.passed.all"
		case several:
			id = "verify.passed.several"
		}
		words := r.T(id, "N", passed)
		r.PrintAfter(console.UnderResult, "  "+r.T("check.line", "Result", r.T("result.passed"), "Name", words))
	}
}

// subject returns the subject of the signer's certificate.
func (r *run) subject(s *verify.Signer) string {
	if s.Certificate == nil {
		return r.T("verify.signer.unknown")
	}
	return text.Escape(certtext.Name(s.Certificate.RawSubject))
}

// printFile prints the name of the content, and that it is unchanged if the
// signatures of all signers show that.
func (r *run) printFile(j *judged) {
	if j.report.ContentSHA256 == nil {
		return
	}
	name := r.contentName(j)
	if j.report.Verdict != verify.Invalid && len(j.report.Signers) > 0 && !slices.ContainsFunc(j.report.Signers, func(s verify.Signer) bool { return !showsContent(&s) }) {
		name = r.T("verify.unchanged", "Name", name)
	}
	r.Field("verify.content", name)
	r.printSignedInside(j)
}

// showsContent reports whether the signature of s shows that what it covers is
// unchanged.
func showsContent(s *verify.Signer) bool {
	value, _ := s.Check(verify.CheckSignature)
	digest, _ := s.Check(verify.CheckMessageDigest)
	return s.Verdict != verify.Invalid && value.Result == verify.Passed &&
		(digest.Result == verify.Passed || digest.Detail == verify.ReasonNoAttributes) // then the value covers the content itself
}

// revisionBriefly returns the text that says which revision the signature
// covers. If that is the whole file, it also says whether the signature shows
// that the file is unchanged.
func (r *run) revisionBriefly(s *verify.PDFSignature) string {
	if !s.CoversWholeFile || s.Revision == 0 {
		return r.revision(s.Revision, s.Revisions, false)
	}
	id := "pdf.revision.all"
	if showsContent(&s.Signer) && len(s.Changes) == 0 && !s.MoreChanges {
		id = "pdf.revision.unchanged"
	}
	return r.T(id, "N", s.Revision, "All", s.Revisions)
}

// open reports whether a check did not pass, or passed with a remark. The
// remark that a signature is a practice one does not count: the verdict line
// and the root say so.
func open(c verify.Check) bool {
	return c.Result != verify.Passed || c.Detail != "" && c.Detail != verify.RemarkPractice && c.Detail != verify.RemarkChanges || len(c.Also) > 0
}

// printOpen prints the checks that are open, the worst first.
func (r *run) printOpen(checks []verify.Check, mail bool) {
	checks = slices.DeleteFunc(slices.Clone(checks), func(c verify.Check) bool { return !open(c) })
	order := []verify.Result{verify.Failed, verify.Unclear, verify.NotDone, verify.Passed}
	slices.SortStableFunc(checks, func(a, b verify.Check) int {
		return slices.Index(order, a.Result) - slices.Index(order, b.Result)
	})
	r.printChecks(checks, mail)
}

// printOthers prints the details of signatures whose verdict lines were printed
// earlier.
func (r *run) printOthers(others []*judged) {
	for _, j := range others {
		if j.hasDetails() {
			r.Print("")
			r.Print(r.T("verify.head", "Path", text.Escape(j.signature), "Verdict", r.verdictOf(j)))
			r.printBrief(j)
		}
	}
}

// A tally counts the signatures of one run.
type tally struct {
	*run
	all     int
	others  []*judged // those that are not VALID
	remarks []string  // on those that are VALID
}

// mostRemarks is the number of different remarks that the summary repeats.
const mostRemarks = 5

func (t *tally) add(j *judged) {
	t.all++
	if j.verdict() != verify.Valid {
		t.others = append(t.others, j)
		return
	}
	remarks := append(t.run.remarks(j.report.Verdict, j.report.Reason, j.report.Practice, j.report.Signers), t.mailRemarks(j.report)...)
	for _, remark := range remarks {
		switch {
		case slices.Contains(t.remarks, remark):
		case remark == t.T("verdict.practice"):
			t.remarks = slices.Insert(t.remarks, 0, remark)
		case len(t.remarks) <= mostRemarks:
			t.remarks = append(t.remarks, remark)
		}
	}
}

// say prints a summary, because the verdict lines may have scrolled off the
// screen: how many signatures are VALID, with the remarks that qualify those
// verdicts, and the names of the others.
func (t *tally) say() {
	if valid := t.all - len(t.others); valid > 0 {
		id := "verify.summary.valid"
		if len(t.remarks) > 0 {
			id = "verify.summary.valid.with"
		}
		if len(t.remarks) > mostRemarks {
			t.remarks = append(t.remarks[:mostRemarks], t.T("verify.summary.more"))
		}
		t.Say(t.T(id, "N", valid, "All", t.all, "Remarks", strings.Join(t.remarks, t.T("list.separator"))))
	}
	if len(t.others) == 0 {
		return
	}
	const most = 10
	var names []string
	for _, j := range t.others[:min(most, len(t.others))] {
		names = append(names, text.Escape(j.signature))
	}
	list := strings.Join(names, t.T("list.separator"))
	if len(t.others) > most {
		list += " …"
	}
	t.Say(t.T("verify.summary", "N", len(t.others), "All", t.all, "Names", list))
}
