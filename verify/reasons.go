package verify

import (
	"slices"

	"natsuin/verify/internal/cms"
)

// The reasons that a Check gives in its Detail, besides the words of the reader (cms.Reason: "truncated", "trailing-data", …)
// that go with a failed CheckStructure.
const (
	// structure
	ReasonNoSigners        = "no-signers"
	ReasonCertificatesOnly = "certificates-only"
	// content
	ReasonNoContent      = "no-content"
	ReasonContentDiffers = "content-differs"
	// algorithms
	ReasonDigestForbidden     = "digest-not-allowed"
	ReasonSHA1Forbidden       = "sha1-not-allowed"
	ReasonSignatureForbidden  = "signature-algorithm-not-allowed"
	ReasonAlgorithmsDisagree  = "algorithms-disagree"
	ReasonBadParameters       = "bad-parameters"
	ReasonAlgorithmProtection = "algorithm-protection-differs"
	ReasonKeyForbidden        = "key-not-allowed"
	ReasonWeakKey             = "weak-key"
	ReasonKeyMismatch         = "key-does-not-fit-algorithm"
	RemarkSHA1                = "sha1-allowed"
	RemarkWeak                = "weak-allowed"
	RemarkSHA1AndWeak         = "sha1-and-weak-allowed"
	// attributes
	ReasonAttributeRepeated   = "attribute-repeated"
	ReasonAttributeValues     = "attribute-not-single"
	ReasonAttributeMalformed  = "attribute-malformed"
	ReasonAttributesMissing   = "attributes-missing"
	ReasonContentIsAttributes = "content-is-attributes"
	RemarkUnsorted            = "attributes-unsorted"
	// content-type and message-digest
	ReasonMissing = "attribute-missing"
	// ReasonNoAttributes: there are none, and need not be: the signature value covers the content itself.
	ReasonNoAttributes = "no-signed-attributes"
	ReasonDiffers      = "attribute-differs"
	// signature
	ReasonNoCertificate     = "no-certificate"
	ReasonSignatureWrong    = "signature-wrong"
	ReasonSignedUnsorted    = "signed-unsorted-attributes"
	ReasonSignatureUnknown  = "signature-not-checked"
	ReasonTooManySignatures = "too-many-signatures"
	// signing-certificate
	ReasonOtherCertificate = "other-certificate"
	RemarkSHA1Reference    = "sha1-reference"
	RemarkNoReference      = "no-reference"
	// key-usage
	ReasonKeyUsage         = "key-usage-not-signing"
	ReasonExtendedKeyUsage = "extended-key-usage-not-signing"
	RemarkExtendedKeyUsage = "extended-key-usage-other"
	// timestamp
	ReasonNoTimestamp         = "no-timestamp"
	ReasonTimestampSyntax     = "timestamp-malformed"
	ReasonTimestampImprint    = "timestamp-imprint"
	ReasonTimestampSignature  = "timestamp-signature"
	ReasonTimestampAlgorithms = "timestamp-algorithms"
	ReasonTimestampAttributes = "timestamp-attributes"
	ReasonTimestampUsage      = "timestamp-usage"
	ReasonTimestampDates      = "timestamp-dates"
	ReasonTimestampChain      = "timestamp-chain"
	ReasonTimestampRevoked    = "timestamp-revoked"
	ReasonTimestampCompromise = "timestamp-authority-compromised"
	ReasonTimestampUnchecked  = "timestamp-revocation-not-checked"
	ReasonTimestampUnknown    = "timestamp-revocation-unknown"
	ReasonTimestampFuture     = "timestamp-in-the-future"
	ReasonTimestampPractice   = "timestamp-practice"
	// dates
	ReasonExpired     = "expired"
	ReasonNotYetValid = "not-yet-valid"
	// chain
	ReasonNoAnchor             = "no-anchor"
	ReasonAuthRoot             = "authentication-root"
	ReasonChainSignature       = "chain-signature-wrong"
	ReasonChainMalformed       = "chain-malformed"
	ReasonChainUnknownCritical = "chain-unknown-critical-extension"
	ReasonChainNotCA           = "chain-not-ca"
	ReasonChainKeyUsage        = "chain-key-usage"
	ReasonChainPathLength      = "chain-path-length"
	ReasonChainNames           = "chain-name-constraints"
	ReasonChainWeak            = "chain-weak-algorithm"
	ReasonChainForbidden       = "chain-algorithm-not-allowed"
	ReasonChainTooComplex      = "chain-too-complex"
	RemarkAuthRoot             = "authentication-root-allowed"
	// policy
	ReasonPolicyPath = "policy-path"
	ReasonPolicyArc  = "policy-not-for-signatures"
	// revocation
	ReasonRevoked              = "revoked"
	ReasonRevokedNoTime        = "revoked-without-proof-of-time"
	ReasonRevocationUnknown    = "revocation-unknown"
	ReasonRevocationTooComplex = "revocation-too-complex"
	ReasonRevocationUnchecked  = "revocation-not-checked"
	ReasonRevocationOver       = "revocation-information-over"
	ReasonListOfAnother        = "crl-of-another-issuer"
	ReasonListSignature        = "crl-signature-wrong"
	ReasonListSigner           = "crl-signer-not-accepted"
	ReasonListInsufficient     = "crl-insufficient"
	ReasonListAfterExpiry      = "crl-after-expiry"
	ReasonListOutOfDate        = "crl-out-of-date"
	ReasonResponderUnreached   = "ocsp-not-reached"
	ReasonResponderRefused     = "ocsp-answer-not-accepted"
	ReasonResponderUnknown     = "ocsp-certificate-unknown"
	RemarkRevokedLater         = "revoked-later"
	// practice
	ReasonPractice = "practice"
	RemarkPractice = "practice-allowed"
	// signer
	ReasonOtherSigner = "other-signer"
)

// Reasons returns every word that a Detail or a Reason can be, sorted: for those who must have a text for each.
func Reasons() []string {
	words := []string{
		ReasonNoSigners, ReasonCertificatesOnly, ReasonNoContent, ReasonContentDiffers, ReasonDigestForbidden,
		ReasonSHA1Forbidden, ReasonSignatureForbidden, ReasonAlgorithmsDisagree, ReasonBadParameters,
		ReasonAlgorithmProtection, ReasonKeyForbidden, ReasonWeakKey, ReasonKeyMismatch, RemarkSHA1, RemarkWeak,
		RemarkSHA1AndWeak, ReasonAttributeRepeated, ReasonAttributeValues, ReasonAttributeMalformed, ReasonAttributesMissing,
		ReasonContentIsAttributes, RemarkUnsorted, ReasonMissing, ReasonNoAttributes, ReasonDiffers, ReasonNoCertificate, ReasonSignatureWrong,
		ReasonSignedUnsorted, ReasonSignatureUnknown, ReasonTooManySignatures, ReasonOtherCertificate, RemarkSHA1Reference, RemarkNoReference,
		ReasonKeyUsage, ReasonExtendedKeyUsage, RemarkExtendedKeyUsage, ReasonNoTimestamp, ReasonTimestampSyntax,
		ReasonTimestampImprint, ReasonTimestampSignature, ReasonTimestampAlgorithms, ReasonTimestampAttributes,
		ReasonTimestampUsage, ReasonTimestampDates, ReasonTimestampChain, ReasonTimestampRevoked, ReasonTimestampFuture,
		ReasonTimestampCompromise, ReasonTimestampUnchecked, ReasonTimestampUnknown, ReasonRevocationOver,
		ReasonTimestampPractice, ReasonExpired, ReasonNotYetValid, ReasonNoAnchor, ReasonAuthRoot, ReasonChainSignature,
		ReasonChainMalformed, ReasonChainUnknownCritical, ReasonChainNotCA, ReasonChainKeyUsage, ReasonChainPathLength,
		ReasonChainNames, ReasonChainWeak, ReasonChainForbidden, ReasonChainTooComplex, RemarkAuthRoot, ReasonPolicyPath,
		ReasonPolicyArc, ReasonRevoked, ReasonRevokedNoTime, ReasonRevocationUnknown, ReasonRevocationTooComplex, ReasonRevocationUnchecked,
		ReasonListOfAnother, ReasonListSignature, ReasonListSigner, ReasonListInsufficient, ReasonListAfterExpiry, ReasonListOutOfDate,
		ReasonResponderUnreached, ReasonResponderRefused, ReasonResponderUnknown,
		RemarkRevokedLater, ReasonPractice, RemarkPractice, ReasonOtherSigner,
	}
	for _, r := range cms.Reasons {
		words = append(words, string(r))
	}
	slices.Sort(words)
	return words
}
