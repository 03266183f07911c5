package practice

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The policies. The first marks practice certificates: it is critical in all of
// them, and natsuin reports a path with it as practice (docs/cli.md, behaviour
// 20). The others are the domains that cross-certificates map to each other.
const (
	practicePolicy = "2.25.184374126194146455454303695688590931723"
	bridgePolicy   = practicePolicy + ".1"
	ministryPolicy = practicePolicy + ".2"
)

// Extensions that crypto/x509 cannot create at all, cannot mark as critical, or
// cannot create with a directoryName (RFC 5280 §4.2.1, RFC 6960 §4.2.2.2.1).
var (
	idSubjectAltName       = asn1.ObjectIdentifier{2, 5, 29, 17}
	idCRLDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 31}
	idCertificatePolicies  = asn1.ObjectIdentifier{2, 5, 29, 32}
	idPolicyMappings       = asn1.ObjectIdentifier{2, 5, 29, 33}
	idPolicyConstraints    = asn1.ObjectIdentifier{2, 5, 29, 36}
	idOCSPNoCheck          = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)

// basicInformation returns the otherName identifier x of the 基本4情報
// (docs/card.md §6): 1.2.392.200149.8.5.5.x.
func basicInformation(x int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 5, x}
}

func extension(id asn1.ObjectIdentifier, critical bool, build func(*cryptobyte.Builder)) pkix.Extension {
	var b cryptobyte.Builder
	build(&b)
	return pkix.Extension{Id: id, Critical: critical, Value: b.BytesOrPanic()}
}

// addPolicy appends an OBJECT IDENTIFIER. Its arcs may be larger than an int:
// an arc under 2.25 may have 128 bits.
func addPolicy(b *cryptobyte.Builder, policy string) {
	id, err := x509.ParseOID(policy)
	if err != nil {
		panic("practice: policy in the table: " + err.Error())
	}
	der, err := id.MarshalBinary()
	if err != nil {
		panic("practice: policy in the table: " + err.Error())
	}
	b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(der) })
}

// policies returns a critical certificatePolicies extension with the practice
// policy and the policies in more.
func policies(more ...string) pkix.Extension {
	return extension(idCertificatePolicies, true, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, p := range append([]string{practicePolicy}, more...) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addPolicy(b, p) })
			}
		})
	})
}

// mapping returns a policyMappings extension with one pair: the issuer's policy
// from is equivalent to the subject's policy to.
func mapping(from, to string) pkix.Extension {
	return extension(idPolicyMappings, true, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addPolicy(b, from)
				addPolicy(b, to)
			})
		})
	})
}

// explicitPolicy returns a policyConstraints extension that requires a valid
// policy from this certificate on.
func explicitPolicy() pkix.Extension {
	return extension(idPolicyConstraints, true, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0) })
		})
	})
}

// distributionPoint returns a cRLDistributionPoints extension with one
// directoryName.
func distributionPoint(directoryName []byte) pkix.Extension {
	return extension(idCRLDistributionPoint, false, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // CRLDistributionPoints
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // DistributionPoint
				constructed(b, 0, func(b *cryptobyte.Builder) { // distributionPoint
					constructed(b, 0, func(b *cryptobyte.Builder) { // fullName
						constructed(b, 4, func(b *cryptobyte.Builder) { b.AddBytes(directoryName) })
					})
				})
			})
		})
	})
}

// alternativeName returns the subjectAltName with the 基本4情報, in the order
// seen on real cards: 1, 4, 3, 5, 2, 6.
func alternativeName(p person) (pkix.Extension, error) {
	birth, err := p.birth()
	if err != nil {
		return pkix.Extension{}, &InvalidError{Field: "birth", Reason: "not a date"}
	}
	plain := func(s string) string { return strings.Repeat("0", utf8.RuneCountInString(s)) }
	names := []struct {
		x     int
		value string
	}{
		{1, p.Name}, {4, eraDate(birth)}, {3, sexes[p.Sex]},
		{5, p.Address}, {2, plain(p.Name)}, {6, plain(p.Address)},
	}
	return extension(idSubjectAltName, false, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, n := range names {
				constructed(b, 0, func(b *cryptobyte.Builder) { // otherName
					b.AddASN1ObjectIdentifier(basicInformation(n.x))
					constructed(b, 0, func(b *cryptobyte.Builder) { // value
						b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(n.value)) })
					})
				})
			}
		})
	}), nil
}

// noCheck returns id-pkix-ocsp-nocheck, which says that the responder's own
// certificate needs no revocation check (RFC 6960 §4.2.2.2.1).
func noCheck() pkix.Extension {
	return extension(idOCSPNoCheck, false, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
}

// constructed appends [tag] as a constructed context-specific element.
func constructed(b *cryptobyte.Builder, tag uint8, build func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.Tag(tag).ContextSpecific().Constructed(), build)
}
