package cli

import (
	"context"
	"strings"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// verifyReport is verify's part of the JSON object (docs/cli.md, "JSON").
type verifyReport struct {
	Verdict string       `json:"verdict"`
	Files   []verifyFile `json:"files"`
}

type verifyFile struct {
	Signature string         `json:"signature"`
	Content   *string        `json:"content"`
	Digest    *string        `json:"digest"`
	Verdict   *string        `json:"verdict"`
	Code      i18n.Code      `json:"code"`
	Checks    []verifyCheck  `json:"checks"`
	Signers   []verifySigner `json:"signers"`
}

type verifySigner struct {
	Verdict      string           `json:"verdict"`
	Subject      *string          `json:"subject"`
	Issuer       *string          `json:"issuer"`
	Serial       *string          `json:"serial"`
	SHA256       *string          `json:"sha256"`
	DigestAlg    *string          `json:"digest_alg"`
	SignatureAlg *string          `json:"signature_alg"`
	SigningTime  *string          `json:"signing_time"`
	Reference    verifyReference  `json:"reference"`
	Timestamp    *verifyTimestamp `json:"timestamp"`
	Anchor       *verifyAnchor    `json:"anchor"`
	Revocation   string           `json:"revocation"`
	Practice     bool             `json:"practice"`
	Checks       []verifyCheck    `json:"checks"`
}

// verifyReference is the time for which a signer was judged, and where it came from:
// now, at or timestamp.
type verifyReference struct {
	Time string                 `json:"time"`
	From verify.ReferenceSource `json:"from"`
}

type verifyTimestamp struct {
	Time       *string       `json:"time"`
	Verified   bool          `json:"verified"`
	Reason     verify.Reason `json:"reason,omitempty"`
	Revocation string        `json:"revocation"`
}

type verifyAnchor struct {
	Kind   verify.AnchorKind `json:"kind"`
	Name   string            `json:"name"`
	SHA256 string            `json:"sha256"`
}

type verifyCheck struct {
	ID     verify.CheckID  `json:"id"`
	Result verify.Result   `json:"result"`
	Detail *string         `json:"detail"`
	Also   []verify.Reason `json:"also,omitempty"`
}

// conclude prints every judgement as it comes, in order, and returns the outcome that
// decides the run.
func (r *verifyRun) conclude(ctx context.Context, answers <-chan chan *judged) error {
	rep := &verifyReport{Files: []verifyFile{}}
	worst, decisive, verdict := i18n.CodeOK, error(nil), verify.Valid
	all, others := 0, []string(nil) // that are not VALID
	for answer := range answers {
		j := <-answer
		if ctx.Err() != nil {
			continue
		}
		if r.app.asJSON {
			rep.Files = append(rep.Files, r.app.fileOf(j))
		} else {
			if all > 0 {
				r.app.print("")
			}
			r.printJudged(j)
		}
		all++
		if j.verdict() != verify.Valid {
			others = append(others, ui.Escape(j.signature))
		}
		verdict = min(verdict, j.verdict()) // INVALID if any, else INDETERMINATE if any
		if code := j.code(); code != i18n.CodeOK && (decisive == nil || i18n.Worse(worst, code) == code && code != worst) {
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
	r.app.report = rep
	if all > 1 && len(others) > 0 {
		r.app.sayOthers(all, others)
	}
	if isVerdict(decisive) {
		r.app.sayHint(decisive)
	}
	return decisive
}

// sayOthers names the signatures that are not VALID, which may stand far above.
func (a *app) sayOthers(all int, others []string) {
	const most = 10
	names := strings.Join(others[:min(most, len(others))], a.t("list.separator"))
	if len(others) > most {
		names += " …"
	}
	a.say(a.t("verify.summary", "N", len(others), "All", all, "Names", names))
}

// verdict is the report's; a file that could not be read proves nothing.
func (j *judged) verdict() verify.Verdict {
	if j.report == nil {
		return verify.Indeterminate
	}
	return j.report.Verdict
}

func (a *app) fileOf(j *judged) verifyFile {
	f := verifyFile{Signature: j.signature, Code: j.code(), Content: orNull(j.content), Checks: []verifyCheck{}, Signers: []verifySigner{}}
	if j.report == nil {
		return f
	}
	verdict := j.report.Verdict.String()
	f.Verdict = &verdict
	if j.report.ContentSHA256 != nil {
		f.Digest = orNull(hexUpper(j.report.ContentSHA256))
	}
	f.Checks = checksOf(j.report.Checks)
	for i := range j.report.Signers {
		f.Signers = append(f.Signers, a.signerOf(&j.report.Signers[i]))
	}
	return f
}

func (a *app) signerOf(s *verify.Signer) verifySigner {
	v := verifySigner{
		Verdict: s.Verdict.String(), DigestAlg: orNull(s.DigestAlg), SignatureAlg: orNull(s.SignatureAlg),
		Reference:  verifyReference{stamp(s.Reference), s.ReferenceFrom},
		Revocation: string(s.Revocation.State), Practice: s.Practice, Checks: checksOf(s.Checks),
	}
	if c := s.Certificate; c != nil {
		v.Subject, v.Issuer = orNull(a.subject(c.RawSubject)), orNull(distinguishedName(c.RawIssuer))
		v.Serial = orNull(hexUpper(c.SerialNumber.Bytes()))
		v.SHA256 = orNull(fingerprint.Of(c).SHA256.String())
	} else if s.Serial != nil {
		v.Serial = orNull(hexUpper(s.Serial.Bytes()))
	}
	if s.SigningTime != nil {
		v.SigningTime = orNull(stamp(*s.SigningTime))
	}
	if t := s.Timestamp; t != nil {
		v.Timestamp = &verifyTimestamp{Verified: t.Verified, Reason: t.Reason, Revocation: string(t.Revocation)}
		if !t.Time.IsZero() { // one that cannot be read has none
			v.Timestamp.Time = orNull(stamp(t.Time))
		}
	}
	if n := s.Anchor; n != nil {
		v.Anchor = &verifyAnchor{n.Kind, n.Name, hexUpper(n.SHA256[:])}
	}
	return v
}

func checksOf(checks []verify.Check) []verifyCheck {
	list := []verifyCheck{}
	for _, c := range checks {
		list = append(list, verifyCheck{c.ID, c.Result, orNull(string(c.Detail)), c.Also})
	}
	return list
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// printJudged is the one screen that tells a person what was found.
func (r *verifyRun) printJudged(j *judged) {
	a := r.app
	if j.report == nil {
		a.print(a.t("verify.unjudged", "Path", ui.Escape(j.signature), "Error", a.out.Explain(j.err).Message))
		return
	}
	rep := j.report
	a.shaded(shadeOf(rep), a.t("verify.head", "Path", ui.Escape(j.signature), "Verdict", r.verdictLine(rep)))
	a.printContent(j)
	r.printChecks(rep.Checks)
	for i := range rep.Signers {
		r.printSigner(&rep.Signers[i], i+1, len(rep.Signers))
	}
	if len(rep.Signers) > 0 {
		a.print(a.t("verify.no-office"))
	}
}

func (a *app) printContent(j *judged) {
	rep := j.report
	if rep.ContentSHA256 == nil {
		return
	}
	what := a.t("verify.attached")
	if !rep.Attached {
		what = ui.Escape(j.content)
	}
	a.field("verify.content", a.t("verify.content.value", "Name", what, "Size", rep.ContentSize))
	a.printGroups("verify.digest", hexUpper(rep.ContentSHA256))
}

func (r *verifyRun) printSigner(s *verify.Signer, n, of int) {
	a := r.app
	if of > 1 {
		a.print(a.t("verify.signer.number", "Number", n, "All", of, "Verdict", r.verdictWith(s.Verdict, s.Reason, s.Practice, []verify.Signer{*s})))
	}
	if c := s.Certificate; c != nil {
		a.field("verify.signer", ui.Escape(distinguishedName(c.RawSubject)))
		a.printSignerName(s)
		a.printGroups("verify.fingerprint", fingerprint.Of(c).SHA256.String())
	} else {
		a.field("verify.signer", a.t("verify.signer.unknown"))
	}
	if s.SigningTime != nil {
		id := "verify.time.claimed"
		if asOfGivenTime(*s) && s.SigningTime.After(s.Reference) {
			id = "verify.time.claimed.later"
		}
		a.field("verify.time", a.t(id, "Date", a.dateTime(*s.SigningTime)))
	}
	if t := s.Timestamp; t != nil && t.Verified {
		a.field("verify.timestamp", a.dateTime(t.Time))
	}
	if s.Anchor != nil {
		a.field("verify.anchor", a.t("verify.anchor."+string(s.Anchor.Kind), "Name", ui.Escape(s.Anchor.Name)))
	}
	if s.Revocation.State == verify.Revoked {
		a.field("verify.revoked", a.t("verify.revoked.value", "Date", a.dateTime(s.Revocation.At), "Reason", a.crlReason(s.Revocation.Reason)))
	}
	r.printChecks(s.Checks)
}

// printChecks prints a line a check: its result in a word, its name, and why.
func (r *verifyRun) printChecks(checks []verify.Check) {
	a := r.app
	for _, c := range checks {
		line := a.t("check.line", "Result", a.t("result."+string(c.Result)), "Name", a.t("check."+string(c.ID)))
		if c.Detail != "" {
			words := []string{a.reasonOf(c.ID, c.Detail)}
			if issuer := c.Values["issuer"]; issuer != "" && c.Detail == verify.ReasonListOfAnother {
				words[0] = a.t("reason.crl-of-another-issuer.named", "Issuer", ui.Escape(issuer))
			}
			for _, remark := range c.Also {
				words = append(words, a.reason(remark))
			}
			line += a.t("check.detail", "Detail", strings.Join(words, a.t("list.separator")))
		}
		a.printAfter(underResult, "  "+line)
	}
}
