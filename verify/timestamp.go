package verify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"io"
	"slices"
	"time"

	"natsuin/sign/timestamp"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
)

const (
	maxTokens  = 32        // time stamps looked at in one message
	maxTSTInfo = 64 << 10  // bytes
	clockSkew  = time.Hour // how far a token's time may lie ahead of this computer's clock
)

var (
	oidTimestampToken = dotted(timestamp.OIDAttribute.String())
	oidTSTInfo        = dotted(timestamp.OIDContent.String())
)

// timestamps looks for time stamps over the signature value and returns the one that verifies and proves the earliest time, else
// the first one found.
func (j *judgement) timestamps(s cms.Signer) (*TimestampInfo, Check, error) {
	var best *TimestampInfo
	for _, a := range s.Unsigned {
		if a.Type != oidTimestampToken {
			continue
		}
		for _, token := range a.Values {
			if j.tokens++; j.tokens > maxTokens {
				break
			}
			info, err := j.timestamp(token, s.Signature)
			if err != nil {
				return nil, Check{}, err
			}
			if best == nil || info.Verified && (!best.Verified || j.latest(info).Before(j.latest(best))) {
				best = info
			}
		}
	}
	switch {
	case best == nil:
		return nil, notDone(CheckTimestamp, ReasonNoTimestamp), nil
	case best.Verified:
		return best, passed(CheckTimestamp, "").with(best.Remarks...), nil
	default:
		return best, unclear(CheckTimestamp, best.Reason, Valid), nil
	}
}

// timestamp judges one token over a signature value (RFC 3161 2.3, 2.4.2 and Appendix A; RFC 5816). The error is for a context
// that ended.
func (j *judgement) timestamp(token, signature []byte) (*TimestampInfo, error) {
	out := &TimestampInfo{Reason: ReasonTimestampSyntax, Revocation: NotChecked}
	m, err := cms.Parse(bytes.NewReader(token), int64(len(token)))
	if err != nil || m.ContentType != oidTSTInfo || !m.Attached || len(m.Signers) != 1 || m.Signers[0].Signed == nil {
		return out, nil
	}
	var raw bytes.Buffer
	doc, err := contents{message: m, out: &limited{&raw, maxTSTInfo}, work: j.work}.read(j.ctx)
	if err != nil {
		if j.ctx.Err() != nil {
			return nil, j.ctx.Err()
		}
		return out, nil
	}
	info, err := timestamp.Parse(raw.Bytes())
	if err != nil {
		return out, nil
	}
	out.Time, out.Accuracy, out.Policy, out.Serial = info.GenTime, info.Accuracy, info.Policy.String(), info.SerialNumber
	stamp := *j
	stamp.doc = doc
	for _, c := range m.Certificates {
		if cert, err := j.work.Certificate(c); err == nil {
			doc.certificates = append(doc.certificates, cert)
		}
	}
	doc.certificates = slices.Concat(doc.certificates, j.policy.TSAAnchors, j.doc.certificates)
	e := doc.examine(m.Signers[0], j.policy)
	out.Certificate = e.cert
	stamp.crls = slices.Concat(m.CRLs, j.crls)
	stamp.ocsp = slices.Concat(m.OCSP, j.ocsp)
	e.sha1 = e.sha1 || info.Hash == crypto.SHA1
	if out.Reason = stamp.judgeToken(info, signature, e); out.Reason == "" {
		out.Reason, err = stamp.judgeAuthority(out, e)
	}
	out.Verified = err == nil && out.Reason == ""
	return out, err
}

// latest is the latest moment at which the signature can have come into being: the time stamp's with its accuracy (RFC 3161
// 2.4.2), and not after now, for the signature is here.
func (j *judgement) latest(stamp *TimestampInfo) time.Time {
	late := stamp.Time.Add(stamp.Accuracy)
	if late.After(j.now) {
		late = j.now
	}
	if late.Before(stamp.Time) {
		return stamp.Time // the authority's clock is ahead of ours
	}
	return late
}

// judgeToken returns why a token proves nothing, "" if its authority may be asked about.
func (j *judgement) judgeToken(info *timestamp.Info, signature []byte, e evidence) string {
	if !info.Matches(signature) {
		return ReasonTimestampImprint
	}
	if info.Hash == crypto.SHA1 && !j.policy.AllowSHA1 {
		return ReasonTimestampAlgorithms
	}
	for _, c := range e.checks {
		switch {
		case c.ID == CheckSigningCertificate && c.Result != Passed: // RFC 3161 2.4.1: the attribute must be there
			return ReasonTimestampAttributes
		case c.Best == Valid:
		case c.ID == CheckAlgorithms:
			return ReasonTimestampAlgorithms
		case c.ID == CheckSignature && c.Result == Unclear:
			return ReasonTimestampChain
		case c.ID == CheckSignature:
			return ReasonTimestampSignature
		default:
			return ReasonTimestampAttributes
		}
	}
	if !onlyForTimestamps(e.cert) {
		return ReasonTimestampUsage
	}
	if info.GenTime.After(j.now.Add(clockSkew)) {
		return ReasonTimestampFuture
	}
	if outside(e.cert, info.GenTime) != "" {
		return ReasonTimestampDates
	}
	return ""
}

// judgeAuthority judges the path of the one who signed a token, and what is known of its revocation.
func (j *judgement) judgeAuthority(out *TimestampInfo, e evidence) (string, error) {
	late := j.latest(out)
	request := j.request(e.cert, late)
	request.Anchors = j.policy.TSAAnchors
	practice := false
	request.Accept = func(chain []*x509.Certificate) error {
		if isPractice(chain) && !j.practiceAllowed() {
			practice = true
			return errPractice
		}
		return nil
	}
	result, failure := path.Validate(j.ctx, request)
	if err := j.ctx.Err(); err != nil {
		return "", err
	}
	switch {
	case failure == nil:
		return j.judgeStanding(out, e, result, late), nil
	case practice:
		return ReasonTimestampPractice, nil
	case failure.Kind == path.Expired || failure.Kind == path.NotYetValid:
		return ReasonTimestampDates, nil
	default:
		return ReasonTimestampChain, nil
	}
}

// judgeStanding applies RFC 3161 4 to the certificates of an authority's path: once a key may have been in other hands, its tokens
// can say any time, and none counts; for other reasons those from before the revocation do. RFC 3161 lets a reason of unspecified
// count among the others; here it does not, since nothing is said.
func (j *judgement) judgeStanding(out *TimestampInfo, e evidence, result *path.Result, late time.Time) string {
	s := standingOf(result, late)
	out.Revocation = s.state()
	doubt := ""
	switch {
	case s.compromised:
		return ReasonTimestampCompromise
	case s.worst.RevokedBy(late):
		return ReasonTimestampRevoked
	case out.Revocation == NotChecked:
		doubt = ReasonTimestampUnchecked
	case out.Revocation == Unknown:
		doubt = ReasonTimestampUnknown
	case s.over:
		doubt = ReasonRevocationOver
	}
	if doubt != "" && j.policy.RequireRevocation {
		return doubt
	}
	sha1, weak := tolerances(result.Chain)
	for _, remark := range []string{doubt, tolerated(e.sha1 || sha1 || s.sha1, e.weak || weak || s.weak)} {
		if remark != "" {
			out.Remarks = append(out.Remarks, remark)
		}
	}
	return ""
}

func (j *judgement) practiceAllowed() bool {
	for _, a := range j.anchors {
		if a.Kind == AnchorPractice {
			return true
		}
	}
	return false
}

// onlyForTimestamps reports whether a certificate is for time stamps alone, and says so critically (RFC 3161 2.3).
func onlyForTimestamps(c *x509.Certificate) bool {
	critical, present := extension(c, oidExtendedKeyUsage)
	if !present || !critical || len(c.ExtKeyUsage) != 1 || len(c.UnknownExtKeyUsage) != 0 ||
		c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping {
		return false
	}
	_, present = extension(c, oidKeyUsage)
	return !present || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
}

// limited is a writer that takes a bounded number of bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, io.ErrShortWrite
	}
	l.left -= len(p)
	return l.w.Write(p)
}
