package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
	"natsuin/verify/trust"
)

// judgement is one run over one message.
type judgement struct {
	ctx    context.Context
	policy Policy
	now    time.Time
	crls   [][]byte // DER
	ocsp   [][]byte // answers found in the message
	// anchors are the caller's and the pinned certificates at hand.
	anchors []Anchor
	// pinned finds a certificate among the published roots.
	pinned func(*x509.Certificate) (trust.Root, bool)
	doc    *document
	// work is what the signatures of this run may cost together.
	work *path.Work
	// tokens counts the time stamps looked at.
	tokens int
}

func verify(ctx context.Context, in Input, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*Report, error) {
	r := &Report{}
	j := &judgement{ctx: ctx, policy: p, now: p.Now, pinned: pinned, work: p.newWork(ctx)}
	if j.now.IsZero() {
		j.now = time.Now()
	}
	opened, err := cms.Open(in.Signature, in.Size)
	if err != nil {
		return r.malformed(err)
	}
	r.Encoding = string(opened.Form)
	m, err := cms.Parse(opened.Message, opened.Size)
	if err != nil {
		return r.malformed(err)
	}
	r.ContentType = m.ContentType.String()
	if len(m.Signers) == 0 {
		reason := ReasonNoSigners
		if len(m.Certificates)+len(m.CRLs) > 0 && !m.Attached {
			reason = ReasonCertificatesOnly
		}
		r.Checks = []Check{failed(CheckStructure, refuse(reason))}
		r.Verdict, r.Reason = judge(r.Checks)
		return r, nil
	}
	r.Checks = []Check{passed(CheckStructure, "")}
	content := contents{message: m, given: in.Content, out: in.Out, work: j.work}
	if opened.Content != nil {
		content.beside = opened.Content()
	}
	if j.doc, err = content.read(ctx); err != nil {
		return nil, err
	}
	r.Attached = content.attached()
	r.ContentSHA256, r.ContentSize = j.doc.digests[crypto.SHA256], j.doc.size
	r.Checks = append(r.Checks, j.doc.check)
	j.gather()
	for _, s := range m.Signers {
		one, err := j.signer(s)
		if err != nil {
			return nil, err
		}
		r.Signers = append(r.Signers, one)
	}
	r.conclude(p)
	return r, nil
}

// malformed makes a failed reading into a verdict, unless the bytes could not be had at all.
func (r *Report) malformed(err error) (*Report, error) {
	var broken *cms.SyntaxError
	if !errors.As(err, &broken) {
		return nil, err
	}
	r.Checks = []Check{failed(CheckStructure, refuse(string(broken.Reason)))}
	r.Verdict, r.Reason = judge(r.Checks)
	return r, nil
}

// conclude draws the verdict from the checks of the message and of every signer. What is wrong with the message limits each
// signer too, so that no part of a report reads better than the whole.
func (r *Report) conclude(p Policy) {
	whole, why := judge(r.Checks)
	if p.SignerSHA256 != nil {
		r.Checks = append(r.Checks, demandedSigner(r.Signers, *p.SignerSHA256))
	}
	r.Verdict, r.Reason = judge(r.Checks)
	for i := range r.Signers {
		s := &r.Signers[i]
		s.Verdict, s.Reason = judge(s.Checks)
		if whole < s.Verdict {
			s.Verdict, s.Reason = whole, why
		}
		if s.Verdict < r.Verdict {
			r.Verdict, r.Reason = s.Verdict, s.Reason
		}
		r.Practice = r.Practice || s.Practice
	}
}

func demandedSigner(signers []Signer, want [32]byte) Check {
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

// gather collects what the message and the caller offer: certificates, lists and answers, and the anchors.
func (j *judgement) gather() {
	for _, a := range j.policy.Anchors {
		j.work.Own([]*x509.Certificate{a.Certificate})
	}
	j.work.Own(j.policy.TSAAnchors)
	j.work.Own(j.policy.Certificates)
	j.doc.certificates = slices.Clone(j.policy.Certificates)
	for _, raw := range j.doc.message.Certificates {
		// A certificate that does not parse is one that is not there: it is only a hint.
		if c, err := j.work.Certificate(raw); err == nil {
			j.doc.certificates = append(j.doc.certificates, c)
		}
	}
	j.work.Keep(j.policy.CRLs)
	j.crls = slices.Concat(j.policy.CRLs, j.doc.message.CRLs)
	j.ocsp = append(j.ocsp, j.doc.message.OCSP...)
	for _, s := range j.doc.message.Signers {
		j.hints(s)
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
	for _, c := range j.doc.certificates {
		if _, ok := j.pinned(c); ok {
			j.anchor(Anchor{Certificate: c})
		}
	}
	var first []*x509.Certificate
	for _, a := range j.anchors {
		first = append(first, a.Certificate)
	}
	j.doc.certificates = slices.Concat(first, j.doc.certificates)
}

// anchor adds an anchor once, and calls a pinned one by its own name wherever it came from. One that is given for practice is
// for practice, whatever else it was given for.
func (j *judgement) anchor(a Anchor) {
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

func passed(id CheckID, remark string) Check {
	return Check{ID: id, Result: Passed, Detail: remark, Best: Valid}
}

func failed(id CheckID, why *problem) Check {
	return Check{ID: id, Result: Failed, Detail: why.detail, Values: why.values, Best: Invalid}
}

func unclear(id CheckID, detail string, best Verdict) Check {
	return Check{ID: id, Result: Unclear, Detail: detail, Best: best}
}

func notDone(id CheckID, detail string) Check {
	return Check{ID: id, Result: NotDone, Detail: detail, Best: Valid}
}
