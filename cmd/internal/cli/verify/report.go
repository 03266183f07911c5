package verify

import (
	"context"
	"fmt"
	"strings"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// conclude prints each result as it arrives, in order, and returns the outcome
// of the run. Of several signatures it prints the verdict lines first, and then
// the details of those that are not VALID.
func (r *run) conclude(ctx context.Context, answers <-chan chan *judged, several bool) error {
	rep := &report{Files: []file{}}
	worst, decisive, verdict := outcome.CodeOK, error(nil), verify.Valid
	sum, signed := tally{run: r}, false
	for answer := range answers {
		j := <-answer
		if ctx.Err() != nil {
			continue
		}
		if r.JSON {
			rep.Files = append(rep.Files, r.fileOf(j))
		} else {
			r.printJudged(j, several, sum.all == 0)
		}
		sum.add(j)
		signed = signed || j.report != nil && len(j.report.Signers) > 0
		verdict = min(verdict, j.verdict()) // INVALID outweighs INDETERMINATE
		if code := j.code(); code != outcome.CodeOK && (decisive == nil || outcome.Worse(worst, code) == code && code != worst) {
			worst, decisive = code, j.err
			if decisive == nil {
				decisive = r.outcomeOf(j)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	rep.Verdict = verdict.String()
	r.Report = rep
	if !r.Quiet && !r.JSON {
		if several && !r.Verbose {
			r.printOthers(sum.others)
		}
		if signed {
			r.Print(r.T("verify.no-office"))
		}
	}
	if several {
		sum.say()
	}
	if several && !r.JSON && worst != outcome.CodeOK && worst != outcome.CodeInternal && !outcome.IsVerdict(decisive) {
		decisive = &outcome.Verdict{Outcome: *outcome.Of(decisive)} // its line was printed
	}
	if outcome.IsVerdict(decisive) {
		r.SayHint(decisive)
	}
	return decisive
}

// verdict returns the verdict of the report, or INDETERMINATE for a file that
// could not be read.
func (j *judged) verdict() verify.Verdict {
	if j.report == nil || j.unsigned() {
		return verify.Indeterminate
	}
	return j.report.Verdict
}

// printJudged prints the verdict line of one signature and the details that -v,
// -q and the number of signatures call for.
func (r *run) printJudged(j *judged, several, first bool) {
	if !several && j.report == nil {
		return // the error is printed once, at the end
	}
	if r.Quiet && j.report != nil && j.report.Verdict == verify.Valid && !j.report.Practice {
		return
	}
	if r.Verbose && !r.Quiet && !first {
		r.Print("")
	}
	r.printHead(j)
	switch {
	case r.Quiet:
	case r.Verbose:
		r.printAll(j)
	case !several:
		r.printBrief(j)
	case j.report != nil:
		r.printPoints(j)
	}
}

func (r *run) printHead(j *judged) {
	if j.report == nil {
		r.Print(r.T("verify.unjudged", "Path", text.Escape(j.signature), "Error", r.Explain(j.err).Message))
		if r.Verbose {
			for _, line := range outcome.Detail(j.err) {
				r.Print("  " + text.Escape(line))
			}
		}
		return
	}
	r.Styled(styleOf(j.report), r.T("verify.head", "Path", text.Escape(j.signature), "Verdict", r.verdictOf(j)))
}

// printAll prints everything that was found about one signature.
func (r *run) printAll(j *judged) {
	rep := j.report
	if rep == nil {
		return
	}
	if j.pdf != nil {
		r.printPDF(j)
		return
	}
	r.printContent(j)
	r.printMail(rep)
	r.printChecks(rep.Checks, rep.Mail != nil)
	for i := range rep.Signers {
		r.printSigner(&rep.Signers[i], i+1, len(rep.Signers), rep.Mail != nil, func() {})
	}
}

func (r *run) printContent(j *judged) {
	rep := j.report
	if rep.ContentSHA256 == nil {
		return
	}
	r.Field("verify.content", r.T("verify.content.value", "Name", r.contentName(j), "Size", rep.ContentSize))
	r.Groups("verify.digest", fmt.Sprintf("%X", rep.ContentSHA256))
	r.printSignedInside(j)
}

// contentName returns the name of the content, or a description if it has no
// name.
func (r *run) contentName(j *judged) string {
	switch {
	case !j.report.Attached:
		return text.Escape(j.content)
	case j.report.Mail != nil:
		return r.T("verify.mail.part")
	}
	return r.T("verify.attached")
}

// printSignedInside mentions that the content is a PDF with signatures.
func (r *run) printSignedInside(j *judged) {
	if j.signedContent() {
		r.Print(r.T("verify.content.signed", "Path", text.Escape(j.content)))
	}
}

// printSigner prints one signer; place prints where the signature is.
func (r *run) printSigner(s *verify.Signer, n, of int, mail bool, place func()) {
	r.printNumber(s, n, of)
	if c := s.Certificate; c != nil {
		r.Field("verify.signer", text.Escape(certtext.Name(c.RawSubject)))
		r.printName("verify.name", s)
		r.Groups("verify.fingerprint", fingerprint.Of(c).SHA256.String())
	} else {
		r.Field("verify.signer", r.T("verify.signer.unknown"))
	}
	place()
	r.printClaimedTime(s)
	r.printTimestamp(s.Timestamp)
	r.printTrust(s)
	r.printChecks(s.Checks, mail)
}

// printNumber prints the number and the verdict of a signer, if there are
// several.
func (r *run) printNumber(s *verify.Signer, n, of int) {
	if of > 1 {
		r.Print(r.T("verify.signer.number", "Number", n, "All", of, "Verdict", r.verdictWith(s.Verdict, s.Reason, s.Practice, []verify.Signer{*s})))
	}
}

func (r *run) printClaimedTime(s *verify.Signer) {
	if s.SigningTime == nil {
		return
	}
	id := "verify.time.claimed"
	if asOfGivenTime(*s) && s.SigningTime.After(s.Reference) {
		id = "verify.time.claimed.later"
	}
	r.Field("verify.time", r.T(id, "Date", r.DateTime(*s.SigningTime)))
}

// printTrust prints the root to which the path leads, and the time and reason
// if the certificate was revoked.
func (r *run) printTrust(s *verify.Signer) {
	if s.Anchor != nil {
		r.Field("verify.anchor", r.T("verify.anchor."+string(s.Anchor.Kind), "Name", text.Escape(s.Anchor.Name)))
	}
	if s.Revocation.State == verify.Revoked {
		r.Field("verify.revoked", r.T("verify.revoked.value", "Date", r.DateTime(s.Revocation.At), "Reason", policy.CRLReason(r.Printer, s.Revocation.Reason)))
	}
}

// printChecks prints one line per check: the result, the name and the reason.
func (r *run) printChecks(checks []verify.Check, mail bool) {
	for _, c := range checks {
		line := r.T("check.line", "Result", r.T("result."+string(c.Result)), "Name", r.checkName(c.ID, mail))
		if c.Detail != "" {
			words := []string{r.reasonOf(c.ID, c.Detail)}
			if issuer := c.Values["issuer"]; issuer != "" && c.Detail == verify.ReasonListOfAnother {
				words[0] = r.T("reason.crl-of-another-issuer.named", "Issuer", text.Escape(issuer))
			}
			for _, remark := range c.Also {
				words = append(words, policy.Reason(r.Printer, remark))
			}
			line += r.T("check.detail", "Detail", strings.Join(words, r.T("list.separator")))
		}
		r.PrintAfter(console.UnderResult, "  "+line)
	}
}

// printName prints the name of the signer as the field id and reports whether
// it did so: only if the verdict is VALID, since otherwise anyone may have
// written that name.
func (r *run) printName(id string, s *verify.Signer) bool {
	if s.Verdict != verify.Valid {
		return false
	}
	h := certtext.HolderOf(s.Certificate)
	if h == nil || h.Info.Name == "" {
		return false
	}
	r.Field(id, certtext.MarkSubstitutes(h.Info.Name, h.Info.NameAlt))
	if certtext.HasSubstitutes(h.Info.NameAlt) {
		r.Print("  " + r.T("cert.alt-note"))
	}
	return true
}
