// Package name compares distinguished names, parses general names, and formats
// names as text.
//
// For comparison it keeps names in a canonical form that is not suitable for
// display. It parses names from DER, because crypto/x509 keeps neither the
// string types nor the order within an RDN.
//
// The standards are RFC 5280 §7.1, RFC 4518 (string preparation) and RFC 4514
// (text).
package name

import (
	"encoding/binary"
	"errors"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// ErrMalformed means that the bytes are not a well-formed name.
var ErrMalformed = errors.New("name: malformed")

// maxRDNs limits the length of a distinguished name.
const maxRDNs = 256

// A DN is a distinguished name with one element for each RDN, in canonical
// form: two RDNs match if and only if their elements are equal.
type DN []string

// ParseDN parses a DER Name with nothing after it. The error is [ErrMalformed].
func ParseDN(der []byte) (DN, error) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return nil, ErrMalformed
	}
	dn := DN{}
	for !seq.Empty() {
		var set cryptobyte.String
		if len(dn) == maxRDNs || !seq.ReadASN1(&set, asn1.SET) {
			return nil, ErrMalformed
		}
		rdn, err := ParseRDN(set)
		if err != nil {
			return nil, err
		}
		dn = append(dn, rdn)
	}
	return dn, nil
}

// ParseRDN parses the contents of a RelativeDistinguishedName (without the tag
// and length of the SET) into one element of a [DN].
func ParseRDN(set cryptobyte.String) (string, error) {
	var attributes []string
	for !set.Empty() {
		var attribute, value cryptobyte.String
		var oid cryptobyte.String
		var tag asn1.Tag
		if !set.ReadASN1(&attribute, asn1.SEQUENCE) ||
			!attribute.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!attribute.ReadAnyASN1(&value, &tag) || !attribute.Empty() {
			return "", ErrMalformed
		}
		attributes = append(attributes, frame(string(oid))+frame(canonical(tag, value)))
	}
	if len(attributes) == 0 {
		return "", ErrMalformed
	}
	sort.Strings(attributes)
	return strings.Join(attributes, ""), nil
}

// frame prefixes s with its length, so that different sequences of parts cannot
// be joined into the same string.
func frame(s string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// Key returns a key for maps. Two keys are equal if and only if the names
// match.
func (d DN) Key() string {
	var b strings.Builder
	for _, rdn := range d {
		b.WriteString(frame(rdn))
	}
	return b.String()
}

// Equal reports whether the names match.
func (d DN) Equal(e DN) bool {
	return len(d) == len(e) && d.Under(e)
}

// Under reports whether d is in the subtree at base, which means that it begins
// with all RDNs of base.
func (d DN) Under(base DN) bool {
	if len(base) > len(d) {
		return false
	}
	for i := range base {
		if d[i] != base[i] {
			return false
		}
	}
	return true
}

// Append returns d with one more RDN.
func (d DN) Append(rdn string) DN {
	return append(append(make(DN, 0, len(d)+1), d...), rdn)
}

const (
	tagUniversalString = asn1.Tag(28)
	tagBMPString       = asn1.Tag(30)
	tagNumericString   = asn1.Tag(18)
	tagVisibleString   = asn1.Tag(26)
)

// canonical returns an attribute value in a form for comparison. Text is
// compared whatever its ASN.1 type is. Any other value is compared byte for
// byte together with its type.
func canonical(tag asn1.Tag, value []byte) string {
	text, ok := decode(tag, value)
	if !ok {
		return "=" + string([]byte{byte(tag)}) + string(value)
	}
	return "~" + prepare(text)
}

func decode(tag asn1.Tag, value []byte) (string, bool) {
	switch tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, tagNumericString, tagVisibleString:
		return string(value), utf8.Valid(value)
	case asn1.T61String: // commonly read as Latin-1
		runes := make([]rune, len(value))
		for i, b := range value {
			runes[i] = rune(b)
		}
		return string(runes), true
	case tagBMPString:
		if len(value)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(value[2*i:])
			if utf16.IsSurrogate(rune(units[i])) {
				return "", false
			}
		}
		return string(utf16.Decode(units)), true
	case tagUniversalString:
		if len(value)%4 != 0 {
			return "", false
		}
		runes := make([]rune, len(value)/4)
		for i := range runes {
			v := binary.BigEndian.Uint32(value[4*i:])
			if v > utf8.MaxRune || utf16.IsSurrogate(rune(v)) {
				return "", false
			}
			runes[i] = rune(v)
		}
		return string(runes), true
	}
	return "", false
}

// prepare applies these steps of RFC 4518 §2: map, fold case, normalise to
// NFKC, compress spaces.
func prepare(s string) string {
	if plain(s) {
		return strings.Join(strings.Fields(strings.ToLower(s)), " ")
	}
	s = strings.Map(mapRune, s)
	s = norm.NFKC.String(s)
	s = cases.Fold().String(s)
	s = norm.NFKC.String(s)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// plain reports whether s is printable ASCII, for which preparation is simple.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// mapRune implements RFC 4518 §2.2: white space becomes SPACE, and control
// characters and other invisible characters are removed.
func mapRune(r rune) rune {
	switch {
	case r >= 0x09 && r <= 0x0d, r == 0x85, r == 0xa0, r == 0x1680, r >= 0x2000 && r <= 0x200a,
		r == 0x2028, r == 0x2029, r == 0x202f, r == 0x205f, r == 0x3000:
		return ' '
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x34f, r == 0x6dd, r == 0x70f, r == 0x1806,
		r >= 0x180b && r <= 0x180e, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
		r >= 0x2060 && r <= 0x2063, r >= 0x206a && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff,
		r >= 0xfff9 && r <= 0xfffc, r >= 0x1d173 && r <= 0x1d17a, r == 0xe0001, r >= 0xe0020 && r <= 0xe007f:
		return -1
	}
	return r
}
