package verify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"io"
	"time"

	"natsuin/sign/timestamp"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
)

const (
	maxTokens  = 32        // time stamps that are examined in one message
	maxTSTInfo = 64 << 10  // bytes
	clockSkew  = time.Hour // how far the time of a token, or a claimed one, may be ahead of our clock
)

var (
	oidTimestampToken = dotted(timestamp.OIDAttribute.String())
	oidTSTInfo        = dotted(timestamp.OIDContent.String())
)

// timestamps judges the time stamps over the signature value. It returns the
// verified one with the earliest time, those in j.proofs included, or else the
// first one, or nil if there is none.
func (j *judgement) timestamps(s cms.Signer) (*TimestampInfo, error) {
	var best *TimestampInfo
	for _, info := range j.proofs {
		if best == nil || j.latest(info).Before(j.latest(best)) {
			best = info
		}
	}
	for _, a := range s.Unsigned {
		if a.Type != oidTimestampToken {
			continue
		}
		for _, der := range a.Values {
			if j.tokens++; j.tokens > maxTokens {
				break
			}
			info, err := j.judgeTimestamp(der, func(info *timestamp.Info) (bool, error) { return info.Matches(s.Signature), nil })
			if err != nil {
				return nil, err
			}
			if best == nil || info.Verified && (!best.Verified || j.latest(info).Before(j.latest(best))) {
				best = info
			}
		}
	}
	return best, nil
}

// checkTimestamp returns the check for a judged time stamp. stamp is nil if
// there is none.
func checkTimestamp(stamp *TimestampInfo) Check {
	switch {
	case stamp == nil:
		return notDone(CheckTimestamp, ReasonNoTimestamp)
	case stamp.Verified:
		return passed(CheckTimestamp, "").with(stamp.Remarks...)
	}
	return unclear(CheckTimestamp, stamp.Reason, Valid)
}

// token is a parsed time-stamp token.
type token struct {
	info   *timestamp.Info
	signer cms.Signer
	// doc is the token, with its own material before all other material.
	doc *document
}

// readToken parses a token (RFC 3161 §2.4.2). It returns nil if the token is
// malformed, or does not have exactly one signer with signed attributes. The
// error is that of the context.
func (j *judgement) readToken(der []byte) (*token, error) {
	m, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil || m.ContentType != oidTSTInfo || !m.Attached || len(m.Signers) != 1 || m.Signers[0].Signed == nil {
		return nil, nil
	}
	var raw bytes.Buffer
	doc, err := contents{message: m, out: &limited{&raw, maxTSTInfo}, budget: j.budget}.read(j.ctx)
	if err != nil {
		return nil, j.ctx.Err()
	}
	info, err := timestamp.Parse(raw.Bytes())
	if err != nil {
		return nil, nil
	}
	doc.material = j.enclosed(m).with(material{certificates: j.policy.TSAAnchors}).with(j.doc.material)
	return &token{info, m.Signers[0], doc}, nil
}

// judgeTimestamp judges one token (RFC 3161 §2.3, §2.4.2, appendix A; RFC
// 5816). matches reports whether the imprint is that of the data that should
// have been stamped. The error is that of the context, or of matches.
func (j *judgement) judgeTimestamp(der []byte, matches func(*timestamp.Info) (bool, error)) (*TimestampInfo, error) {
	t, err := j.readToken(der)
	if err != nil || t == nil {
		return &TimestampInfo{Reason: ReasonTimestampSyntax, Revocation: NotChecked}, err
	}
	return j.judgeToken(t, matches)
}

// judgeToken is judgeTimestamp for a token from readToken.
func (j *judgement) judgeToken(t *token, matches func(*timestamp.Info) (bool, error)) (*TimestampInfo, error) {
	out := &TimestampInfo{Revocation: NotChecked}
	e := t.doc.evidence(t.signer, j.policy)
	e.sha1 = e.sha1 || t.info.Hash == crypto.SHA1
	out.Time, out.Accuracy = t.info.GenTime, t.info.Accuracy
	out.Policy, out.Serial, out.Certificate = t.info.Policy.String(), t.info.SerialNumber, e.cert
	covers, err := matches(t.info)
	if err != nil {
		return nil, err
	}
	if out.Reason = j.tokenProblem(t.info, covers, &e); out.Reason != "" {
		return out, nil
	}
	late := j.latest(out)
	result, why, err := j.findAuthority(e.cert, late, t.doc.material)
	if err != nil || why != "" {
		out.Reason = why
		return out, err
	}
	if expired, err := j.expiredSince(e.cert, late, t.doc.material); err != nil || expired {
		out.Reason = ReasonTimestampExpired
		return out, err
	}
	status := pathRevocationOf(result, late)
	out.Revocation = status.state()
	var doubt Reason
	out.Reason, doubt = j.tokenRevocation(status, late)
	if out.Verified = out.Reason == ""; out.Verified {
		if out.Practice = isPractice(result.Chain); out.Practice {
			out.Remarks = append(out.Remarks, RemarkTimestampPractice)
		}
		sha1, weak := tolerances(result.Chain)
		remark := tolerated(e.sha1 || sha1 || status.sha1, e.weak || weak || status.weak)
		for _, r := range []Reason{doubt, remark} {
			if r != "" {
				out.Remarks = append(out.Remarks, r)
			}
		}
	}
	return out, nil
}

// latest returns the latest time at which the signature can have been made: the
// time of the time stamp plus its accuracy (RFC 3161 §2.4.2), but no later than
// now, or than the time of the time stamp if that is ahead of now.
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

// tokenProblem returns why a token proves nothing, whoever has signed it, or
// "".
func (j *judgement) tokenProblem(info *timestamp.Info, covers bool, e *evidence) Reason {
	switch {
	case !covers:
		return ReasonTimestampImprint
	case info.Hash == crypto.SHA1 && !j.policy.AllowSHA1, e.algorithms != nil:
		return ReasonTimestampAlgorithms
	case min(e.attributes.Best, e.contentType.Best, e.messageDigest.Best) != Valid:
		return ReasonTimestampAttributes
	case e.signature.Result == Unclear:
		return ReasonTimestampChain
	case e.signature.Result != Passed:
		return ReasonTimestampSignature
	case e.signingCertificate.Result != Passed: // required by RFC 3161 §2.4.1
		return ReasonTimestampAttributes
	case !onlyForTimestamps(e.cert):
		return ReasonTimestampUsage
	case info.GenTime.After(j.now.Add(clockSkew)):
		return ReasonTimestampFuture
	case datesAt(e.cert, info.GenTime) != DatesGood:
		return ReasonTimestampDates
	}
	return ""
}

// expiredSince reports whether the authority's certificate, or one above it,
// was still valid at the time of a token but has expired since: by Policy.At,
// or by now. After its expiry others may have the key, and no CRL need say so.
// The token then proves no time unless there is proof that it is older (ETSI EN
// 319 102-1 §5.6), which this package does not look for. The error is that of
// the context.
func (j *judgement) expiredSince(cert *x509.Certificate, late time.Time, m material) (bool, error) {
	present := j.now
	if at := j.policy.At; !at.IsZero() && !at.Before(late) {
		present = at
	}
	if !present.After(late) {
		return false, nil
	}
	request := j.request(cert, present, m)
	request.Anchors, request.CheckRevocation = j.policy.TSAAnchors, false
	_, failure := path.Validate(j.ctx, request)
	return failure != nil, j.ctx.Err()
}

// findAuthority returns the path of a token's signer, or the reason why there
// is none. The error is that of the context.
func (j *judgement) findAuthority(cert *x509.Certificate, at time.Time, m material) (*path.Result, Reason, error) {
	request := j.request(cert, at, m)
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
	switch err := j.ctx.Err(); {
	case err != nil:
		return nil, "", err
	case failure == nil:
		return result, "", nil
	case practice:
		return nil, ReasonTimestampPractice, nil
	case failure.Kind == path.Expired || failure.Kind == path.NotYetValid:
		return nil, ReasonTimestampDates, nil
	case failure.Kind == path.UnknownCritical:
		return nil, ReasonTimestampExtension, nil
	}
	return nil, ReasonTimestampChain, nil
}

// tokenRevocation applies RFC 3161 §4 to the certificates of an authority's
// path. If others may have had a key, they can make tokens with any time, so no
// token counts. After a revocation for another reason, tokens from before it
// count. RFC 3161 counts the reason "unspecified" among the other reasons. Here
// it counts as a compromise, because it does not rule one out.
//
// reason says why the token does not count. doubt is a remark on a token that
// does.
func (j *judgement) tokenRevocation(status pathRevocation, late time.Time) (reason, doubt Reason) {
	switch {
	case status.compromised:
		return ReasonTimestampCompromise, ""
	case status.worst.RevokedBy(late):
		return ReasonTimestampRevoked, ""
	case status.state() == NotChecked:
		doubt = ReasonTimestampUnchecked
	case status.state() == Unknown:
		doubt = ReasonTimestampUnknown
	case status.over:
		doubt = ReasonRevocationOver
	}
	if j.policy.RequireRevocation {
		return doubt, ""
	}
	return "", doubt
}

// onlyForTimestamps reports whether a critical extended key usage restricts a
// certificate to time stamps (RFC 3161 §2.3), and its key usage permits
// signing.
func onlyForTimestamps(c *x509.Certificate) bool {
	critical, _ := extension(c, oidExtendedKeyUsage)
	return critical && len(c.ExtKeyUsage) == 1 && len(c.UnknownExtKeyUsage) == 0 &&
		c.ExtKeyUsage[0] == x509.ExtKeyUsageTimeStamping && keyUsageSigns(c)
}

// limited is a writer that accepts a limited number of bytes.
type limited struct {
	w    io.Writer
	left int
}

// Write returns io.ErrShortWrite if p has more bytes than are left.
func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, io.ErrShortWrite
	}
	l.left -= len(p)
	return l.w.Write(p)
}
