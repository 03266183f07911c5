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
// of the run.
func (r *run) conclude(ctx context.Context, answers <-chan chan *judged) error {
	rep := &report{Files: []file{}}
	worst, decisive, verdict := outcome.CodeOK, error(nil), verify.Valid
	all, others := 0, []string(nil) // others lists the signatures that are not VALID
	for answer := range answers {
		j := <-answer
		if ctx.Err() != nil {
			continue
		}
		if r.JSON {
			rep.Files = append(rep.Files, r.fileOf(j))
		} else {
			if all > 0 {
				r.Print("")
			}
			r.printJudged(j)
		}
		all++
		if j.verdict() != verify.Valid {
			others = append(others, text.Escape(j.signature))
		}
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
	if all > 1 && len(others) > 0 {
		r.sayOthers(all, others)
	}
	if outcome.IsVerdict(decisive) {
		r.SayHint(decisive)
	}
	return decisive
}

// sayOthers lists the signatures that are not VALID, because they may have
// scrolled off the screen.
func (r *run) sayOthers(all int, others []string) {
	const most = 10
	names := strings.Join(others[:min(most, len(others))], r.T("list.separator"))
	if len(others) > most {
		names += " …"
	}
	r.Say(r.T("verify.summary", "N", len(others), "All", all, "Names", names))
}

// verdict returns the verdict of the report, or INDETERMINATE for a file that
// could not be read.
func (j *judged) verdict() verify.Verdict {
	if j.report == nil || j.unsigned() {
		return verify.Indeterminate
	}
	return j.report.Verdict
}

// printJudged prints everything that was found about one signature.
func (r *run) printJudged(j *judged) {
	if j.report == nil {
		r.Print(r.T("verify.unjudged", "Path", text.Escape(j.signature), "Error", r.Explain(j.err).Message))
		return
	}
	rep := j.report
	r.Styled(styleOf(rep), r.T("verify.head", "Path", text.Escape(j.signature), "Verdict", r.verdictOf(j)))
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
	if len(rep.Signers) > 0 {
		r.Print(r.T("verify.no-office"))
	}
}

func (r *run) printContent(j *judged) {
	rep := j.report
	if rep.ContentSHA256 == nil {
		return
	}
	what := r.T("verify.attached")
	if rep.Mail != nil {
		what = r.T("verify.mail.part")
	}
	if !rep.Attached {
		what = text.Escape(j.content)
	}
	r.Field("verify.content", r.T("verify.content.value", "Name", what, "Size", rep.ContentSize))
	r.Groups("verify.digest", fmt.Sprintf("%X", rep.ContentSHA256))
	if namesPDF(j.content) && looksSigned(j.content) {
		r.Print(r.T("verify.content.signed", "Path", text.Escape(j.content)))
	}
}

// printSigner prints one signer; place prints where the signature is.
func (r *run) printSigner(s *verify.Signer, n, of int, mail bool, place func()) {
	if of > 1 {
		r.Print(r.T("verify.signer.number", "Number", n, "All", of, "Verdict", r.verdictWith(s.Verdict, s.Reason, s.Practice, []verify.Signer{*s})))
	}
	if c := s.Certificate; c != nil {
		r.Field("verify.signer", text.Escape(certtext.Name(c.RawSubject)))
		r.printSignerName(s)
		r.Groups("verify.fingerprint", fingerprint.Of(c).SHA256.String())
	} else {
		r.Field("verify.signer", r.T("verify.signer.unknown"))
	}
	place()
	if s.SigningTime != nil {
		id := "verify.time.claimed"
		if asOfGivenTime(*s) && s.SigningTime.After(s.Reference) {
			id = "verify.time.claimed.later"
		}
		r.Field("verify.time", r.T(id, "Date", r.DateTime(*s.SigningTime)))
	}
	r.printTimestamp(s.Timestamp)
	if s.Anchor != nil {
		r.Field("verify.anchor", r.T("verify.anchor."+string(s.Anchor.Kind), "Name", text.Escape(s.Anchor.Name)))
	}
	if s.Revocation.State == verify.Revoked {
		r.Field("verify.revoked", r.T("verify.revoked.value", "Date", r.DateTime(s.Revocation.At), "Reason", policy.CRLReason(r.Printer, s.Revocation.Reason)))
	}
	r.printChecks(s.Checks, mail)
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

// printSignerName prints the name of the signer if the verdict is VALID.
// Otherwise anyone may have written that name.
func (r *run) printSignerName(s *verify.Signer) {
	if s.Verdict != verify.Valid {
		return
	}
	if h := certtext.HolderOf(s.Certificate); h != nil && h.Info.Name != "" {
		r.Field("verify.name", certtext.MarkSubstitutes(h.Info.Name, h.Info.NameAlt))
		if certtext.HasSubstitutes(h.Info.NameAlt) {
			r.Print("  " + r.T("cert.alt-note"))
		}
	}
}
