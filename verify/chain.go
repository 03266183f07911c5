package verify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
	"natsuin/verify/trust"
)

// signatureArc is the arc of the policies for signature certificates under a
// pinned root (docs/card.md §6).
var signatureArc = dotted("1.2.392.200149.8.5.1.1")

// The reasons for refusing a path that RFC 5280 alone would allow.
var (
	errPractice = errors.New("verify: practice path without a practice anchor")
	errAuthRoot = errors.New("verify: path ends at an authentication root")
	errCAUsage  = errors.New("verify: the extended key usage of a CA excludes signing")
)

// pathFindings is the path from a certificate to an anchor, or the reason why
// there is none.
type pathFindings struct {
	// result is the valid path. If it is nil, failure says why there is none.
	result  *path.Result
	failure *path.Failure
	// chain is the valid path or the one that failed, leaf first.
	chain []*x509.Certificate
	// anchor is the end of the valid path. authRoot reports whether it is an
	// anchor for authentication keys.
	anchor   Anchor
	authRoot bool
	practice bool
	// sha1 and weak report whether the valid path relies on SHA-1 or a weak
	// key, which the policy tolerates.
	sha1, weak bool
}

// findPath looks for a path from the signer's certificate to an anchor, or from
// another certificate that may be the signer's. The error is that of the
// context.
func (j *judgement) findPath(e evidence, at time.Time) (*pathFindings, error) {
	request := j.request(e.cert, at, j.doc.material)
	request.Others, request.Certain = e.others, e.certain()
	request.Anchors = j.anchorCertificates()
	request.Accept = j.accept
	result, failure := path.Validate(j.ctx, request)
	if err := j.ctx.Err(); err != nil {
		return nil, err
	}
	if failure != nil {
		return &pathFindings{failure: failure, chain: failure.Chain, practice: isPractice(failure.Chain)}, nil
	}
	p := &pathFindings{result: result, chain: result.Chain, anchor: j.anchors[result.AnchorIndex]}
	p.authRoot = j.isAuthRoot(p.anchor)
	p.practice = p.anchor.Kind == AnchorPractice || isPractice(p.chain)
	p.sha1, p.weak = tolerances(p.chain)
	return p, nil
}

// ambiguous reports whether several certificates that may be the signer's have
// a valid path.
func (p *pathFindings) ambiguous() bool {
	return p.failure != nil && p.failure.Kind == path.Ambiguous
}

// request returns a request for a path from leaf, with the fields that all
// requests of this judgement need.
func (j *judgement) request(leaf *x509.Certificate, at time.Time, m material) path.Request {
	r := path.Request{
		Leaf: leaf, Pool: m.certificates, At: at, Now: j.now, Budget: j.budget,
		AllowSHA1: j.policy.AllowSHA1, AllowWeak: j.policy.AllowWeak,
		CRLs: m.crls, OCSPResponses: m.responses,
	}
	if j.policy.OCSP != nil {
		r.FetchOCSP = j.fetch
	}
	r.CheckRevocation = len(r.CRLs)+len(r.OCSPResponses) > 0 || r.FetchOCSP != nil
	return r
}

// fetch sends a request to the responder that the policy or the certificate
// names. It returns nil if neither names one.
func (j *judgement) fetch(ctx context.Context, cert, _ *x509.Certificate, request []byte) ([]byte, error) {
	url := j.policy.OCSPURL
	if url == "" || url == OCSPAuto {
		i := slices.IndexFunc(cert.OCSPServer, func(u string) bool {
			return strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://")
		})
		if i < 0 {
			return nil, nil
		}
		url = cert.OCSPServer[i]
	}
	return j.policy.OCSP(ctx, url, request)
}

var _ revocation.Fetch = (*judgement)(nil).fetch

// accept returns an error for a path that RFC 5280 allows but this package does
// not: errPractice, errAuthRoot or errCAUsage.
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
	for _, ca := range chain[1:] {
		if !permitsSigning(ca, j.policy.AllowAuth) {
			return errCAUsage
		}
	}
	return nil
}

func (j *judgement) isAuthRoot(a Anchor) bool {
	root, ok := j.pinned(a.Certificate)
	return a.Authentication || ok && root.Usage != trust.Sign
}

func isPractice(chain []*x509.Certificate) bool { return slices.ContainsFunc(chain, trust.IsPractice) }

// tolerances reports whether a chain relies on SHA-1 or on a weak key. The
// anchor's own signature proves nothing and does not count.
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
			weak = weak || weakRSA(k)
		case *ecdsa.PublicKey:
			weak = weak || curveName(k) == ""
		}
	}
	return sha1, weak
}

// anchorInfo returns the anchor for the report, or nil if there is none.
func (p *pathFindings) anchorInfo() *AnchorInfo {
	if p.result == nil {
		return nil
	}
	c := p.anchor.Certificate
	return &AnchorInfo{p.anchor.Kind, p.anchor.Name, sha256.Sum256(c.Raw), c}
}

// checkPath returns the checks of a path: dates, chain and policy, preceded by
// practice if it is a practice path. remark is that of the check of the chain,
// if the path is valid.
func (j *judgement) checkPath(p *pathFindings, ref reference, remark Reason) []Check {
	var checks []Check
	switch {
	case p.practice && (p.failure == nil || j.practiceAllowed()):
		checks = append(checks, passed(CheckPractice, RemarkPractice))
	case p.practice:
		checks = append(checks, unclear(CheckPractice, ReasonPractice, Indeterminate))
	}
	if p.failure != nil {
		return append(checks, checkFailure(p.failure, ref)...)
	}
	return append(checks, passed(CheckDates, ""), passed(CheckChain, remark), j.checkPolicy(p))
}

// checkPolicy checks that a path to a pinned signature root has a policy for
// signatures. For other anchors, it demands no more than the path validation,
// which has processed the policies (RFC 5280 §6.1.5).
func (j *judgement) checkPolicy(p *pathFindings) Check {
	root, ok := j.pinned(p.anchor.Certificate)
	if !ok || root.Usage != trust.Sign {
		return passed(CheckPolicy, "")
	}
	var found []string
	for _, oid := range p.result.Policies {
		if der, err := oid.MarshalBinary(); err == nil && strings.HasPrefix(string(der), string(signatureArc)) {
			return passed(CheckPolicy, "")
		}
		found = append(found, oid.String())
	}
	return failed(CheckPolicy, refuse(ReasonPolicyArc, "policies", strings.Join(found, " ")))
}

// checkFailure returns the checks of a path that failed: dates, chain and
// policy.
func checkFailure(f *path.Failure, ref reference) []Check {
	dates := notDone(CheckDates, ReasonNoAnchor)
	if f.Kind == path.Ambiguous { // the dates are those of only one of several certificates
		check := unclear(CheckChain, ReasonAmbiguous, Indeterminate)
		check.Values = map[string]string{"why": f.Detail}
		return []Check{notDone(CheckDates, ReasonAmbiguous), check, notDone(CheckPolicy, ReasonAmbiguous)}
	}
	if d := datesAt(f.Chain[0], ref.time); d != DatesGood {
		dates = checkDates(f.Chain[0], d, ref)
	}
	chain, policy := unclear(CheckChain, ReasonNoAnchor, Indeterminate), notDone(CheckPolicy, ReasonNoAnchor)
	switch f.Kind {
	case path.Expired:
		dates, chain = checkDates(f.Cert, DatesExpired, ref), notDone(CheckChain, ReasonExpired)
	case path.NotYetValid:
		dates, chain = checkDates(f.Cert, DatesNotYet, ref), notDone(CheckChain, ReasonNotYetValid)
	case path.Policy:
		chain, policy = notDone(CheckChain, ReasonPolicyPath), failed(CheckPolicy, refuse(ReasonPolicyPath))
	case path.Refused:
		switch {
		case errors.Is(f, errAuthRoot):
			chain.Detail = ReasonAuthRoot
		case errors.Is(f, errCAUsage):
			chain.Detail = ReasonChainExtendedUsage
		}
	default:
		chain = unclear(CheckChain, chainReasons[f.Kind], Indeterminate)
		if !f.Indeterminate() {
			chain = failed(CheckChain, refuse(chainReasons[f.Kind]))
		}
	}
	if f.Detail != "" && chain.Result != NotDone {
		chain.Values = map[string]string{"why": f.Detail}
	}
	return []Check{dates, chain, policy}
}

var chainReasons = map[path.Kind]Reason{
	path.NoPath: ReasonNoAnchor, path.TooComplex: ReasonChainTooComplex, path.BadSignature: ReasonChainSignature,
	path.Malformed: ReasonChainMalformed, path.UnknownCritical: ReasonChainUnknownCritical, path.NotCA: ReasonChainNotCA,
	path.KeyUsage: ReasonChainKeyUsage, path.PathLen: ReasonChainPathLength, path.NameConstraints: ReasonChainNames,
	path.WeakAlgorithm: ReasonChainWeak, path.UnsupportedAlgorithm: ReasonChainForbidden,
}

// checkDates returns the check for a certificate that is outside its validity
// period. The verdict is at best INDETERMINATE, because proof of another
// signing time could change it.
func checkDates(c *x509.Certificate, d Dates, ref reference) Check {
	reason := ReasonExpired
	switch {
	case d == DatesNotYet:
		reason = ReasonNotYetValid
	case ref.from == FromTimestamp:
		reason = ReasonStampedLate
	}
	check := unclear(CheckDates, reason, Indeterminate)
	check.Values = map[string]string{
		"not_before": c.NotBefore.UTC().Format(time.RFC3339), "not_after": c.NotAfter.UTC().Format(time.RFC3339)}
	return check
}
