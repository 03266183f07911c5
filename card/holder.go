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

// A Holder is what a signature certificate says of its holder, the 基本4情報, in
// otherNames of the subjectAltName (docs/card.md §6). Everything is as the certificate says
// it: escape it before display.
type Holder struct {
	Name    string
	Address string
	Birth   Birth
	Sex     Sex
	// NameAlt and AddressAlt mark 代替文字: a 1 for each character that stands for
	// another one which the character set lacks, a 0 for each other.
	NameAlt, AddressAlt string
	// Unknown are otherNames below the same arc that docs/card.md does not list, and values
	// that have not its form.
	Unknown []OtherName
}

// OtherName is one of unknown meaning. Value is the text, or the DER in hexadecimal
// where it is no text.
type OtherName struct{ OID, Value string }

// Empty tells whether the certificate says nothing, as an authentication certificate does.
func (h Holder) Empty() bool {
	return h.Name == "" && h.Address == "" && h.Birth == Birth{} && h.Sex == 0 && len(h.Unknown) == 0
}

// Sex is the 性別 code of the certificate; 0 when there is none.
type Sex uint8

// The codes.
const (
	Male Sex = iota + 1
	Female
	SexUnknown
)

// String is "male", "female", "unknown", or "" for none.
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

// String is "meiji" … "reiwa" or "unknown".
func (e Era) String() string {
	return [...]string{"unknown", "meiji", "taisho", "showa", "heisei", "reiwa", "unknown"}[min(e, 6)]
}

// firstYear is the Gregorian year that is the first of each era.
var firstYear = map[Era]int{Meiji: 1868, Taisho: 1912, Showa: 1926, Heisei: 1989, Reiwa: 2019}

// Birth is a date of birth. A part that is not known is 0, as the certificate writes it.
type Birth struct {
	Era              Era
	Year, Month, Day int // the year is Gregorian
}

// Known tells whether the whole date is there.
func (b Birth) Known() bool { return b.Year > 0 && b.Month > 0 && b.Day > 0 }

// EraYear is the year within the era, 0 when the era is not known.
func (b Birth) EraYear() int {
	first, ok := firstYear[b.Era]
	if !ok || b.Year < first {
		return 0
	}
	return b.Year - first + 1
}

// String is YYYY-MM-DD, or empty for no date at all.
func (b Birth) String() string {
	if b == (Birth{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day)
}

// ErrBadHolder is a subjectAltName that is not what RFC 5280 §4.2.1.6 and docs/card.md §6 say.
var ErrBadHolder = errors.New("card: malformed holder data")

var (
	oidSubjectAltName = encoding.ObjectIdentifier{2, 5, 29, 17}
	// holderArc is 1.2.392.200149.8.5.5 in DER: bytes are compared, for cryptobyte
	// refuses arcs of more than 31 bits, which other people's names may have.
	holderArc   = []byte{0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x05}
	contextZero = asn1.Tag(0).Constructed().ContextSpecific()
)

// Bounds of hostile data.
const (
	maxHolderNames = 32
	maxHolderValue = 1024 // bytes of one value
)

// HolderOf reads the holder's data by object identifier, wherever in the extension
// each stands. A certificate without any gives the zero Holder. The error is
// ErrBadHolder.
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
			continue // another form of name
		}
		if !name.ReadASN1(&id, asn1.OBJECT_IDENTIFIER) || !name.ReadASN1(&value, contextZero) || !name.Empty() {
			return Holder{}, ErrBadHolder
		}
		last, ours := bytes.CutPrefix(id, holderArc)
		if !ours {
			continue // somebody else's name
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

// set keeps one value. What has not the form of docs/card.md §6 is kept as it is, among
// the unknown.
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

// parseBirth reads EYYYYMMDD; parts of zeros are not known.
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
