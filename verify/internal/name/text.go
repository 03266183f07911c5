package name

import (
	"crypto/x509"
	encoding "encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute is one attribute of a distinguished name, for display.
type Attribute struct {
	ID encoding.ObjectIdentifier
	// Short, if set, is used instead of the name of the type ID.
	Short string
	// Value is the text. The lines of a postal address are joined by "$" (RFC
	// 4517 §3.3.28). If the value is neither text nor a time, it is the
	// hexadecimal form of its contents.
	Value string
}

// short holds the names of attribute types, most of them as in RFC 4514 or
// OpenSSL.
var short = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "surname", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "POSTALCODE", "2.5.4.18": "postOfficeBox",
	"2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "givenName", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier",
	"2.5.4.51": "houseIdentifier", "2.5.4.65": "pseudonym", "2.5.4.72": "role", "2.5.4.97": "organizationIdentifier",
	"2.5.4.98": "c3", "2.5.4.99": "n3",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
	"1.2.840.113549.1.9.8":       "unstructuredAddress",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.3":  "mail",
	"0.9.2342.19200300.100.1.25": "DC",
	"1.3.6.1.5.5.7.9.1":          "dateOfBirth", "1.3.6.1.5.5.7.9.2": "placeOfBirth", "1.3.6.1.5.5.7.9.3": "gender",
	"1.3.6.1.5.5.7.9.4": "countryOfCitizenship", "1.3.6.1.5.5.7.9.5": "countryOfResidence",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

// Type returns the short name of the type, or its dotted form.
func (a Attribute) Type() string {
	if a.Short != "" {
		return a.Short
	}
	if s, ok := short[a.ID.String()]; ok {
		return s
	}
	return a.ID.String()
}

// Attributes reads a DER Name for display. It returns the RDNs in the order of
// the name. The error is [ErrMalformed].
func Attributes(der []byte) ([][]Attribute, error) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return nil, ErrMalformed
	}
	var rdns [][]Attribute
	for !seq.Empty() {
		var set cryptobyte.String
		if len(rdns) == maxRDNs || !seq.ReadASN1(&set, asn1.SET) || set.Empty() {
			return nil, ErrMalformed
		}
		var rdn []Attribute
		for !set.Empty() {
			var one, oid, value cryptobyte.String
			var tag asn1.Tag
			if !set.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
				!one.ReadAnyASN1(&value, &tag) || !one.Empty() {
				return nil, ErrMalformed
			}
			a := typed(oid)
			a.Value = valueText(tag, value)
			rdn = append(rdn, a)
		}
		rdns = append(rdns, rdn)
	}
	return rdns, nil
}

// typed returns an attribute whose type has these contents octets. If the type
// does not fit into an ObjectIdentifier, only Short is set.
func typed(contents []byte) (a Attribute) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(contents) })
	der := cryptobyte.String(b.BytesOrPanic())
	if der.ReadASN1ObjectIdentifier(&a.ID) {
		return a
	}
	var oid x509.OID
	if oid.UnmarshalBinary(contents) == nil {
		return Attribute{Short: oid.String()}
	}
	return Attribute{Short: "?" + strings.ToUpper(hex.EncodeToString(contents))}
}

// valueText returns the text of an attribute value.
func valueText(tag asn1.Tag, value cryptobyte.String) string {
	if text, ok := decode(tag, value); ok && utf8.ValidString(text) {
		return text
	}
	switch tag {
	case asn1.SEQUENCE: // PostalAddress
		if lines, ok := textLines(value); ok {
			return strings.Join(lines, "$")
		}
	case asn1.BIT_STRING:
		if len(value) > 1 && value[0] == 0 {
			value = value[1:]
		}
	case asn1.INTEGER, asn1.GeneralizedTime, asn1.UTCTime:
		if tag != asn1.INTEGER && utf8.Valid(value) {
			return string(value)
		}
	}
	return strings.ToUpper(hex.EncodeToString(value))
}

func textLines(list cryptobyte.String) ([]string, bool) {
	var lines []string
	for !list.Empty() {
		var one cryptobyte.String
		var tag asn1.Tag
		if !list.ReadAnyASN1(&one, &tag) {
			return nil, false
		}
		line, ok := decode(tag, one)
		if !ok {
			return nil, false
		}
		lines = append(lines, line)
	}
	return lines, len(lines) > 0
}

// Format formats RDNs as in RFC 4514, the last one first.
func Format(rdns [][]Attribute) string {
	var list []string
	for _, rdn := range slices.Backward(rdns) {
		var parts []string
		for _, a := range rdn {
			parts = append(parts, a.Type()+"="+escape(a.Value))
		}
		list = append(list, strings.Join(parts, "+"))
	}
	return strings.Join(list, ",")
}

// Text returns a DER Name as text, or der in hexadecimal if it is malformed.
func Text(der []byte) string {
	rdns, err := Attributes(der)
	if err != nil {
		return strings.ToUpper(hex.EncodeToString(der))
	}
	return Format(rdns)
}

// escape escapes a value (RFC 4514 §2.4).
func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == ',' || r == '+' || r == '"' || r == '\\' || r == '<' || r == '>' || r == ';',
			r == '#' && i == 0, r == ' ' && (i == 0 || i == len(s)-1):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == 0:
			b.WriteString(`\00`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
