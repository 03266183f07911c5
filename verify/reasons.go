package verify

import (
	"slices"

	"natsuin/verify/internal/cms"
)

// A Reason is a stable identifier that says why a check did not pass, or what
// to know about one that did (a remark). It is part of the JSON output and
// never changes its meaning. The zero value says nothing.
type Reason string

// The reasons and remarks, by the check that gives them. [Reason.Meaning] says
// what each means.
const (
	// structure
	ReasonNoSigners        Reason = "no-signers"
	ReasonCertificatesOnly Reason = "certificates-only"
	ReasonAttached         Reason = "signature-attached"
	RemarkCountersigned    Reason = "countersignature-not-judged"
	ReasonTruncated               = Reason(cms.Truncated)
	ReasonBadHeader               = Reason(cms.BadHeader)
	ReasonOutsideParent           = Reason(cms.OutsideParent)
	ReasonTooDeep                 = Reason(cms.TooDeep)
	ReasonTooMany                 = Reason(cms.TooMany)
	ReasonTooLarge                = Reason(cms.TooLarge)
	ReasonTrailingData            = Reason(cms.TrailingData)
	ReasonTrailingZeros           = Reason(cms.TrailingZeros)
	ReasonTrailingByte            = Reason(cms.TrailingByte)
	ReasonUnexpectedTag           = Reason(cms.UnexpectedTag)
	ReasonBadValue                = Reason(cms.BadValue)
	ReasonNotSignedData           = Reason(cms.NotSignedData)
	ReasonNotOctetString          = Reason(cms.NotOctetString)
	ReasonBadText                 = Reason(cms.BadText)
	ReasonNoContentType           = Reason(cms.NoContentType)
	ReasonUnknownLabel            = Reason(cms.UnknownLabel)
	// content
	ReasonNoContent      Reason = "no-content"
	ReasonContentDiffers Reason = "content-differs"
	RemarkSignedContent  Reason = "content-is-signed"
	RemarkTimestampToken Reason = "timestamp-token"
	// algorithms
	ReasonDigestForbidden     Reason = "digest-not-allowed"
	ReasonWeakDigest          Reason = "weak-digest"
	ReasonSHA1Forbidden       Reason = "sha1-not-allowed"
	ReasonSignatureForbidden  Reason = "signature-algorithm-not-allowed"
	ReasonAlgorithmsDisagree  Reason = "algorithms-disagree"
	ReasonBadParameters       Reason = "bad-parameters"
	ReasonParametersForbidden Reason = "parameters-not-allowed"
	ReasonAlgorithmProtection Reason = "algorithm-protection-differs"
	ReasonKeyForbidden        Reason = "key-not-allowed"
	ReasonWeakKey             Reason = "weak-key"
	ReasonKeyMismatch         Reason = "key-does-not-fit-algorithm"
	RemarkSHA1                Reason = "sha1-allowed"
	RemarkWeak                Reason = "weak-allowed"
	RemarkSHA1AndWeak         Reason = "sha1-and-weak-allowed"
	// attributes
	ReasonAttributeRepeated   Reason = "attribute-repeated"
	ReasonAttributeValues     Reason = "attribute-not-single"
	ReasonAttributeMalformed  Reason = "attribute-malformed"
	ReasonAttributesMissing   Reason = "attributes-missing"
	ReasonContentIsAttributes Reason = "content-is-attributes"
	RemarkUnsorted            Reason = "attributes-unsorted"
	RemarkTimeUnreadable      Reason = "signing-time-unreadable"
	RemarkTimeFuture          Reason = "signing-time-in-the-future"
	RemarkTimeEarly           Reason = "signing-time-before-certificate"
	// content-type and message-digest
	ReasonMissing      Reason = "attribute-missing"
	ReasonNoAttributes Reason = "no-signed-attributes"
	ReasonDiffers      Reason = "attribute-differs"
	RemarkCRLF         Reason = "signed-with-crlf"
	RemarkLF           Reason = "signed-with-lf"
	// signature
	ReasonNoCertificate         Reason = "no-certificate"
	ReasonCertificateUnreadable Reason = "certificate-unreadable"
	ReasonSignatureWrong        Reason = "signature-wrong"
	ReasonSignedUnsorted        Reason = "signed-unsorted-attributes"
	ReasonSignatureUnknown      Reason = "signature-not-checked"
	ReasonTooManySignatures     Reason = "too-many-signatures"
	// signing-certificate
	ReasonOtherCertificate Reason = "other-certificate"
	RemarkSHA1Reference    Reason = "sha1-reference"
	RemarkNoReference      Reason = "no-reference"
	// key-usage
	ReasonKeyUsage         Reason = "key-usage-not-signing"
	ReasonExtendedKeyUsage Reason = "extended-key-usage-not-signing"
	RemarkExtendedKeyUsage Reason = "extended-key-usage-other"
	// timestamp
	ReasonNoTimestamp         Reason = "no-timestamp"
	ReasonTimestampSyntax     Reason = "timestamp-malformed"
	ReasonTimestampImprint    Reason = "timestamp-imprint"
	ReasonTimestampSignature  Reason = "timestamp-signature"
	ReasonTimestampAlgorithms Reason = "timestamp-algorithms"
	ReasonTimestampAttributes Reason = "timestamp-attributes"
	ReasonTimestampUsage      Reason = "timestamp-usage"
	ReasonTimestampDates      Reason = "timestamp-dates"
	ReasonTimestampExpired    Reason = "timestamp-authority-expired"
	ReasonTimestampChain      Reason = "timestamp-chain"
	ReasonTimestampRevoked    Reason = "timestamp-revoked"
	ReasonTimestampCompromise Reason = "timestamp-authority-compromised"
	ReasonTimestampUnchecked  Reason = "timestamp-revocation-not-checked"
	ReasonTimestampUnknown    Reason = "timestamp-revocation-unknown"
	ReasonTimestampFuture     Reason = "timestamp-in-the-future"
	ReasonTimestampPractice   Reason = "timestamp-practice"
	// dates
	ReasonExpired     Reason = "expired"
	ReasonNotYetValid Reason = "not-yet-valid"
	ReasonStampedLate Reason = "stamped-after-expiry"
	// chain
	ReasonNoAnchor             Reason = "no-anchor"
	ReasonAuthRoot             Reason = "authentication-root"
	ReasonChainSignature       Reason = "chain-signature-wrong"
	ReasonChainMalformed       Reason = "chain-malformed"
	ReasonChainUnknownCritical Reason = "chain-unknown-critical-extension"
	ReasonChainNotCA           Reason = "chain-not-ca"
	ReasonChainKeyUsage        Reason = "chain-key-usage"
	ReasonChainExtendedUsage   Reason = "chain-extended-key-usage"
	ReasonAmbiguous            Reason = "signer-ambiguous"
	ReasonChainPathLength      Reason = "chain-path-length"
	ReasonChainNames           Reason = "chain-name-constraints"
	ReasonChainWeak            Reason = "chain-weak-algorithm"
	ReasonChainForbidden       Reason = "chain-algorithm-not-allowed"
	ReasonChainTooComplex      Reason = "chain-too-complex"
	RemarkAuthRoot             Reason = "authentication-root-allowed"
	// policy
	ReasonPolicyPath Reason = "policy-path"
	ReasonPolicyArc  Reason = "policy-not-for-signatures"
	// revocation
	ReasonRevoked               Reason = "revoked"
	ReasonRevokedNoTime         Reason = "revoked-without-proof-of-time"
	ReasonRevocationUnknown     Reason = "revocation-unknown"
	ReasonRevocationTooComplex  Reason = "revocation-too-complex"
	ReasonRevocationUnchecked   Reason = "revocation-not-checked"
	ReasonRevocationOver        Reason = "revocation-information-over"
	ReasonListOfAnother         Reason = "crl-of-another-issuer"
	ReasonListSignature         Reason = "crl-signature-wrong"
	ReasonListSigner            Reason = "crl-signer-not-accepted"
	ReasonListAlgorithm         Reason = "crl-algorithm-not-allowed"
	ReasonListInsufficient      Reason = "crl-insufficient"
	ReasonListAfterExpiry       Reason = "crl-after-expiry"
	ReasonListFuture            Reason = "crl-not-yet-valid"
	ReasonListOutOfDate         Reason = "crl-out-of-date"
	ReasonResponderUnreached    Reason = "ocsp-not-reached"
	ReasonResponderMalformed    Reason = "ocsp-answer-malformed"
	ReasonResponderBusy         Reason = "ocsp-try-later"
	ReasonResponderUnauthorized Reason = "ocsp-unauthorized"
	ReasonResponderError        Reason = "ocsp-error"
	ReasonResponderOther        Reason = "ocsp-other-certificate"
	ReasonResponderNonce        Reason = "ocsp-wrong-nonce"
	ReasonResponderSignature    Reason = "ocsp-signature-wrong"
	ReasonResponderSigner       Reason = "ocsp-signer-not-accepted"
	ReasonResponderFuture       Reason = "ocsp-not-yet-valid"
	ReasonResponderOutOfDate    Reason = "ocsp-out-of-date"
	RemarkNoNonce               Reason = "ocsp-without-nonce"
	ReasonResponderRefused      Reason = "ocsp-answer-not-accepted"
	ReasonResponderUnknown      Reason = "ocsp-certificate-unknown"
	RemarkRevokedLater          Reason = "revoked-later"
	// practice
	ReasonPractice Reason = "practice"
	RemarkPractice Reason = "practice-allowed"
	// signer
	ReasonOtherSigner Reason = "other-signer"
)

// reasons has a row for each Reason, in the order of the constants.
var reasons = []struct {
	id              Reason
	meaning, source string
}{
	{ReasonNoSigners, "the message has no signer", "RFC 5652 §5.1"},
	{ReasonCertificatesOnly, "the message only carries certificates or lists", "RFC 5652 §5.1"},
	{ReasonAttached, "the mail is not signed; an attachment may be a signature", "RFC 8551 §3.5"},
	{RemarkCountersigned, "a countersignature is there and was not judged", "RFC 5652 §11.4"},
	{ReasonTruncated, "the bytes end inside an element", "X.690 §8.1"},
	{ReasonBadHeader, "a tag or length is not valid BER, or too long for CMS", "X.690 §8.1"},
	{ReasonOutsideParent, "an element is longer than the one around it", "X.690 §8.1"},
	{ReasonTooDeep, "elements are nested more than 32 levels deep", "limit of natsuin"},
	{ReasonTooMany, "there are more elements of a kind than allowed", "limit of natsuin"},
	{ReasonTooLarge, "a part other than the content is too large", "limit of natsuin"},
	{ReasonTrailingData, "bytes follow the message", "RFC 5652 §3"},
	{ReasonTrailingZeros, "only zeros follow the message, as in a PDF", "ISO 32000-2 §12.8.1"},
	{ReasonTrailingByte, "one line end, NUL or Ctrl-Z follows the message", "RFC 5652 §3"},
	{ReasonUnexpectedTag, "an element is not the one that the ASN.1 module has there", "RFC 5652 §12.1"},
	{ReasonBadValue, "an element holds a value that it cannot have", "RFC 5652 §12.1"},
	{ReasonNotSignedData, "the file is not a CMS SignedData", "RFC 5652 §5"},
	{ReasonNotOctetString, "the content is PKCS #7 1.5 content other than octets", "RFC 5652 §5.2.1"},
	{ReasonBadText, "PEM, base64 or MIME text does not decode", "RFC 7468, RFC 8551"},
	{ReasonNoContentType, "the MIME message is not a signed one", "RFC 8551 §3.5"},
	{ReasonUnknownLabel, "the PEM label is not that of a CMS message", "RFC 7468 §8, §9"},
	{ReasonNoContent, "the content is missing", "RFC 5652 §5.2"},
	{ReasonContentDiffers, "the copies of the content differ", "RFC 5652 §5.2"},
	{RemarkSignedContent, "the content is a signed message of its own, not judged", "RFC 5652 §5.2"},
	{RemarkTimestampToken, "the message is a time-stamp token: it signs a time, not a file", "RFC 3161 §2.4.2"},
	{ReasonDigestForbidden, "the digest algorithm is not allowed", "RFC 5754 §2"},
	{ReasonWeakDigest, "the digest algorithm is broken: anyone may have made the signature", "RFC 6151 §2, RFC 6149 §6"},
	{ReasonSHA1Forbidden, "SHA-1 is not allowed: anyone may have made the signature", "NIST SP 800-131A §9"},
	{ReasonSignatureForbidden, "the signature algorithm is not allowed", "RFC 5754 §3"},
	{ReasonAlgorithmsDisagree, "two algorithms that must agree differ", "RFC 5652 §5.3, RFC 8017 §A.2.3"},
	{ReasonBadParameters, "the parameters of an algorithm are wrong", "RFC 5754 §2, RFC 8017 §A.2.3"},
	{ReasonParametersForbidden, "the parameters of an algorithm are not those that are allowed", "RFC 4055 §3.1"},
	{ReasonAlgorithmProtection, "cmsAlgorithmProtection names other algorithms", "RFC 6211 §2"},
	{ReasonKeyForbidden, "the key is of a kind or size that is not allowed", "NIST SP 800-131A §3"},
	{ReasonWeakKey, "the RSA key is too short, or its exponent too small: anyone may have made the signature", "NIST SP 800-131A §3, FIPS 186-5 §A.1.1"},
	{ReasonKeyMismatch, "the key is not one for the signature algorithm", "RFC 5652 §5.3"},
	{RemarkSHA1, "SHA-1 was tolerated", "Policy.AllowSHA1"},
	{RemarkWeak, "a weak key was tolerated", "Policy.AllowWeak"},
	{RemarkSHA1AndWeak, "SHA-1 and a weak key were tolerated", "Policy.AllowSHA1, Policy.AllowWeak"},
	{ReasonAttributeRepeated, "an attribute that must be single is repeated", "RFC 5652 §11"},
	{ReasonAttributeValues, "an attribute does not have one value", "RFC 5652 §11"},
	{ReasonAttributeMalformed, "an attribute is malformed", "RFC 5652 §11, RFC 5035 §3"},
	{ReasonAttributesMissing, "signed attributes are required and missing", "RFC 5652 §5.3"},
	{ReasonContentIsAttributes, "the content has the shape of signed attributes", "ePrint 2023/1801"},
	{RemarkUnsorted, "the attributes were sent in another order than DER's", "RFC 5652 §5.4"},
	{RemarkTimeUnreadable, "the signing time cannot be read and is ignored", "RFC 5652 §11.3"},
	{RemarkTimeFuture, "the signing time that is claimed lies in the future", "RFC 5652 §11.3"},
	{RemarkTimeEarly, "the signing time that is claimed lies before the certificate's validity", "RFC 5652 §11.3"},
	{ReasonMissing, "the attribute is missing", "RFC 5652 §11.1, §11.2"},
	{ReasonNoAttributes, "there are no signed attributes, and none are required", "RFC 5652 §5.3"},
	{ReasonDiffers, "the attribute does not match the content", "RFC 5652 §11.1, §11.2"},
	{RemarkCRLF, "with CRLF line ends the content is what was signed", "RFC 8551 §3.1.1"},
	{RemarkLF, "with LF line ends the content is what was signed", "RFC 8551 §3.1.1"},
	{ReasonNoCertificate, "no certificate matches the signer identifier", "RFC 5652 §5.3"},
	{ReasonCertificateUnreadable, "the certificate of the signer is there, and a part of it cannot be read", "RFC 5280 §4.1"},
	{ReasonSignatureWrong, "the signature does not verify", "RFC 5652 §5.6"},
	{ReasonSignedUnsorted, "the signature covers attributes in another order than DER's", "RFC 5652 §5.4"},
	{ReasonSignatureUnknown, "the signature was not checked, or does not hold", "RFC 5652 §5.6"},
	{ReasonTooManySignatures, "the message costs more signature checks than allowed", "limit of natsuin"},
	{ReasonOtherCertificate, "the attribute names another certificate", "RFC 5035 §3, §4"},
	{RemarkSHA1Reference, "the attribute identifies the certificate by SHA-1 alone", "RFC 2634 §5.4"},
	{RemarkNoReference, "there is no signing-certificate attribute", "RFC 5035 §3"},
	{ReasonKeyUsage, "the key usage does not include signing", "RFC 5280 §4.2.1.3"},
	{ReasonExtendedKeyUsage, "the extended key usage excludes signing", "RFC 5280 §4.2.1.12"},
	{RemarkExtendedKeyUsage, "the extended key usage is client authentication, as Policy.AllowAuth takes it", "RFC 5280 §4.2.1.12"},
	{ReasonNoTimestamp, "there is no time stamp", "RFC 3161 Appendix A"},
	{ReasonTimestampSyntax, "the time stamp is malformed", "RFC 3161 §2.4.2"},
	{ReasonTimestampImprint, "the time stamp covers another signature value", "RFC 3161 §2.4.2"},
	{ReasonTimestampSignature, "the signature of the time stamp does not verify", "RFC 5652 §5.6"},
	{ReasonTimestampAlgorithms, "the time stamp uses algorithms that are not allowed", "RFC 5754"},
	{ReasonTimestampAttributes, "the attributes of the time stamp are wrong", "RFC 3161 §2.4.1, RFC 5816 §2.2.1"},
	{ReasonTimestampUsage, "the certificate is not for time stamps alone", "RFC 3161 §2.3"},
	{ReasonTimestampDates, "a certificate of the authority was not valid at that time", "RFC 5280 §6.1.3"},
	{ReasonTimestampExpired, "a certificate of the authority has expired since, and nothing proves that the time stamp is older", "ETSI EN 319 102-1 §5.6"},
	{ReasonTimestampChain, "no path leads from the authority to a trusted root", "RFC 5280 §6"},
	{ReasonTimestampRevoked, "the authority was revoked before that time", "RFC 3161 §4"},
	{ReasonTimestampCompromise, "the key of the authority may have been in other hands", "RFC 3161 §4"},
	{ReasonTimestampUnchecked, "the revocation of the authority was not checked", "RFC 3161 §4"},
	{ReasonTimestampUnknown, "the revocation of the authority is not known", "RFC 3161 §4"},
	{ReasonTimestampFuture, "the time lies in the future", "RFC 3161 §2.4.2"},
	{ReasonTimestampPractice, "the authority is a practice one", "docs/cli.md, behaviour 20"},
	{ReasonExpired, "a certificate had expired at the reference time", "RFC 5280 §4.1.2.5"},
	{ReasonNotYetValid, "a certificate was not yet valid at the reference time", "RFC 5280 §4.1.2.5"},
	{ReasonStampedLate, "a certificate had expired before the time stamp", "RFC 5280 §4.1.2.5"},
	{ReasonNoAnchor, "no path leads to a trusted root", "RFC 5280 §6"},
	{ReasonAuthRoot, "the root is one for authentication keys", "docs/card.md §7"},
	{ReasonChainSignature, "the signature of a certificate does not verify", "RFC 5280 §6.1.3"},
	{ReasonChainMalformed, "an extension of a certificate is malformed", "RFC 5280 §4.2"},
	{ReasonChainUnknownCritical, "a critical extension is not understood", "RFC 5280 §4.2"},
	{ReasonChainNotCA, "an issuer is not a CA", "RFC 5280 §6.1.4"},
	{ReasonChainKeyUsage, "an issuer may not sign certificates", "RFC 5280 §6.1.4"},
	{ReasonChainExtendedUsage, "the extended key usage of an issuer excludes signing", "RFC 5280 §4.2.1.12"},
	{ReasonAmbiguous, "several trusted certificates have the key, and nothing says which is meant", "RFC 5035 §3"},
	{ReasonChainPathLength, "the path is longer than a CA allows", "RFC 5280 §6.1.4"},
	{ReasonChainNames, "a name lies outside what a CA permits", "RFC 5280 §4.2.1.10"},
	{ReasonChainWeak, "a certificate rests on SHA-1 or a weak key", "NIST SP 800-131A §3, §9"},
	{ReasonChainForbidden, "a certificate rests on an algorithm that is not allowed", "NIST SP 800-131A §3, §9"},
	{ReasonChainTooComplex, "the path costs more than allowed", "limit of natsuin"},
	{RemarkAuthRoot, "the authentication key signed", "Policy.AllowAuth"},
	{ReasonPolicyPath, "no certificate policy is valid for the path", "RFC 5280 §6.1.5"},
	{ReasonPolicyArc, "the policy is not one of signature certificates", "docs/card.md §6"},
	{ReasonRevoked, "a certificate was revoked by the reference time", "RFC 5280 §6.3"},
	{ReasonRevokedNoTime, "a certificate is revoked, and nothing proves the time of signing", "ETSI EN 319 102-1 §5.2.5"},
	{ReasonRevocationUnknown, "no list or answer says whether a certificate is revoked", "RFC 5280 §6.3.3"},
	{ReasonRevocationTooComplex, "the names in the message are too long to look for the issuer of a list", "limit of natsuin"},
	{ReasonRevocationUnchecked, "revocation was not checked", "RFC 5280 §6.3"},
	{ReasonRevocationOver, "the list or answer ended before now", "ETSI EN 319 102-1 §5.2.5"},
	{ReasonListOfAnother, "the lists are those of other issuers", "RFC 5280 §6.3.3"},
	{ReasonListSignature, "the signature of the list does not verify", "RFC 5280 §6.3.3"},
	{ReasonListSigner, "the signer of the list may not sign it", "RFC 5280 §6.3.3"},
	{ReasonListAlgorithm, "the list is signed with an algorithm or key that is not allowed", "NIST SP 800-131A §3, §9"},
	{ReasonListInsufficient, "the list is partial or not understood", "RFC 5280 §5.2, §6.3.3"},
	{ReasonListAfterExpiry, "the list was issued after the certificate expired", "RFC 5280 §3.3"},
	{ReasonListFuture, "the list was issued after the clock's time", "RFC 5280 §5.1.2.4"},
	{ReasonListOutOfDate, "the list is not one for the reference time", "RFC 5280 §6.3.3"},
	{ReasonResponderUnreached, "the responder gave no answer", "RFC 6960 §2.3"},
	{ReasonResponderMalformed, "the responder sent something else than an OCSP response", "RFC 6960 §4.2.1"},
	{ReasonResponderBusy, "the responder is busy (tryLater)", "RFC 6960 §2.3"},
	{ReasonResponderUnauthorized, "the responder does not answer for this issuer (unauthorized)", "RFC 6960 §2.3, RFC 5019 §2.2.3"},
	{ReasonResponderError, "the responder returned another error", "RFC 6960 §2.3"},
	{ReasonResponderOther, "the answer is about another certificate", "RFC 6960 §3.2"},
	{ReasonResponderNonce, "the answer has another nonce than the question", "RFC 9654 §2.1"},
	{ReasonResponderSignature, "the signature of the answer does not verify", "RFC 6960 §3.2"},
	{ReasonResponderSigner, "the signer of the answer may not sign it, or signed too weakly", "RFC 6960 §4.2.2.2"},
	{ReasonResponderFuture, "the answer is from after the clock's time", "RFC 6960 §4.2.2.1"},
	{ReasonResponderOutOfDate, "the answer is not one for the reference time", "RFC 6960 §4.2.2.1"},
	{RemarkNoNonce, "the answer has no nonce, and may be an earlier one that is still current", "RFC 5019 §4"},
	{ReasonResponderRefused, "the answer of the responder is not acceptable", "RFC 6960 §3.2"},
	{ReasonResponderUnknown, "the responder does not know the certificate", "RFC 6960 §2.2"},
	{RemarkRevokedLater, "a certificate was revoked after the reference time", "ETSI EN 319 102-1 §5.2.5"},
	{ReasonPractice, "the signer is a practice one", "docs/cli.md, behaviour 20"},
	{RemarkPractice, "the signer is a practice one, as was asked for", "docs/cli.md, behaviour 20"},
	{ReasonOtherSigner, "no signer has the fingerprint that was demanded", "Policy.SignerSHA256"},
}

// Reasons returns every Reason that a report can hold, sorted.
func Reasons() []Reason {
	ids := make([]Reason, len(reasons))
	for i, row := range reasons {
		ids[i] = row.id
	}
	slices.Sort(ids)
	return ids
}

// Meaning returns what the reason means, in English for developers, and the
// rule that it rests on: a clause of a standard, a field of [Policy], or a page
// of the documentation. Both are empty for an unknown reason.
func (r Reason) Meaning() (meaning, source string) {
	for _, row := range reasons {
		if row.id == r {
			return row.meaning, row.source
		}
	}
	return "", ""
}
