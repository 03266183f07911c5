package verify

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// Unsigned attributes in which CAdES signers enclose what helps to judge them (RFC 5126 6.3.3 and 6.3.4).
var (
	oidCertificateValues = dotted("1.2.840.113549.1.9.16.2.23")
	oidRevocationValues  = dotted("1.2.840.113549.1.9.16.2.24")
)

// maxHints bounds the certificates, lists and answers taken from unsigned attributes, each.
const maxHints = 64

// hints takes certificates, lists and answers out of a signer's unsigned attributes. Anyone can put them there: each counts only
// by its own signature, and what does not parse is not there.
func (j *judgement) hints(s cms.Signer) {
	for _, a := range s.Unsigned {
		for _, value := range a.Values {
			switch a.Type {
			case oidCertificateValues:
				for _, raw := range elements(value, maxHints) {
					if c, err := j.work.Certificate(raw); err == nil {
						j.doc.certificates = append(j.doc.certificates, c)
					}
				}
			case oidRevocationValues:
				lists, answers := revocationValues(value)
				j.crls, j.ocsp = append(j.crls, lists...), append(j.ocsp, answers...)
			}
		}
	}
}

// elements returns the SEQUENCEs inside a DER SEQUENCE, at most most of them, and nothing if it is not one.
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

// revocationValues reads RevocationValues (RFC 5126 6.3.4): lists in [0], BasicOCSPResponses in [1].
func revocationValues(der cryptobyte.String) (lists, answers [][]byte) {
	var seq, field cryptobyte.String
	var present bool
	if !der.ReadASN1(&seq, asn1.SEQUENCE) || !der.Empty() {
		return nil, nil
	}
	if !seq.ReadOptionalASN1(&field, &present, asn1.Tag(0).ContextSpecific().Constructed()) {
		return nil, nil
	}
	if present {
		lists = elements(field, maxHints)
	}
	if !seq.ReadOptionalASN1(&field, &present, asn1.Tag(1).ContextSpecific().Constructed()) || !present {
		return lists, nil
	}
	for _, basic := range elements(field, maxHints) {
		if whole, err := cms.WholeAnswer(basic); err == nil {
			answers = append(answers, whole)
		}
	}
	return lists, answers
}
