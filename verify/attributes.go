package verify

import (
	"bytes"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// The signed attributes that this package reads. Each may occur only once, with
// one value.
var (
	oidContentType         = dotted("1.2.840.113549.1.9.3")
	oidMessageDigest       = dotted("1.2.840.113549.1.9.4")
	oidSigningTime         = dotted("1.2.840.113549.1.9.5")
	oidSigningCertificate  = dotted("1.2.840.113549.1.9.16.2.12")
	oidSigningCertificate2 = dotted("1.2.840.113549.1.9.16.2.47")
	oidAlgorithmProtection = dotted("1.2.840.113549.1.9.52")

	single = map[cms.OID]bool{
		oidContentType: true, oidMessageDigest: true, oidSigningTime: true, oidSigningCertificate: true,
		oidSigningCertificate2: true, oidAlgorithmProtection: true,
	}
)

// attribute returns the value of a signed attribute, or nil if the signer does
// not have it.
func attribute(s cms.Signer, kind cms.OID) cryptobyte.String {
	if s.Signed == nil {
		return nil
	}
	for _, a := range s.Signed.List {
		if a.Type == kind && len(a.Values) > 0 {
			return a.Values[0]
		}
	}
	return nil
}

// checkAttributes checks the set of attributes as a whole, and whether the
// signing time can be read.
func (d *document) checkAttributes(s cms.Signer) Check {
	if s.Signed == nil {
		switch {
		case d.message.ContentType != cms.Data: // RFC 5652 §5.3: signedAttrs must be present
			return failed(CheckAttributes, refuse(ReasonAttributesMissing, "content-type", d.message.ContentType.String()))
		case d.attributeLike:
			return failed(CheckAttributes, refuse(ReasonContentIsAttributes))
		}
		return passed(CheckAttributes, "")
	}
	seen := make(map[cms.OID]bool)
	for _, a := range s.Signed.List {
		switch {
		case single[a.Type] && seen[a.Type]:
			return failed(CheckAttributes, refuse(ReasonAttributeRepeated, "attribute", a.Type.String()))
		case len(a.Values) == 0 || single[a.Type] && len(a.Values) != 1:
			return failed(CheckAttributes, refuse(ReasonAttributeValues, "attribute", a.Type.String()))
		}
		seen[a.Type] = true
	}
	check := passed(CheckAttributes, "")
	if seen[oidSigningTime] && signingTime(s) == nil { // an unreadable time is ignored, since it is only a claim
		check = check.with(RemarkTimeUnreadable)
	}
	if !s.Signed.Sorted() {
		check = check.with(RemarkUnsorted)
	}
	return check
}

// signingTime returns the time at which the signer claims to have signed (RFC
// 5652 §11.3), or nil if it is absent or malformed.
func signingTime(s cms.Signer) *time.Time {
	value := attribute(s, oidSigningTime)
	var t time.Time
	if value.PeekASN1Tag(asn1.UTCTime) && value.ReadASN1UTCTime(&t) && value.Empty() ||
		value.PeekASN1Tag(asn1.GeneralizedTime) && value.ReadASN1GeneralizedTime(&t) && value.Empty() {
		t = t.UTC()
		return &t
	}
	return nil
}

func (d *document) checkContentType(s cms.Signer) Check {
	if s.Signed == nil {
		return notDone(CheckContentType, ReasonNoAttributes)
	}
	value := attribute(s, oidContentType)
	var oid cryptobyte.String
	switch {
	case value == nil:
		return failed(CheckContentType, refuse(ReasonMissing))
	case !value.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) || !value.Empty():
		return failed(CheckContentType, refuse(ReasonAttributeMalformed))
	case cms.OID(oid) != d.message.ContentType:
		return failed(CheckContentType, refuse(ReasonDiffers,
			"attribute", cms.OID(oid).String(), "content", d.message.ContentType.String()))
	}
	return passed(CheckContentType, "")
}

func (d *document) checkMessageDigest(s cms.Signer) Check {
	if s.Signed == nil {
		return notDone(CheckMessageDigest, ReasonNoAttributes)
	}
	value := attribute(s, oidMessageDigest)
	var digest cryptobyte.String
	if value == nil {
		return failed(CheckMessageDigest, refuse(ReasonMissing))
	}
	if !value.ReadASN1(&digest, asn1.OCTET_STRING) || !value.Empty() {
		return failed(CheckMessageDigest, refuse(ReasonAttributeMalformed))
	}
	if d.digests == nil {
		return unclear(CheckMessageDigest, ReasonNoContent, Indeterminate)
	}
	hash, ok := digests[s.Digest.OID]
	if !ok {
		return unclear(CheckMessageDigest, ReasonDigestForbidden, Indeterminate)
	}
	if !bytes.Equal(digest, d.digests[hash]) {
		return failed(CheckMessageDigest, refuse(ReasonDiffers,
			"attribute", hexUpper(digest), "content", hexUpper(d.digests[hash])))
	}
	return passed(CheckMessageDigest, "")
}

// algorithmProtection compares the attribute of RFC 6211, if it is present,
// with the algorithms of the SignerInfo.
func algorithmProtection(s cms.Signer) *problem {
	value := attribute(s, oidAlgorithmProtection)
	if value == nil {
		return nil
	}
	bad := refuse(ReasonAlgorithmProtection)
	var seq, digest, signature cryptobyte.String
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !value.Empty() || !seq.ReadASN1Element(&digest, asn1.SEQUENCE) ||
		!seq.ReadASN1Element(&signature, asn1.Tag(1).ContextSpecific().Constructed()) || !seq.Empty() {
		return bad
	}
	signature = append([]byte{byte(asn1.SEQUENCE)}, signature[1:]...) // [1] IMPLICIT
	d, ok := cms.ParseAlgorithm(digest)
	a, also := cms.ParseAlgorithm(signature)
	if !ok || !also || !sameAlgorithm(d, s.Digest) || !sameAlgorithm(a, s.Algorithm) {
		return bad
	}
	return nil
}

func sameAlgorithm(a, b cms.Algorithm) bool {
	return a.OID == b.OID && (bytes.Equal(a.Params, b.Params) || absentOrNull(a.Params) && absentOrNull(b.Params))
}

// The unsigned attributes in which CAdES signers enclose certificates and
// revocation data (RFC 5126 §6.3.3, §6.3.4).
var (
	oidCertificateValues = dotted("1.2.840.113549.1.9.16.2.23")
	oidRevocationValues  = dotted("1.2.840.113549.1.9.16.2.24")
)

// maxEnclosed limits the certificates in one value of an attribute. It also
// limits the CRLs in one value, and the OCSP responses.
const maxEnclosed = 64

// unsigned returns the material in a signer's unsigned attributes, which anyone
// can add. It ignores what it cannot parse.
func (j *judgement) unsigned(s cms.Signer) material {
	var out material
	for _, a := range s.Unsigned {
		for _, value := range a.Values {
			switch a.Type {
			case oidCertificateValues:
				for _, raw := range elements(value, maxEnclosed) {
					out.add(j.budget.Certificate(raw))
				}
			case oidRevocationValues:
				out = out.with(revocationValues(value))
			}
		}
	}
	return out
}

// elements returns the SEQUENCEs at the beginning of a DER SEQUENCE, but at
// most limit of them. It returns nil if der is not one SEQUENCE.
func elements(der cryptobyte.String, limit int) [][]byte {
	var seq cryptobyte.String
	if !der.ReadASN1(&seq, asn1.SEQUENCE) || !der.Empty() {
		return nil
	}
	var list [][]byte
	for !seq.Empty() && len(list) < limit {
		var one cryptobyte.String
		if !seq.ReadASN1Element(&one, asn1.SEQUENCE) {
			return list
		}
		list = append(list, one)
	}
	return list
}

// revocationValues reads RevocationValues (RFC 5126 §6.3.4): CRLs in [0],
// BasicOCSPResponses in [1].
func revocationValues(der cryptobyte.String) material {
	var out material
	var seq, crls, responses cryptobyte.String
	if !der.ReadASN1(&seq, asn1.SEQUENCE) || !der.Empty() ||
		!seq.ReadOptionalASN1(&crls, nil, asn1.Tag(0).ContextSpecific().Constructed()) {
		return out
	}
	out.crls = elements(crls, maxEnclosed)
	if !seq.ReadOptionalASN1(&responses, nil, asn1.Tag(1).ContextSpecific().Constructed()) {
		return out
	}
	for _, basic := range elements(responses, maxEnclosed) {
		if whole, err := cms.WholeResponse(basic); err == nil {
			out.responses = append(out.responses, whole)
		}
	}
	return out
}

var oidCountersignature = dotted("1.2.840.113549.1.9.6")

// countersigned returns a remark if a signer has a countersignature, which this
// package does not verify.
func countersigned(m *cms.Message) Reason {
	for _, s := range m.Signers {
		for _, a := range s.Unsigned {
			if a.Type == oidCountersignature {
				return RemarkCountersigned
			}
		}
	}
	return ""
}
