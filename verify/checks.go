package verify

import (
	"bytes"
	"errors"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/pdf"
)

// A CheckID names a check. The names are stable, because they are part of the
// JSON output.
type CheckID string

// The checks, in the order in which they are reported: first those of the
// message, then those of each signer.
const (
	// CheckStructure: the bytes are one well-formed SignedData with at least
	// one signer, and nothing follows it (RFC 5652 §5.1).
	CheckStructure CheckID = "structure"
	// CheckContent: there is content, and all its copies are equal byte for
	// byte. It is a check of the message.
	CheckContent CheckID = "content"
	// CheckPDF: the file can be read within the limits, and programs that do
	// not read cross-reference streams, or that begin with the first page, see
	// the same objects. It is a check of a PDF file.
	CheckPDF CheckID = "pdf"
	// CheckSigner: a signer has the fingerprint that the caller demands. It is
	// a check of the message or of the PDF file, and absent if the caller
	// demands none.
	CheckSigner CheckID = "signer"
	// CheckByteRange: /ByteRange is [0 a b c], and its hole is exactly the
	// /Contents of this signature (ISO 32000-1 §12.8.1). This check and those
	// to CheckPermissions are of PDF signatures only.
	CheckByteRange CheckID = "byte-range"
	// CheckContents: /Contents is one SignedData without content and with one
	// signer, followed only by zeros, and /SubFilter is supported.
	CheckContents CheckID = "contents"
	// CheckRevision: the bytes that are covered end where a revision does.
	CheckRevision CheckID = "revision"
	// CheckDictionary: the signature is the same in every later revision.
	CheckDictionary CheckID = "dictionary"
	// CheckChanges: the later changes, if any, are known to leave the signed
	// document as it was.
	CheckChanges CheckID = "changes"
	// CheckPermissions: this signer and the earlier ones permit the later
	// changes (ISO 32000-1 §12.8.2).
	CheckPermissions CheckID = "permissions"
	// CheckAlgorithms: digest, signature and key are allowed and agree with
	// each other (RFC 5652 §5.3, RFC 6211, RFC 8017, RFC 8933).
	CheckAlgorithms CheckID = "algorithms"
	// CheckAttributes: no attribute that may occur only once is repeated or has
	// several values (RFC 5652 §11). Without attributes, the content is plain
	// data (RFC 5652 §5.3) and does not have the shape of a set of attributes
	// (ePrint 2023/1801).
	CheckAttributes CheckID = "attributes"
	// CheckContentType: the content-type attribute is present and equal to
	// eContentType (RFC 5652 §11.1).
	CheckContentType CheckID = "content-type"
	// CheckMessageDigest: the message-digest attribute is the digest of the
	// content (RFC 5652 §11.2).
	CheckMessageDigest CheckID = "message-digest"
	// CheckSignature: the signature is valid for the key of the certificate
	// that the signer identifier names (RFC 5652 §5.6).
	CheckSignature CheckID = "signature"
	// CheckSigningCertificate: the signing-certificate attribute, if present,
	// names that same certificate (RFC 5035).
	CheckSigningCertificate CheckID = "signing-certificate"
	// CheckKeyUsage: the certificate may sign (RFC 5280 §4.2.1.3, §4.2.1.12).
	CheckKeyUsage CheckID = "key-usage"
	// CheckTimestamp: a time stamp over the signature value, or a document time
	// stamp of a later revision, is valid (RFC 3161). An invalid one proves no
	// time, but has no other effect, because anyone can add one.
	CheckTimestamp CheckID = "timestamp"
	// CheckPractice: the signer is not a practice signer, or the caller has
	// allowed practice. It is present only for a practice path. It precedes the
	// checks that fail without an anchor, so that its reason comes first.
	CheckPractice CheckID = "practice"
	// CheckDates: the certificates of the path, except the anchor, are valid at
	// the reference time.
	CheckDates CheckID = "dates"
	// CheckChain: a path leads to an anchor that may anchor signatures
	// (RFC 5280 §6).
	CheckChain CheckID = "chain"
	// CheckPolicy: the certificate policies are suitable (RFC 5280 §6.1.5).
	// Under a pinned signature root, they include one for signatures.
	CheckPolicy CheckID = "policy"
	// CheckRevocation: no certificate of the path was revoked by the reference
	// time.
	CheckRevocation CheckID = "revocation"
)

// A Result is the outcome of a check.
type Result string

// The results. A passed check may have a Detail, which is then a remark that
// must be shown.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Unclear Result = "unknown"
	NotDone Result = "not-done"
)

// A Check is one check of a judgement, with its result.
type Check struct {
	ID     CheckID
	Result Result
	// Detail is the reason or the first remark, or "".
	Detail Reason
	// Also holds further remarks.
	Also []Reason
	// Values holds facts that belong to Detail, such as the two digests or the
	// name of the forbidden algorithm. They come from the message: escape them.
	Values map[string]string
	// Best is the best verdict that this check allows. The verdict is the worst
	// Best of all checks.
	Best Verdict
}

// with returns the check with the remarks that are not empty added.
func (c Check) with(remarks ...Reason) Check {
	for _, remark := range remarks {
		switch {
		case remark == "":
		case c.Detail == "":
			c.Detail = remark
		default:
			c.Also = append(c.Also, remark)
		}
	}
	return c
}

func find(checks []Check, id CheckID) (Check, bool) {
	for _, c := range checks {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// judge returns the best verdict that all checks allow, and the Detail of the
// first check that allows none better, or "" if the verdict is Valid.
func judge(checks []Check) (Verdict, Reason) {
	verdict, reason := Valid, Reason("")
	for _, c := range checks {
		if c.Best < verdict {
			verdict, reason = c.Best, c.Detail
		}
	}
	return verdict, reason
}

// problem says why something was refused, with values for the check.
type problem struct {
	reason Reason
	values map[string]string
}

// refuse returns a problem. keysAndValues alternates keys and values.
func refuse(reason Reason, keysAndValues ...string) *problem {
	p := &problem{reason: reason}
	if len(keysAndValues) > 0 {
		p.values = make(map[string]string)
		for i := 0; i+1 < len(keysAndValues); i += 2 {
			p.values[keysAndValues[i]] = keysAndValues[i+1]
		}
	}
	return p
}

func passed(id CheckID, remark Reason) Check {
	return Check{ID: id, Result: Passed, Detail: remark, Best: Valid}
}

func failed(id CheckID, why *problem) Check {
	return Check{ID: id, Result: Failed, Detail: why.reason, Values: why.values, Best: Invalid}
}

func unclear(id CheckID, reason Reason, best Verdict) Check {
	return Check{ID: id, Result: Unclear, Detail: reason, Best: best}
}

func notDone(id CheckID, reason Reason) Check {
	return Check{ID: id, Result: NotDone, Detail: reason, Best: Valid}
}

// checkPlace returns CheckByteRange, CheckRevision and CheckDictionary of a
// signature, in this order.
func checkPlace(s *pdf.Signature) []Check {
	check := func(id CheckID, reason pdf.Reason) Check {
		switch {
		case reason != "":
			return failed(id, refuse(Reason(reason)))
		case s.End == 0:
			return notDone(id, ReasonByteRangeUnclear)
		}
		return passed(id, "")
	}
	return []Check{check(CheckByteRange, s.ByteRange), check(CheckRevision, s.Ended), check(CheckDictionary, s.Dictionary)}
}

// checkContents checks /Contents. It returns the message in it too, or nil if
// there is none to judge.
func checkContents(s *pdf.Signature) (Check, *cms.Message) {
	switch s.SubFilter() {
	case pdf.PKCS7, pdf.CAdES:
	case pdf.PKCS7SHA, pdf.X509RSA:
		return unclear(CheckContents, ReasonSHA1Forbidden, Indeterminate), nil
	default:
		return unclear(CheckContents, ReasonSubFilter, Indeterminate), nil
	}
	m, _, reason := message(s.Contents)
	switch {
	case reason != "":
		return failed(CheckContents, refuse(reason)), nil
	case m.Attached:
		return failed(CheckContents, refuse(ReasonContentsFull)), nil
	}
	return passed(CheckContents, ""), m
}

// message parses /Contents: one SignedData with one signer, whose length it
// returns, and zeros.
func message(contents []byte) (m *cms.Message, size int64, reason Reason) {
	if len(bytes.Trim(contents, "\x00")) == 0 {
		return nil, 0, ReasonContentsMissing
	}
	size = int64(len(contents))
	m, err := cms.Parse(bytes.NewReader(contents), size)
	var broken *cms.SyntaxError
	if errors.As(err, &broken) {
		switch broken.Reason {
		case cms.TrailingZeros, cms.TrailingData, cms.TrailingByte:
			if size = broken.Offset; len(bytes.Trim(contents[size:], "\x00")) > 0 {
				return nil, 0, ReasonContentsTrailer
			}
			m, err = cms.Parse(bytes.NewReader(contents), size)
		}
	}
	switch {
	case errors.As(err, &broken):
		return nil, 0, Reason(broken.Reason)
	case err != nil:
		return nil, 0, ReasonContentsMissing
	case len(m.Signers) != 1:
		return nil, 0, ReasonContentsSigners
	}
	return m, size, ""
}
