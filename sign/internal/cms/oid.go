package cms

import (
	"crypto"
	"encoding/asn1"
)

// The object identifiers of RFC 5652, RFC 5035, RFC 3370, RFC 5754 and RFC
// 5758.
var (
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}

	oidRSAEncryption = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
)

// algorithm holds the identifiers for one hash.
type algorithm struct {
	digest asn1.ObjectIdentifier // RFC 5754 §2
	ecdsa  asn1.ObjectIdentifier // RFC 5758 §3.2
}

var algorithms = map[crypto.Hash]algorithm{
	crypto.SHA256: {
		digest: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1},
		ecdsa:  asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2},
	},
	crypto.SHA384: {
		digest: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2},
		ecdsa:  asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3},
	},
	crypto.SHA512: {
		digest: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3},
		ecdsa:  asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4},
	},
}

// Supported reports whether h is SHA-256, SHA-384 or SHA-512.
func Supported(h crypto.Hash) bool {
	_, ok := algorithms[h]
	return ok
}
