package verify

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// Unsigned attributes in which CAdES signers enclose material (RFC 5126 §6.3.3,
// §6.3.4).
var (
	oidCertificateValues = dotted("1.2.840.113549.1.9.16.2.23")
	oidRevocationValues  = dotted("1.2.840.113549.1.9.16.2.24")
)

// maxEnclosed bounds the certificates, lists and answers in one value, each.
const maxEnclosed = 64

// unsigned returns the material in a signer's unsigned attributes, which anyone
// can add. What does not parse is left out.
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

// elements returns the SEQUENCEs inside a DER SEQUENCE, at most most of them;
// nil for anything else.
func elements(der cryptobyte.String, most int) [][]byte {
	var seq cryptobyte.String
	if !der.ReadASN1(&seq, asn1.SEQUENCE) || !der.Empty() {
		return nil
	}
	var list [][]byte
	for !seq.Empty() && len(list) < most {
		var one cryptobyte.String
		if !seq.ReadASN1Element(&one, asn1.SEQUENCE) {
			return list
		}
		list = append(list, one)
	}
	return list
}

// revocationValues reads RevocationValues (RFC 5126 §6.3.4): lists in [0],
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
