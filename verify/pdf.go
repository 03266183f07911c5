package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"slices"

	"natsuin/sign/pdf/syntax"
	"natsuin/sign/timestamp"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
	"natsuin/verify/internal/pdf"
	"natsuin/verify/trust"
)

// PDF judges the signatures in a PDF file of size bytes: each message as
// [Verify] does, over the bytes that the signature covers, and all changes
// after it. The error is a *[PDFError], or one that [Verify] can return.
func PDF(ctx context.Context, r io.ReaderAt, size int64, p Policy) (*PDFReport, error) {
	return judgePDF(ctx, r, size, p, trust.Lookup)
}

// pdfJudgement holds the state of judging one PDF file.
type pdfJudgement struct {
	ctx    context.Context
	policy Policy
	pinned func(*x509.Certificate) (trust.Root, bool)
	budget *path.Budget
	file   *pdf.File
	report *PDFReport
	hints  material
	stamps []stamp
	// unhashed is the number of bytes that may still be hashed.
	unhashed int64
}

// The number of bytes that may be hashed for a file is maxHashings times its
// size, plus moreHashed.
const (
	maxHashings = 8
	moreHashed  = 256 << 20
)

// stamp is a verified document time stamp, with the end of its range.
type stamp struct {
	info *TimestampInfo
	end  int64
}

// judgePDF is PDF with the lookup of pinned roots as a parameter.
func judgePDF(ctx context.Context, r io.ReaderAt, size int64, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*PDFReport, error) {
	if err := p.check(p.now()); err != nil {
		return nil, err
	}
	report := &PDFReport{}
	file, err := pdf.Open(r, size)
	if err == nil {
		j := &pdfJudgement{ctx: ctx, policy: p, pinned: pinned, budget: p.newBudget(ctx), file: file, report: report, unhashed: min(size, 1<<50)*maxHashings + moreHashed}
		err = j.judge()
	}
	switch {
	case err == nil:
	case errors.As(err, new(*syntax.LimitError)):
		report.Checks = []Check{unclear(CheckPDF, ReasonPDFTooComplex, Indeterminate)}
	case errors.As(err, new(*syntax.BrokenError)), errors.As(err, new(*syntax.FilterError)):
		return nil, &PDFError{PDFBroken, err}
	case errors.Is(err, pdf.ErrEncrypted):
		return nil, &PDFError{PDFEncrypted, err}
	default:
		return nil, err
	}
	report.conclude(p.SignerSHA256)
	return report, nil
}

// judge fills in the report. Its errors are those of package syntax, of the
// reader and of a context that ended.
func (j *pdfJudgement) judge() error {
	agree, err := j.file.ReadingsAgree()
	if err != nil {
		return err
	}
	check := passed(CheckPDF, "")
	if !agree {
		check = unclear(CheckPDF, ReasonReadingsDiffer, Indeterminate)
	}
	j.report.Revisions = len(j.file.Revisions)
	if err := j.stored(); err != nil {
		return err
	}
	for _, s := range j.file.Signatures {
		if s.IsTimestamp() {
			if err := j.timestamp(s); err != nil {
				return err
			}
		}
	}
	for i, s := range j.file.Signatures {
		if !s.IsTimestamp() {
			if err := j.signature(s, j.file.Signatures[:i]); err != nil {
				return err
			}
		}
	}
	extras, err := j.file.Extras()
	if err != nil {
		return err
	}
	j.report.SecurityStore, j.report.VRI, j.report.UsageRights = extras.SecurityStore, extras.VRI, extras.UsageRights
	for _, u := range extras.Undeclared {
		j.report.Undeclared = append(j.report.Undeclared, PDFUndeclared{u.Number, u.SubFilter})
	}
	if len(extras.Undeclared) > 0 {
		check = check.with(RemarkUndeclared)
	}
	if extras.Unused && len(j.report.Signatures) > 0 {
		check = check.with(RemarkUnusedContent)
	}
	j.report.Checks = []Check{check}
	return nil
}

// stored reads the certificates and revocation information of the /DSS. They
// count as those in a message do: each by its own signature.
func (j *pdfJudgement) stored() error {
	stored, err := j.file.Stored()
	if err != nil {
		return err
	}
	j.hints.crls, j.hints.responses = stored.CRLs, stored.OCSP
	for _, raw := range stored.Certificates {
		j.hints.add(j.budget.Certificate(raw))
	}
	return nil
}

// judgementOf returns a judgement for a message of the file, with the budget
// and the hints of the file.
func (j *pdfJudgement) judgementOf(doc *document) *judgement {
	out := newJudgement(j.ctx, j.policy, j.pinned)
	out.budget, out.hints, out.doc = j.budget, j.hints, doc
	out.gather()
	out.doc.originOf = out.origin
	return out
}

// spend subtracts the length of a signature's range from the bytes that may
// still be hashed.
func (j *pdfJudgement) spend(s *pdf.Signature) error {
	if j.unhashed -= s.End; j.unhashed < 0 {
		return &syntax.LimitError{What: "bytes to be hashed"}
	}
	return nil
}

// timestamp judges a document time stamp.
func (j *pdfJudgement) timestamp(s *pdf.Signature) error {
	out := PDFTimestamp{
		TimestampInfo: TimestampInfo{Reason: ReasonTimestampSyntax, Revocation: NotChecked},
		Field:         s.Fields[0], Revision: s.Revision + 1, Revisions: len(j.file.Revisions), End: s.End, CoversWholeFile: j.file.WholeFile(s),
	}
	_, size, reason := message(s.Contents)
	switch place, why := judge(checkPlace(s)); {
	case place != Valid:
		out.Reason, out.Revision, out.End, out.CoversWholeFile = why, 0, 0, false
	case reason == "":
		info, err := j.token(s, s.Contents[:size])
		if err != nil {
			return err
		}
		out.TimestampInfo = *info
	}
	if out.End != 0 {
		changes, more, err := j.file.Compare(s)
		if err != nil {
			return err
		}
		out.Changes, out.MoreChanges = changesOf(changes), more
		out.Unchanged = worstOf(out.Changes) == Valid && !more
	}
	if out.Verified {
		proof := out.TimestampInfo
		proof.Remarks = append(proof.Remarks[:len(proof.Remarks):len(proof.Remarks)], RemarkDocumentTime)
		j.stamps = append(j.stamps, stamp{&proof, s.End})
	}
	j.report.Timestamps = append(j.report.Timestamps, out)
	return nil
}

// token judges the token of a document time stamp, over its range.
func (j *pdfJudgement) token(s *pdf.Signature, der []byte) (*TimestampInfo, error) {
	judged := j.judgementOf(&document{message: &cms.Message{}, budget: j.budget})
	return judged.judgeTimestamp(der, func(info *timestamp.Info) (bool, error) {
		if info.Hash == 0 || !info.Hash.Available() {
			return false, nil
		}
		if err := j.spend(s); err != nil {
			return false, err
		}
		h := info.Hash.New()
		err := blocks(j.ctx, j.file.Covered(s), func(piece []byte) error {
			h.Write(piece)
			return nil
		})
		return bytes.Equal(h.Sum(nil), info.HashedMessage), err
	})
}

// signature judges a signature. The changes after it must be allowed by it and
// by the earlier ones.
func (j *pdfJudgement) signature(s *pdf.Signature, earlier []*pdf.Signature) error {
	out := PDFSignature{
		Field: s.Fields[0], OtherFields: s.Fields[1:], SubFilter: s.SubFilter(), Revisions: len(j.file.Revisions),
		Certification: pdf.Certification(s.Rules), Dictionary: dictionaryOf(s),
	}
	place := checkPlace(s)
	value, m := checkContents(s)
	changes, permissions := notDone(CheckChanges, ReasonRevisionUnclear), notDone(CheckPermissions, ReasonRevisionUnclear)
	if where, _ := judge(place[:2]); where == Valid {
		out.Revision, out.End, out.CoversWholeFile = s.Revision+1, s.End, j.file.WholeFile(s)
		var err error
		if changes, permissions, err = j.changes(s, earlier, &out); err != nil {
			return err
		}
	}
	if len(out.OtherFields) > 0 {
		place[0] = place[0].with(RemarkSeveralFields)
	}
	checks := []Check{place[0], value, place[1], place[2], changes, permissions}
	if m != nil && s.End != 0 {
		if err := j.spend(s); err != nil {
			return err
		}
		doc, err := contents{message: m, given: j.file.Covered(s), budget: j.budget}.read(j.ctx)
		if err != nil {
			return err
		}
		judged := j.judgementOf(doc)
		for _, stamp := range j.stamps {
			if stamp.end > s.End {
				judged.proofs = append(judged.proofs, stamp.info)
			}
		}
		found, err := judged.examine(m.Signers[0])
		if err != nil {
			return err
		}
		out.Signer = judged.render(m.Signers[0], found, Valid, "")
		out.ContentSHA256 = doc.digests[crypto.SHA256]
		out.Enclosed = out.Certificate != nil && slices.ContainsFunc(m.Certificates, func(raw []byte) bool { return bytes.Equal(raw, out.Certificate.Raw) })
	}
	out.Checks = append(checks, out.Checks...)
	out.Verdict, out.Reason = judge(out.Checks)
	j.report.Signatures = append(j.report.Signatures, out)
	return nil
}

// changes judges the changes after a signature.
func (j *pdfJudgement) changes(s *pdf.Signature, earlier []*pdf.Signature, out *PDFSignature) (changes, permissions Check, err error) {
	list, more, err := j.file.Compare(s)
	if errors.As(err, new(*syntax.LimitError)) {
		return unclear(CheckChanges, ReasonPDFTooComplex, Indeterminate), notDone(CheckPermissions, ReasonPDFTooComplex), nil
	}
	if err != nil {
		return Check{}, Check{}, err
	}
	rules := s.Rules
	for _, before := range earlier {
		rules = append(rules[:len(rules):len(rules)], before.Rules...)
	}
	permissions = passed(CheckPermissions, "")
	if broken := pdf.Apply(list, rules, out.Certification >= 2); broken != "" {
		permissions = failed(CheckPermissions, refuse(ReasonAgainstPermissions, "permission", string(broken)))
	}
	out.Changes, out.MoreChanges = changesOf(list), more
	changes = passed(CheckChanges, "")
	switch worst := worstOf(out.Changes); {
	case worst == Invalid:
		changes = failed(CheckChanges, refuse(ReasonChanged))
	case worst == Indeterminate || more: // a change that was left out may be forbidden
		changes = unclear(CheckChanges, ReasonChangesUnclear, Indeterminate)
	case len(list) > 0:
		changes = passed(CheckChanges, RemarkChanges)
	}
	return changes, permissions, nil
}

// HoldsSignature reports whether a PDF file has a signature or a document time
// stamp, in any revision. It is false for a file that [PDF] does not judge.
func HoldsSignature(r io.ReaderAt, size int64) bool {
	f, err := pdf.Open(r, size)
	return err == nil && len(f.Signatures) > 0
}
