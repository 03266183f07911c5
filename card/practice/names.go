package practice

import (
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// attribute is an attribute of a distinguished name. Each is in an RDN of its
// own.
type attribute struct {
	id    asn1.ObjectIdentifier
	value string
}

func country(v string) attribute      { return attribute{asn1.ObjectIdentifier{2, 5, 4, 6}, v} }
func locality(v string) attribute     { return attribute{asn1.ObjectIdentifier{2, 5, 4, 7}, v} }
func organization(v string) attribute { return attribute{asn1.ObjectIdentifier{2, 5, 4, 10}, v} }
func unit(v string) attribute         { return attribute{asn1.ObjectIdentifier{2, 5, 4, 11}, v} }
func common(v string) attribute       { return attribute{asn1.ObjectIdentifier{2, 5, 4, 3}, v} }

// name encodes a distinguished name (RFC 5280 §4.1.2.4): the country as a
// PrintableString, every other attribute as a UTF8String.
func name(attributes ...attribute) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, a := range attributes {
			tag := cbasn1.UTF8String
			if a.id.Equal(asn1.ObjectIdentifier{2, 5, 4, 6}) {
				tag = cbasn1.PrintableString
			}
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(a.id)
					b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.value)) })
				})
			})
		}
	})
	return b.BytesOrPanic()
}

// The names of the practice PKI. They say in both languages that they are for
// practice only.
var (
	signRootName = authorityName("PRACTICE for digital signature")
	authRootName = authorityName("PRACTICE for user authentication")
	bridgeName   = governmentName(unit("練習ブリッジ認証局 PRACTICE Bridge CA"))
	ministryName = governmentName(unit("練習省認証局 PRACTICE Ministry CA"))
	officialName = governmentName(unit("練習省 Ministry of Practice"), common("練習大臣 PRACTICE Minister"))
)

func authorityName(use string) []byte {
	return name(country("JP"), organization("練習用 PRACTICE"), unit(use), unit("法的効力なし NO LEGAL EFFECT (natsuin)"))
}

func governmentName(rest ...attribute) []byte {
	return name(slices.Concat([]attribute{country("JP"), organization("練習用 PRACTICE, 法的効力なし NO LEGAL EFFECT")}, rest)...)
}

// distributionPointName returns the directory name of the distribution point of
// a root's CRL.
func distributionPointName(use string) []byte {
	return name(country("JP"), organization("練習用 PRACTICE"), unit(use), common("練習区 Renshu-ku CRLDP"))
}

// signName returns the subject of a signature certificate. As on the real card,
// it contains places and a number. The person's own name is in the
// subjectAltName.
func signName(number string) []byte {
	return name(country("JP"), locality("練習用 PRACTICE"), locality("Renshu-ku"), common(number))
}

// authName returns the subject of an authentication certificate, which contains
// only the number (docs/card.md §6).
func authName(number string) []byte { return name(country("JP"), common(number)) }
