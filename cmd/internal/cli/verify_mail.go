package cli

import (
	"slices"

	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// verifyMail is what surrounds the signed part of a mail.
type verifyMail struct {
	From              *string            `json:"from"`
	FromInCertificate *bool              `json:"from_in_certificate"`
	Uncovered         []verify.Uncovered `json:"uncovered"`
}

func mailOf(rep *verify.Report) *verifyMail {
	if rep.Mail == nil {
		return nil
	}
	return &verifyMail{orNull(rep.Mail.From), rep.Mail.FromInCertificate, slices.Clone(rep.Mail.Uncovered)}
}

// mailRemarks word what no signature covers, to stand beside the verdict.
func (a *app) mailRemarks(rep *verify.Report) []string {
	m := rep.Mail
	if m == nil || len(rep.Signers) == 0 { // nothing was read that could cover anything
		return nil
	}
	var remarks []string
	for _, part := range m.Uncovered {
		remarks = append(remarks, a.t("verdict.mail."+string(part)))
	}
	if m.FromInCertificate != nil && !*m.FromInCertificate {
		remarks = append(remarks, a.t("verify.mail.other-from", "From", ui.Escape(m.From)))
	}
	return remarks
}

// printMail says whose mail it claims to be.
func (a *app) printMail(rep *verify.Report) {
	m := rep.Mail
	if m == nil || m.From == "" {
		return
	}
	id := "verify.mail.from.unknown"
	switch in := m.FromInCertificate; {
	case in == nil:
	case *in:
		id = "verify.mail.from.same"
	default:
		id = "verify.mail.from.other"
	}
	a.field("verify.mail.from", a.t(id, "From", ui.Escape(m.From)))
}

// checkName names a check as it is said of a mail, or of a file.
func (a *app) checkName(id verify.CheckID, mail bool) string {
	if id == verify.CheckMessageDigest && mail {
		return a.t("check.signed-part")
	}
	return a.t("check." + string(id))
}
