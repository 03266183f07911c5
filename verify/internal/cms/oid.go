package cms

import "crypto/x509"

// maxOID limits the octets of an identifier.
const maxOID = 64

// An OID is an object identifier: the contents octets of its DER form. It is
// comparable and may have arcs of any size.
type OID string

// String returns the dotted form, or "invalid" if the octets are not a valid
// identifier.
func (o OID) String() string {
	var oid x509.OID
	if err := oid.UnmarshalBinary([]byte(o)); err != nil {
		return "invalid"
	}
	return oid.String()
}

// valid reports whether the octets are base-128 numbers in their shortest form
// (X.690 §8.19), and at most 64 octets.
func (o OID) valid() bool {
	start := true
	for i := range len(o) {
		if start && o[i] == 0x80 {
			return false
		}
		start = o[i] < 0x80
	}
	return start && len(o) > 0 && len(o) <= maxOID
}

// The identifiers of content types and of OCSP responses.
const (
	SignedData    OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" // 1.2.840.113549.1.7.2
	Data          OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01" // 1.2.840.113549.1.7.1
	ocspResponses OID = "\x2b\x06\x01\x05\x05\x07\x10\x02"     // 1.3.6.1.5.5.7.16.2, RFC 5940
	basicResponse OID = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01" // 1.3.6.1.5.5.7.48.1.1, RFC 6960
)
