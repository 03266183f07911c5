package verify

import (
	"slices"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// mail is the JSON object for a mail: its sender, and the parts that no
// signature covers.
type mail struct {
	From              *string            `json:"from"`
	FromInCertificate *bool              `json:"from_in_certificate"`
	Uncovered         []verify.Uncovered `json:"uncovered"`
}

func mailOf(rep *verify.Report) *mail {
	if rep.Mail == nil {
		return nil
	}
	return &mail{console.OrNull(rep.Mail.From), rep.Mail.FromInCertificate, slices.Clone(rep.Mail.Uncovered)}
}

// mailRemarks returns the remarks on the parts that no signature covers. They
// are printed with the verdict.
func (r *run) mailRemarks(rep *verify.Report) []string {
	m := rep.Mail
	if m == nil || len(rep.Signers) == 0 { // no signature could be read
		return nil
	}
	var remarks []string
	for _, part := range m.Uncovered {
		remarks = append(remarks, r.T("verdict.mail."+string(part)))
	}
	if m.FromInCertificate != nil && !*m.FromInCertificate {
		remarks = append(remarks, r.T("verify.mail.other-from", "From", text.Escape(m.From)))
	}
	return remarks
}

// printMail prints the sender that a mail claims to have.
func (r *run) printMail(rep *verify.Report) {
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
	r.Field("verify.mail.from", r.T(id, "From", text.Escape(m.From)))
}

// checkName returns the name of a check. For a mail, that of the digest says
// "signed part" instead of "file".
func (r *run) checkName(id verify.CheckID, mail bool) string {
	if id == verify.CheckMessageDigest && mail {
		return r.T("check.signed-part")
	}
	return r.T("check." + string(id))
}
