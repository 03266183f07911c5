package verify

// CheckID names a check. The names are stable: they are part of the JSON output.
type CheckID string

// The checks, in the order in which they are reported: those of the message, then those of each signer.
const (
	// CheckStructure: the bytes are one well-formed SignedData with at least one signer, and nothing after it (RFC 5652 5.1).
	CheckStructure CheckID = "structure"
	// CheckContent: there is content, and if it is attached and given too, both are equal byte for byte. Message only.
	CheckContent CheckID = "content"
	// CheckSigner: some signer has the fingerprint that the caller demands. Message only, and only if demanded.
	CheckSigner CheckID = "signer"
	// CheckAlgorithms: digest, signature and key are allowed and agree with each other (RFC 5652 5.3, 8933, 6211; RFC 8017).
	CheckAlgorithms CheckID = "algorithms"
	// CheckAttributes: every attribute that must be single is, with one value; without attributes, the content is not itself a
	// set of attributes (RFC 5652 11; ePrint 2023/1801).
	CheckAttributes CheckID = "attributes"
	// CheckContentType: the content-type attribute is there and equal to eContentType (RFC 5652 11.1).
	CheckContentType CheckID = "content-type"
	// CheckMessageDigest: the message-digest attribute is the digest of the content (RFC 5652 11.2).
	CheckMessageDigest CheckID = "message-digest"
	// CheckSignature: the key of the certificate that the signer identifier names verifies the signature (RFC 5652 5.6).
	CheckSignature CheckID = "signature"
	// CheckSigningCertificate: the signing-certificate attribute, if there, names that same certificate (RFC 5035).
	CheckSigningCertificate CheckID = "signing-certificate"
	// CheckKeyUsage: the certificate may sign (RFC 5280 4.2.1.3 and 4.2.1.12).
	CheckKeyUsage CheckID = "key-usage"
	// CheckTimestamp: a time stamp over the signature value, if there, verifies (RFC 3161). A bad one proves no time, and that is
	// all the harm that it does: anyone can add one.
	CheckTimestamp CheckID = "timestamp"
	// CheckPractice: the signer is not a practice signer, or practice was asked for. Only there when the path is practice, and
	// before all that a missing anchor says: that it is only practice is the reason to give.
	CheckPractice CheckID = "practice"
	// CheckDates: the certificates of the path are valid at the reference time.
	CheckDates CheckID = "dates"
	// CheckChain: a path leads to an anchor (RFC 5280 6), and that anchor may vouch for signatures.
	CheckChain CheckID = "chain"
	// CheckPolicy: the certificate policies fit (RFC 5280 6.1.5; under a pinned root, the arc of the signature policy).
	CheckPolicy CheckID = "policy"
	// CheckRevocation: no certificate of the path is revoked.
	CheckRevocation CheckID = "revocation"
)

// Result is what became of a check.
type Result string

// The results. A passed check with a Detail passed with a remark that must be shown.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Unclear Result = "unknown"
	NotDone Result = "not-done"
)

// Check is one line of a judgement.
type Check struct {
	ID     CheckID
	Result Result
	// Detail is a stable identifier of the reason or the remark, one of the Reason constants; empty if there is nothing to say.
	Detail string
	// Also are further remarks, in the words of Detail, which holds the first.
	Also []string
	// Values are facts that belong to Detail, such as the two digests or the name of the forbidden algorithm. They come from the
	// message: escape them.
	Values map[string]string
	// Best is the best verdict that this check leaves possible. A verdict is the worst of all.
	Best Verdict
}

// with returns the check with remarks, those that are not empty, behind what it says already.
func (c Check) with(remarks ...string) Check {
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

// judge returns the worst verdict that the checks leave, and the reason of the first check that left no better.
func judge(checks []Check) (Verdict, string) {
	verdict, reason := Valid, ""
	for _, c := range checks {
		if c.Best < verdict {
			verdict, reason = c.Best, c.Detail
		}
	}
	return verdict, reason
}
