package cms

// The content types other than [SignedData] and [Data].
const (
	TSTInfo         OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04" // 1.2.840.113549.1.9.16.1.4, RFC 3161
	enveloped       OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"         // 1.2.840.113549.1.7.3
	signedEnveloped OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04"         // 1.2.840.113549.1.7.4, PKCS #7
	encrypted       OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"         // 1.2.840.113549.1.7.6
	authEnveloped   OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17" // 1.2.840.113549.1.9.16.1.23, RFC 5083
)

// contentInfo returns the content type of the ContentInfo (RFC 5652 §3) that
// begins at head. It needs only the beginning, and the rest may be damaged.
func contentInfo(head []byte) (kind OID, ok bool) {
	tag, rest, why := readIdentifier(head)
	if why != "" || tag != tagSequence {
		return "", false
	}
	if _, rest, why = readLength(rest, true); why != "" {
		return "", false
	}
	if tag, rest, why = readIdentifier(rest); why != "" || tag != tagOID {
		return "", false
	}
	length, rest, why := readLength(rest, false)
	if why != "" || length > maxOID || length > int64(len(rest)) {
		return "", false
	}
	return OID(rest[:length]), true
}

// BeginsSigned reports whether head begins like a SignedData in DER or BER.
func BeginsSigned(head []byte) bool {
	kind, ok := contentInfo(head)
	return ok && kind == SignedData
}

// BeginsEncrypted reports whether head begins like encrypted CMS.
func BeginsEncrypted(head []byte) bool {
	switch kind, _ := contentInfo(head); kind {
	case enveloped, signedEnveloped, encrypted, authEnveloped:
		return true
	}
	return false
}
