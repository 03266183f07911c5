package card

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	encoding "encoding/asn1"
)

// A Holder is the personal data (基本4情報) in a signature certificate, from the
// otherNames of its subjectAltName (docs/card.md §6). The text is unchanged:
// escape it before display.
type Holder struct {
	Name    string
	Address string
	Birth   Birth
	Sex     Sex
	// NameAlt and AddressAlt mark substitute characters (代替文字) with one digit
	// per character: 1 if it replaces a character outside the character set,
	// and otherwise 0.
	NameAlt, AddressAlt string
	// Unknown holds the otherNames under 1.2.392.200149.8.5.5 that docs/card.md
	// §6 does not list, and those whose value does not have the form listed
	// there.
	Unknown []OtherName
}

// An OtherName is an otherName of unknown meaning. Value is its text, or its
// DER in hexadecimal if it is not text.
type OtherName struct{ OID, Value string }

// Empty reports whether the certificate has no personal data. NameAlt and
// AddressAlt alone do not count.
func (h Holder) Empty() bool {
	return h.Name == "" && h.Address == "" && h.Birth == Birth{} && h.Sex == 0 && len(h.Unknown) == 0
}

// Sex is the 性別 code of the certificate, or 0 if it has none.
type Sex uint8

// The codes.
const (
	Male Sex = iota + 1
	Female
	SexUnknown
)

// String returns "male", "female" or "unknown", or "" for 0.
func (s Sex) String() string { return [...]string{"", "male", "female", "unknown"}[min(s, 3)] }

// Era is the 元号 code of the certificate.
type Era uint8

// The codes of docs/card.md §6.
const (
	EraUnknown Era = iota
	Meiji
	Taisho
	Showa
	Heisei
	Reiwa
)

// String returns "meiji", "taisho", "showa", "heisei", "reiwa" or "unknown".
func (e Era) String() string {
	return [...]string{"unknown", "meiji", "taisho", "showa", "heisei", "reiwa", "unknown"}[min(e, 6)]
}

// firstYear holds the first year of each era, in the Gregorian calendar.
var firstYear = map[Era]int{Meiji: 1868, Taisho: 1912, Showa: 1926, Heisei: 1989, Reiwa: 2019}

// Birth is a date of birth. An unknown part is 0, as in the certificate.
type Birth struct {
	Era              Era
	Year, Month, Day int // the year is Gregorian
}

// Known reports whether year, month and day are all known.
func (b Birth) Known() bool { return b.Year > 0 && b.Month > 0 && b.Day > 0 }

// EraYear returns the year within the era, or 0 if the era is unknown or began
// after the year.
func (b Birth) EraYear() int {
	first, ok := firstYear[b.Era]
	if !ok || b.Year < first {
		return 0
	}
	return b.Year - first + 1
}

// String returns the date as YYYY-MM-DD, or "" for the zero Birth.
func (b Birth) String() string {
	if b == (Birth{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day)
}

// ErrBadHolder means that a subjectAltName does not have the form of RFC 5280
// §4.2.1.6 and docs/card.md §6, contains an object identifier of docs/card.md
// §6 twice, or exceeds a limit of this package.
var ErrBadHolder = errors.New("card: malformed holder data")

var (
	oidSubjectAltName = encoding.ObjectIdentifier{2, 5, 29, 17}
	// holderArc is 1.2.392.200149.8.5.5 in DER. It is compared as bytes because
	// cryptobyte refuses arcs of more than 31 bits, which other names may have.
	holderArc   = []byte{0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x05}
	contextZero = asn1.Tag(0).Constructed().ContextSpecific()
)

// Limits for hostile data.
const (
	maxHolderNames = 32
	maxHolderValue = 1024 // bytes of one value
)

// HolderOf returns the holder's data. It finds them by their object identifiers
// and not by their positions. For a certificate without such data it returns
// the zero [Holder]. The error is [ErrBadHolder].
func HolderOf(cert *x509.Certificate) (Holder, error) {
	for _, ext := range cert.Extensions {
		if ext.Id.Equal(oidSubjectAltName) {
			return parseHolder(ext.Value)
		}
	}
	return Holder{}, nil
}

func parseHolder(der []byte) (Holder, error) {
	s := cryptobyte.String(der)
	var names cryptobyte.String
	if !s.ReadASN1(&names, asn1.SEQUENCE) || !s.Empty() {
		return Holder{}, ErrBadHolder
	}
	var h Holder
	seen := map[string]bool{}
	for !names.Empty() {
		var name, id, value cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return Holder{}, ErrBadHolder
		}
		if tag != contextZero {
			continue // another kind of name
		}
		if !name.ReadASN1(&id, asn1.OBJECT_IDENTIFIER) || !name.ReadASN1(&value, contextZero) || !name.Empty() {
			return Holder{}, ErrBadHolder
		}
		last, ours := bytes.CutPrefix(id, holderArc)
		if !ours {
			continue // a name that another authority has defined
		}
		if seen[string(last)] || len(seen) == maxHolderNames || len(value) > maxHolderValue {
			return Holder{}, ErrBadHolder
		}
		seen[string(last)] = true
		if err := h.set(id, last, value); err != nil {
			return Holder{}, err
		}
	}
	return h, nil
}

// set stores one value. It adds the value to h.Unknown if docs/card.md §6 does
// not list its object identifier, or if it does not have the form listed there.
func (h *Holder) set(id, last []byte, value cryptobyte.String) error {
	var oid x509.OID
	if err := oid.UnmarshalBinary(id); err != nil {
		return ErrBadHolder
	}
	var utf8String cryptobyte.String
	inner := value
	if !inner.ReadASN1(&utf8String, asn1.UTF8String) || !inner.Empty() || !utf8.Valid(utf8String) {
		h.Unknown = append(h.Unknown, OtherName{oid.String(), fmt.Sprintf("%X", []byte(value))})
		return nil
	}
	text, known := string(utf8String), len(last) == 1
	if known {
		switch last[0] {
		case 1:
			h.Name = text
		case 2:
			h.NameAlt = text
		case 3:
			h.Sex, known = parseSex(text)
		case 4:
			h.Birth, known = parseBirth(text)
		case 5:
			h.Address = text
		case 6:
			h.AddressAlt = text
		default:
			known = false
		}
	}
	if !known {
		h.Unknown = append(h.Unknown, OtherName{oid.String(), text})
	}
	return nil
}

func parseSex(text string) (Sex, bool) {
	if len(text) != 1 || text < "1" || text > "3" {
		return 0, false
	}
	return Sex(text[0] - '0'), true
}

// parseBirth parses EYYYYMMDD. A part with only zeros is unknown.
func parseBirth(text string) (Birth, bool) {
	if len(text) != 9 || !all([]byte(text), isDigit) {
		return Birth{}, false
	}
	number := func(from, to int) int {
		n := 0
		for _, c := range text[from:to] {
			n = n*10 + int(c-'0')
		}
		return n
	}
	b := Birth{Era: Era(number(0, 1)), Year: number(1, 5), Month: number(5, 7), Day: number(7, 9)}
	if b.Era > Reiwa || b.Month > 12 || b.Day > 31 {
		return Birth{}, false
	}
	return b, true
}
