package verify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
	"natsuin/verify/trust"
)

// signatureArc holds the policies of signature certificates under a pinned root (docs/card.md §6). Its neighbour …8.5.1.0 is for
// tests and never counts.
const signatureArc = "1.2.392.200149.8.5.1.1"

// Refusals of a path that is valid by RFC 5280 alone.
var (
	errPractice = errors.New("verify: practice path without a practice anchor")
	errAuthRoot = errors.New("verify: path ends at an authentication root")
)

// vouch looks for someone who vouches for the signer at the reference time, and fills in what depends on the path.
func (j *judgement) vouch(out *Signer, e *evidence) error {
	request := j.request(e.cert, out.Reference)
	request.Others = e.others
	for _, a := range j.anchors {
		request.Anchors = append(request.Anchors, a.Certificate)
	}
	request.Accept = j.accept
	result, failure := path.Validate(j.ctx, request)
	if err := j.ctx.Err(); err != nil {
		return err
	}
	if failure != nil {
		out.Chain, out.Certificate = failure.Chain, failure.Chain[0]
		j.explain(out, failure)
		return nil
	}
	anchor := j.anchors[result.AnchorIndex]
	out.Chain, out.Certificate = result.Chain, result.Chain[0]
	out.Anchor = &AnchorInfo{anchor.Kind, anchor.Name, sha256.Sum256(anchor.Certificate.Raw), anchor.Certificate}
	out.Practice = anchor.Kind == AnchorPractice || isPractice(result.Chain)
	remark := ""
	if j.isAuthRoot(anchor) {
		remark = RemarkAuthRoot
	}
	if out.Practice {
		out.Checks = append(out.Checks, passed(CheckPractice, RemarkPractice))
	}
	sha1, weak := tolerances(result.Chain)
	for i := range out.Checks {
		if out.Checks[i].ID == CheckAlgorithms {
			out.Checks[i].Detail = tolerated(e.sha1 || sha1, e.weak || weak)
		}
	}
	out.Checks = append(out.Checks,
		passed(CheckDates, ""),
		passed(CheckChain, remark),
		j.checkPolicy(anchor, result),
		j.checkRevocation(out, result))
	return nil
}

// request is what every path of this run has in common.
func (j *judgement) request(leaf *x509.Certificate, at time.Time) path.Request {
	r := path.Request{
		Leaf: leaf, Pool: j.doc.certificates, At: at, Now: j.now, Work: j.work,
		AllowSHA1: j.policy.AllowSHA1, AllowWeak: j.policy.AllowWeak,
		CRLs: j.crls, OCSPResponses: j.ocsp,
	}
	if j.policy.OCSP != nil {
		r.FetchOCSP = j.fetch
	}
	r.CheckRevocation = len(r.CRLs)+len(r.OCSPResponses) > 0 || r.FetchOCSP != nil
	return r
}

// fetch asks the responder that the policy or the certificate names.
func (j *judgement) fetch(ctx context.Context, cert, _ *x509.Certificate, request []byte) ([]byte, error) {
	url := j.policy.OCSPURL
	if url == "" || url == "auto" {
		url = ""
		for _, u := range cert.OCSPServer {
			if strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") {
				url = u
				break
			}
		}
	}
	if url == "" {
		return nil, nil
	}
	return j.policy.OCSP(ctx, url, request)
}

var _ revocation.Fetch = (*judgement)(nil).fetch

// accept refuses paths that no anchor of this run may carry.
func (j *judgement) accept(chain []*x509.Certificate) error {
	last := chain[len(chain)-1]
	anchor := Anchor{Certificate: last, Kind: AnchorFile}
	for _, a := range j.anchors {
		if bytes.Equal(a.Certificate.Raw, last.Raw) {
			anchor = a
		}
	}
	if anchor.Kind != AnchorPractice && isPractice(chain) {
		return errPractice
	}
	if j.isAuthRoot(anchor) && !j.policy.AllowAuth {
		return errAuthRoot
	}
	return nil
}

func (j *judgement) isAuthRoot(a Anchor) bool {
	root, ok := j.pinned(a.Certificate)
	return a.Authentication || ok && root.Usage != trust.Sign
}

func isPractice(chain []*x509.Certificate) bool {
	for _, c := range chain {
		if trust.IsPractice(c) {
			return true
		}
	}
	return false
}

// tolerances says whether a chain rests on SHA-1 or on a weak key; the anchor's own signature is nobody's proof.
func tolerances(chain []*x509.Certificate) (sha1, weak bool) {
	for i, c := range chain {
		if i < len(chain)-1 {
			switch c.SignatureAlgorithm {
			case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
				sha1 = true
			}
		}
		switch k := c.PublicKey.(type) {
		case *rsa.PublicKey:
			weak = weak || k.N.BitLen() < 2048 || k.E < 65537
		case *ecdsa.PublicKey:
			weak = weak || curveName(k) == ""
		}
	}
	return sha1, weak
}

// checkPolicy demands a signature policy under a pinned signature root; under any other anchor the path's own policies were
// judged with it (RFC 5280 6.1.5).
func (j *judgement) checkPolicy(anchor Anchor, result *path.Result) Check {
	root, ok := j.pinned(anchor.Certificate)
	if !ok || root.Usage != trust.Sign {
		return passed(CheckPolicy, "")
	}
	var found []string
	for _, oid := range result.Policies {
		s := oid.String()
		if s == signatureArc || strings.HasPrefix(s, signatureArc+".") {
			return passed(CheckPolicy, "")
		}
		found = append(found, s)
	}
	return failed(CheckPolicy, refuse(ReasonPolicyArc, "policies", strings.Join(found, " ")))
}

// explain turns a failed path into checks.
func (j *judgement) explain(out *Signer, f *path.Failure) {
	leaf := out.Certificate
	out.Practice = trust.IsPractice(leaf) || isPractice(f.Chain)
	dates := notDone(CheckDates, ReasonNoAnchor)
	if why := outside(leaf, out.Reference); why != "" {
		dates = datesCheck(leaf, why)
	}
	chain, policy := unclear(CheckChain, ReasonNoAnchor, Indeterminate), notDone(CheckPolicy, ReasonNoAnchor)
	switch f.Kind {
	case path.Expired:
		dates, chain = datesCheck(f.Cert, ReasonExpired), notDone(CheckChain, ReasonExpired)
	case path.NotYetValid:
		dates, chain = datesCheck(f.Cert, ReasonNotYetValid), notDone(CheckChain, ReasonNotYetValid)
	case path.Refused:
		if errors.Is(f, errAuthRoot) {
			chain.Detail = ReasonAuthRoot
		}
	case path.Policy:
		chain, policy = notDone(CheckChain, ReasonPolicyPath), failed(CheckPolicy, refuse(ReasonPolicyPath))
	default:
		if why, ok := pathReasons[f.Kind]; ok {
			chain.Detail = why
		}
		if !f.Mendable() {
			chain.Result, chain.Best = Failed, Invalid
		}
	}
	if f.Detail != "" && chain.Result != NotDone {
		chain.Values = map[string]string{"why": f.Detail}
	}
	switch {
	case out.Practice && j.practiceAllowed():
		out.Checks = append(out.Checks, passed(CheckPractice, RemarkPractice)) // it failed for another reason
	case out.Practice:
		out.Checks = append(out.Checks, unclear(CheckPractice, ReasonPractice, Indeterminate))
	}
	out.Checks = append(out.Checks, dates, chain, policy, notDone(CheckRevocation, ReasonRevocationUnchecked))
}

var pathReasons = map[path.Kind]string{
	path.NoPath: ReasonNoAnchor, path.TooComplex: ReasonChainTooComplex, path.BadSignature: ReasonChainSignature,
	path.Malformed: ReasonChainMalformed, path.UnknownCritical: ReasonChainUnknownCritical, path.NotCA: ReasonChainNotCA,
	path.KeyUsage: ReasonChainKeyUsage, path.PathLen: ReasonChainPathLength, path.NameConstraints: ReasonChainNames,
	path.WeakAlgorithm: ReasonChainWeak, path.UnsupportedAlgorithm: ReasonChainForbidden,
}

// datesCheck is for a certificate outside its validity. More information, a proof of time, can mend it.
func datesCheck(c *x509.Certificate, why string) Check {
	check := unclear(CheckDates, why, Indeterminate)
	if c != nil {
		check.Values = map[string]string{
			"not_before": c.NotBefore.UTC().Format(time.RFC3339), "not_after": c.NotAfter.UTC().Format(time.RFC3339)}
	}
	return check
}
