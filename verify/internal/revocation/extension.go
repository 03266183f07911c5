package revocation

import (
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// extension is one X.509 extension.
type extension struct {
	oid      string // contents octets
	critical bool
	value    cryptobyte.String
}

// The object identifiers, here and in the other files, are DER contents octets.
const (
	oidKeyUsage           = "\x55\x1d\x0f"
	oidCRLNumber          = "\x55\x1d\x14"
	oidReasonCode         = "\x55\x1d\x15"
	oidInvalidityDate     = "\x55\x1d\x18"
	oidDeltaCRLIndicator  = "\x55\x1d\x1b"
	oidIssuingDP          = "\x55\x1d\x1c"
	oidCertificateIssuer  = "\x55\x1d\x1d"
	oidCRLDP              = "\x55\x1d\x1f"
	oidAuthorityKeyID     = "\x55\x1d\x23"
	oidFreshestCRL        = "\x55\x1d\x2e"
	oidIssuerAltName      = "\x55\x1d\x12"
	oidExpiredCertsOnCRL  = "\x55\x1d\x3c"
	oidOCSPNoCheck        = "\x2b\x06\x01\x05\x05\x07\x30\x01\x05"
	oidAuthorityInfo      = "\x2b\x06\x01\x05\x05\x07\x01\x01"
	maxExtensions         = 64
	tagContext0           = asn1.Tag(0x80)
	tagContextConstructed = asn1.Tag(0xa0)
)

func readExtension(list *cryptobyte.String) (extension, bool) {
	var in, oid, value cryptobyte.String
	var e extension
	if !list.ReadASN1(&in, asn1.SEQUENCE) || !in.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		in.PeekASN1Tag(asn1.BOOLEAN) && !in.ReadASN1Boolean(&e.critical) ||
		!in.ReadASN1(&value, asn1.OCTET_STRING) || !in.Empty() {
		return e, false
	}
	e.oid, e.value = string(oid), value
	return e, true
}

// extensionOf returns the value of an extension of a certificate. present
// reports whether the certificate has it.
func extensionOf(cert *x509.Certificate, oid string) (value []byte, present bool) {
	for _, e := range cert.Extensions {
		if contents(e.Id) == oid {
			return e.Value, true
		}
	}
	return nil, false
}

func hasExtension(cert *x509.Certificate, oid string) bool {
	_, present := extensionOf(cert, oid)
	return present
}

// contents returns the contents octets of an object identifier, or "" if it is
// not valid.
func contents(id []int) string {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(id)
	der, err := b.Bytes()
	if err != nil {
		return ""
	}
	var out cryptobyte.String
	in := cryptobyte.String(der)
	in.ReadASN1(&out, asn1.OBJECT_IDENTIFIER)
	return string(out)
}

// readExtensions reads the contents of an Extensions and calls f for each
// extension. It returns false if they are malformed, empty or too many, if one
// occurs twice, or if f does.
func readExtensions(list cryptobyte.String, f func(extension) bool) bool {
	seen := make([]string, 0, 8)
	for !list.Empty() {
		e, ok := readExtension(&list)
		if !ok || len(seen) == maxExtensions {
			return false
		}
		for _, s := range seen {
			if s == e.oid {
				return false
			}
		}
		seen = append(seen, e.oid)
		if !f(e) {
			return false
		}
	}
	return len(seen) > 0
}

// onlySequence replaces in by the contents of the SEQUENCE that fills it. It
// returns false if there is none.
func onlySequence(in *cryptobyte.String) bool {
	var contents cryptobyte.String
	if !in.ReadASN1(&contents, asn1.SEQUENCE) || !in.Empty() {
		return false
	}
	*in = contents
	return true
}

func readTime(in *cryptobyte.String, out *time.Time) bool {
	if in.PeekASN1Tag(asn1.UTCTime) {
		return in.ReadASN1UTCTime(out)
	}
	return in.ReadASN1GeneralizedTime(out)
}
