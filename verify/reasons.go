package verify

import (
	"slices"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/pdf"
)

// A Reason is a stable identifier. It says why a check did not pass, or is a
// remark on a check that did. It is part of the JSON output and never changes
// its meaning. The zero value means that there is nothing to say.
type Reason string

// The reasons and remarks, grouped roughly by check. [Reason.Meaning] returns
// the meaning of each.
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
	RemarkTimestampPractice   Reason = "timestamp-practice-allowed"
	ReasonTimestampExtension  Reason = "timestamp-critical-extension"
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
	// pdf
	ReasonNoSignature    Reason = "no-signature"
	ReasonPDFTooComplex  Reason = "pdf-too-complex"
	ReasonReadingsDiffer Reason = "pdf-readings-differ"
	RemarkUndeclared     Reason = "pdf-undeclared-signature"
	RemarkUnusedContent  Reason = "pdf-unused-content"
	// byte-range
	ReasonByteRangeMissing        = Reason(pdf.ByteRangeMissing)
	ReasonByteRangeBad            = Reason(pdf.ByteRangeBad)
	ReasonByteRangeHole           = Reason(pdf.ByteRangeHole)
	RemarkSeveralFields    Reason = "signature-in-several-fields"
	// contents
	ReasonContentsMissing Reason = "contents-missing"
	ReasonContentsFull    Reason = "contents-with-content"
	ReasonContentsSigners Reason = "contents-not-one-signer"
	ReasonContentsTrailer Reason = "contents-not-zeros"
	ReasonSubFilter       Reason = "sub-filter-not-allowed"
	RemarkDocumentTime    Reason = "timestamp-of-the-document"
	// revision
	ReasonNoRevision              = Reason(pdf.NoRevision)
	ReasonRevisionDiffers         = Reason(pdf.RevisionDiffers)
	ReasonRevisionUnclear  Reason = "revision-not-read"
	ReasonByteRangeUnclear Reason = "byte-range-not-checked"
	// dictionary
	ReasonDictionaryChanged = Reason(pdf.DictionaryChanged)
	// changes
	ReasonChanged        Reason = "changed-after-signing"
	ReasonChangesUnclear Reason = "changes-not-known-harmless"
	RemarkChanges        Reason = "changes-harmless"
	// permissions
	ReasonAgainstPermissions Reason = "against-permissions"
	// signer
	ReasonOtherSigner Reason = "other-signer"
)

// Reasons returns every Reason that a report can contain, sorted.
func Reasons() []Reason {
	ids := make([]Reason, len(reasons))
	for i, row := range reasons {
		ids[i] = row.id
	}
	slices.Sort(ids)
	return ids
}
