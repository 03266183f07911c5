package card

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	encoding "encoding/asn1"
)

// A Holder is what a signature certificate says of its holder, the 基本4情報, in
// otherNames of the subjectAltName (CARD.md §6). Everything is as the certificate says
// it: escape it before display.
type Holder struct {
	Name    string
	Address string
	Birth   Birth
	Sex     Sex
	// NameAlt and AddressAlt mark 代替文字: a 1 for each character that stands for
	// another one which the character set lacks, a 0 for each other.
	NameAlt, AddressAlt string
	// Unknown are otherNames below the same arc that CARD.md does not list.
	Unknown []OtherName
}

// OtherName is one of unknown meaning.
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

// The codes of CARD.md §6.
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

// ErrBadHolder is a subjectAltName that is not what RFC 5280 §4.2.1.6 and CARD.md §6 say.
var ErrBadHolder = errors.New("card: malformed holder data")

var (
	oidSubjectAltName = encoding.ObjectIdentifier{2, 5, 29, 17}
	holderArc         = "1.2.392.200149.8.5.5."
)

const maxHolderValue = 1024 // bytes of one otherName

// HolderOf reads the holder's data by object identifier, wherever in the extension
// each stands. A certificate without any gives the zero Holder.
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
		var name cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return Holder{}, ErrBadHolder
		}
		if tag != asn1.Tag(0).Constructed().ContextSpecific() {
			continue // another form of name
		}
		oid, value, err := readOtherName(name)
		if err != nil {
			return Holder{}, err
		}
		last, ours := strings.CutPrefix(oid, holderArc)
		if !ours {
			continue
		}
		if seen[oid] || len(seen) == 32 {
			return Holder{}, ErrBadHolder
		}
		seen[oid] = true
		if err := h.set(last, oid, value); err != nil {
			return Holder{}, err
		}
	}
	return h, nil
}

// readOtherName reads type-id and the UTF8String in value [0].
func readOtherName(s cryptobyte.String) (oid, value string, err error) {
	var id encoding.ObjectIdentifier
	var wrapped, text cryptobyte.String
	if !s.ReadASN1ObjectIdentifier(&id) ||
		!s.ReadASN1(&wrapped, asn1.Tag(0).Constructed().ContextSpecific()) || !s.Empty() {
		return "", "", ErrBadHolder
	}
	if !strings.HasPrefix(id.String(), holderArc) {
		return id.String(), "", nil
	}
	if !wrapped.ReadASN1(&text, asn1.UTF8String) || !wrapped.Empty() || len(text) > maxHolderValue || !utf8.Valid(text) {
		return "", "", ErrBadHolder
	}
	return id.String(), string(text), nil
}

func (h *Holder) set(last, oid, value string) error {
	var err error
	switch last {
	case "1":
		h.Name = value
	case "2":
		h.NameAlt = value
	case "3":
		if len(value) != 1 || value < "1" || value > "3" {
			return ErrBadHolder
		}
		h.Sex = Sex(value[0] - '0')
	case "4":
		h.Birth, err = parseBirth(value)
	case "5":
		h.Address = value
	case "6":
		h.AddressAlt = value
	default:
		h.Unknown = append(h.Unknown, OtherName{oid, value})
	}
	return err
}

// parseBirth reads EYYYYMMDD.
func parseBirth(value string) (Birth, error) {
	if len(value) != 9 || !all([]byte(value), isDigit) {
		return Birth{}, ErrBadHolder
	}
	number := func(from, to int) int { n, _ := strconv.Atoi(value[from:to]); return n }
	b := Birth{Era: Era(number(0, 1)), Year: number(1, 5), Month: number(5, 7), Day: number(7, 9)}
	if b.Era > Reiwa || b.Month > 12 || b.Day > 31 {
		return Birth{}, ErrBadHolder
	}
	return b, nil
}
