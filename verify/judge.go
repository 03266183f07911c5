package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"time"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
	"natsuin/verify/trust"
)

// judgement holds the state of judging one message, or one certificate.
type judgement struct {
	ctx    context.Context
	policy Policy
	now    time.Time
	// pinned looks a certificate up among the published roots.
	pinned func(*x509.Certificate) (trust.Root, bool)
	// budget limits the signatures, paths and names of this judgement in total.
	budget *path.Budget
	// doc is the message, with its material and the caller's.
	doc *document
	// anchors holds the caller's anchors, and the pinned certificates in doc.
	anchors []Anchor
	// hints are other material, besides that of the message and the caller's,
	// and proofs are verified time stamps over the whole message. Both are set
	// only for a message in a PDF file.
	hints  material
	proofs []*TimestampInfo
	// tokens counts the time stamps that were examined.
	tokens int
}

func newJudgement(ctx context.Context, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) *judgement {
	return &judgement{ctx: ctx, policy: p, now: p.now(), pinned: pinned, budget: p.newBudget(ctx)}
}

// judgeForm judges an opened message. beside is the content of multipart/signed
// in one of its forms, and otherwise nil.
func judgeForm(ctx context.Context, in Input, opened *cms.Input, beside io.Reader, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*Report, error) {
	r := &Report{}
	r.Encoding = Encoding(opened.Form)
	m, err := cms.Parse(opened.Message, opened.Size)
	if err != nil {
		return r.unreadable(err)
	}
	r.ContentType = m.ContentType.String()
	if len(m.Signers) == 0 {
		if len(m.Certificates)+len(m.CRLs) > 0 && !m.Attached {
			return r.refused(ReasonCertificatesOnly), nil
		}
		return r.refused(ReasonNoSigners), nil
	}
	j := newJudgement(ctx, p, pinned)
	content := contents{message: m, beside: beside, given: in.Content, out: in.Out, budget: j.budget}
	if j.doc, err = content.read(ctx); err != nil {
		return nil, err
	}
	j.gather()
	j.doc.originOf = j.origin
	r.Attached = content.attached()
	r.ContentSHA256, r.ContentSize = j.doc.digests[crypto.SHA256], j.doc.size
	r.Checks = []Check{passed(CheckStructure, countersigned(m)), j.doc.check}
	limit, why := judge(r.Checks)
	for _, s := range m.Signers {
		found, err := j.examine(s)
		if err != nil {
			return nil, err
		}
		r.Signers = append(r.Signers, j.render(s, found, limit, why))
	}
	if p.SignerSHA256 != nil {
		r.Checks = append(r.Checks, checkSigner(r.Signers, *p.SignerSHA256))
	}
	r.conclude()
	return r, nil
}

// unreadable returns a report about a message that is not well formed, or the
// error if its bytes could not be read.
func (r *Report) unreadable(err error) (*Report, error) {
	var broken *cms.SyntaxError
	if !errors.As(err, &broken) {
		return nil, err
	}
	return r.refused(Reason(broken.Reason)), nil
}

// refused returns the report about a message whose structure is refused.
func (r *Report) refused(reason Reason) *Report {
	r.Checks = []Check{failed(CheckStructure, refuse(reason))}
	r.conclude()
	return r
}

// conclude sets Practice, and the verdict: the worst of those of the message's
// checks and of the signers.
func (r *Report) conclude() {
	r.Verdict, r.Reason = judge(r.Checks)
	for _, s := range r.Signers {
		if s.Verdict < r.Verdict {
			r.Verdict, r.Reason = s.Verdict, s.Reason
		}
		r.Practice = r.Practice || s.Practice
	}
}

// checkSigner checks that the certificate of a signer has the fingerprint.
func checkSigner(signers []Signer, want [32]byte) Check {
	unknown := false
	for _, s := range signers {
		if s.Certificate == nil {
			unknown = true
		} else if sha256.Sum256(s.Certificate.Raw) == want {
			return passed(CheckSigner, "")
		}
	}
	if unknown {
		return unclear(CheckSigner, ReasonNoCertificate, Indeterminate)
	}
	return failed(CheckSigner, refuse(ReasonOtherSigner))
}

// material holds certificates and revocation data that may help to judge a
// signature. None of it is trusted by itself: each part counts only with its
// own signature.
type material struct {
	certificates []*x509.Certificate
	crls         [][]byte // DER CertificateList
	responses    [][]byte // DER OCSPResponse
	illegible    int      // how many enclosed certificates do not have the form of one
}

// with returns the material followed by more.
func (m material) with(more material) material {
	return material{
		slices.Concat(m.certificates, more.certificates),
		slices.Concat(m.crls, more.crls),
		slices.Concat(m.responses, more.responses),
		m.illegible + more.illegible,
	}
}

// enclosed returns the material in a message, except that in the attributes of
// its signers.
func (j *judgement) enclosed(m *cms.Message) material {
	out := material{crls: m.CRLs, responses: m.OCSP}
	for _, raw := range m.Certificates {
		out.add(j.budget.Certificate(raw))
	}
	return out
}

// add adds a parsed certificate. If a part of it cannot be read, add adds the
// rest, without a key, so that the certificate does not count as missing. It
// counts values that do not even have the form of a certificate.
func (m *material) add(c *x509.Certificate, err error) {
	var unreadable *certificate.UnreadableError
	switch {
	case err == nil:
		m.certificates = append(m.certificates, c)
	case errors.As(err, &unreadable):
		m.certificates = append(m.certificates, unreadable.Certificate)
	default:
		m.illegible++
	}
}

// gather collects the material of the message and the caller, and the anchors
// in it. The anchors come first, so that they are tried first.
func (j *judgement) gather() {
	for _, a := range j.policy.Anchors {
		j.budget.Own([]*x509.Certificate{a.Certificate})
	}
	j.budget.Own(j.policy.TSAAnchors)
	j.budget.Own(j.policy.Certificates)
	j.budget.Keep(j.policy.CRLs)
	all := material{certificates: j.policy.Certificates, crls: j.policy.CRLs}.with(j.enclosed(j.doc.message)).with(j.hints)
	for _, s := range j.doc.message.Signers {
		all = all.with(j.unsigned(s))
	}
	for _, a := range j.policy.Anchors {
		if a.Certificate == nil {
			continue
		}
		if a.Kind == AnchorPinned {
			a.Kind = AnchorFile
		}
		j.anchor(a)
	}
	for _, c := range all.certificates {
		if _, ok := j.pinned(c); ok {
			j.anchor(Anchor{Certificate: c})
		}
	}
	j.doc.material = material{certificates: j.anchorCertificates()}.with(all)
}

// anchor adds an anchor once. A pinned root always gets its own kind and name.
// An anchor that is given for practice counts as one for practice, even if it
// is also given for something else.
func (j *judgement) anchor(a Anchor) {
	if a.Certificate == nil {
		return
	}
	for i, have := range j.anchors {
		if bytes.Equal(have.Certificate.Raw, a.Certificate.Raw) {
			if a.Kind == AnchorPractice && have.Kind != AnchorPinned {
				j.anchors[i] = a
			}
			return
		}
	}
	if root, ok := j.pinned(a.Certificate); ok {
		a.Kind, a.Name = AnchorPinned, root.Name
	}
	j.anchors = append(j.anchors, a)
}

func (j *judgement) anchorCertificates() []*x509.Certificate {
	certificates := make([]*x509.Certificate, len(j.anchors))
	for i, a := range j.anchors {
		certificates[i] = a.Certificate
	}
	return certificates
}

// origin returns the [path.Origin] of a certificate for the anchors of this run.
func (j *judgement) origin(c *x509.Certificate) path.Origin {
	request := j.request(c, j.now, j.doc.material)
	request.Anchors = j.anchorCertificates()
	return path.OriginOf(request)
}

// practiceAllowed reports whether the caller gave a practice anchor.
func (j *judgement) practiceAllowed() bool {
	return slices.ContainsFunc(j.anchors, func(a Anchor) bool { return a.Kind == AnchorPractice })
}
