package verify

import (
	"cmp"
	"fmt"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// report is the JSON object of verify (docs/cli.md, "JSON").
type report struct {
	console.Head
	Verdict string `json:"verdict"`
	Files   []file `json:"files"`
}

type file struct {
	Signature string       `json:"signature"`
	Format    string       `json:"format"` // cms or pdf
	Content   *string      `json:"content"`
	Digest    *string      `json:"digest"`
	Verdict   *string      `json:"verdict"`
	Code      outcome.Code `json:"code"`
	Reason    string       `json:"reason,omitempty"`
	Mail      *mail        `json:"mail"`
	Checks    []check      `json:"checks"`
	Signers   []signer     `json:"signers"`

	// Of a PDF:
	Timestamps []documentTimestamp `json:"timestamps,omitempty"`
	Profile    []point             `json:"profile,omitempty"`
}

type signer struct {
	Verdict      string         `json:"verdict"`
	Subject      *string        `json:"subject"`
	Issuer       *string        `json:"issuer"`
	Serial       *string        `json:"serial"`
	SHA256       *string        `json:"sha256"`
	DigestAlg    *string        `json:"digest_alg"`
	SignatureAlg *string        `json:"signature_alg"`
	SigningTime  *string        `json:"signing_time"`
	Reference    reference      `json:"reference"`
	Timestamp    *timestamp     `json:"timestamp"`
	Anchor       *policy.Anchor `json:"anchor"`
	Revocation   string         `json:"revocation"`
	Practice     bool           `json:"practice"`
	Checks       []check        `json:"checks"`
	*pdfSigner
}

// reference is the time for which a signer was judged, and its source: "now",
// "at" or "timestamp".
type reference struct {
	Time *string `json:"time"`
	From *string `json:"from"`
}

type check struct {
	ID     verify.CheckID  `json:"id"`
	Result verify.Result   `json:"result"`
	Detail *string         `json:"detail"`
	Also   []verify.Reason `json:"also,omitempty"`
}

func (r *run) fileOf(j *judged) file {
	f := file{
		Signature: j.signature, Code: j.code(), Reason: outcome.UnsuitableReason(j.err), Content: console.OrNull(j.content),
		Format: j.format, Checks: []check{}, Signers: []signer{},
	}
	if j.report == nil {
		return f
	}
	if !j.unsigned() {
		f.Verdict = console.OrNull(j.report.Verdict.String())
	}
	if j.report.ContentSHA256 != nil {
		f.Digest = console.OrNull(fmt.Sprintf("%X", j.report.ContentSHA256))
	}
	f.Mail = mailOf(j.report)
	f.Checks = checksOf(j.report.Checks)
	for i := range j.report.Signers {
		f.Signers = append(f.Signers, r.signerOf(&j.report.Signers[i]))
	}
	if j.pdf != nil {
		f.Timestamps, f.Profile = r.documentTimestampsOf(j.pdf), pointsOf(j.points)
		for i := range j.pdf.Signatures {
			f.Signers[i].pdfSigner = pdfSignerOf(&j.pdf.Signatures[i])
		}
	}
	return f
}

func (r *run) signerOf(s *verify.Signer) signer {
	v := signer{
		Verdict: s.Verdict.String(), DigestAlg: console.OrNull(s.DigestAlg), SignatureAlg: console.OrNull(s.SignatureAlg),
		Reference:  referenceOf(s),
		Revocation: string(cmp.Or(s.Revocation.State, verify.NotChecked)), Practice: s.Practice, Checks: checksOf(s.Checks),
	}
	if c := s.Certificate; c != nil {
		v.Subject, v.Issuer = console.OrNull(certtext.Subject(c.RawSubject, r.ShowsPersonal())), console.OrNull(certtext.Name(c.RawIssuer))
		v.Serial = console.OrNull(fmt.Sprintf("%X", c.SerialNumber.Bytes()))
		v.SHA256 = console.OrNull(fingerprint.Of(c).SHA256.String())
	} else if s.Serial != nil {
		v.Serial = console.OrNull(fmt.Sprintf("%X", s.Serial.Bytes()))
	}
	if s.SigningTime != nil {
		v.SigningTime = console.OrNull(console.Stamp(*s.SigningTime))
	}
	v.Timestamp = r.timestampOf(s.Timestamp)
	v.Anchor = policy.AnchorOf(s.Anchor)
	return v
}

// referenceOf returns the reference time of a signer, or nulls if the signer
// was not judged.
func referenceOf(s *verify.Signer) reference {
	if s.Reference.IsZero() {
		return reference{}
	}
	return reference{console.OrNull(console.Stamp(s.Reference)), console.OrNull(string(s.ReferenceFrom))}
}

func checksOf(checks []verify.Check) []check {
	list := []check{}
	for _, c := range checks {
		list = append(list, check{c.ID, c.Result, console.OrNull(string(c.Detail)), c.Also})
	}
	return list
}
