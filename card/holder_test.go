package card_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"natsuin/card"
)

func certificateWith(san []byte) *x509.Certificate {
	return &x509.Certificate{Extensions: []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Value: []byte{3, 2, 6, 0xC0}},
		{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: san},
	}}
}

func TestHolderIsFoundByIdentifierInAnyOrder(t *testing.T) {
	want := card.Holder{
		Name: "捺印　花子", NameAlt: "00000", Sex: card.Female,
		Birth:   card.Birth{Era: card.Showa, Year: 1980, Month: 4, Day: 1},
		Address: "岩手県盛岡市内丸一番地" + strings.Repeat("あ", 120), AddressAlt: "0000000010",
	}
	seen := citizen()
	reversed := slices.Clone(seen)
	slices.Reverse(reversed)
	foreign := append([]otherName{{"2.25.184374126194146455454303695688590931723", []byte{5, 0}}, {"1.3.6.1.4.1.311.20.2.3", utf8String("upn")}}, seen...)
	for name, names := range map[string][]otherName{"as seen": seen, "reversed": reversed, "among others": foreign} {
		if got, err := card.HolderOf(certificateWith(subjectAltName(names...))); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	parsed, err := x509.ParseCertificate(fixture().Sign.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := card.HolderOf(parsed); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("from a whole certificate: %+v, %v", got, err)
	}
	if got := want.Birth.String(); got != "1980-04-01" || want.Birth.EraYear() != 55 || !want.Birth.Known() {
		t.Errorf("%s, year %d", got, want.Birth.EraYear())
	}
}

func TestHolderOfACertificateWithoutAny(t *testing.T) {
	for name, c := range map[string]*x509.Certificate{
		"no extension": {}, "no names": certificateWith(subjectAltName()),
		"a mail address": certificateWith([]byte{0x30, 5, 0x81, 3, 'a', '@', 'b'}),
	} {
		if got, err := card.HolderOf(c); err != nil || !got.Empty() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestHolderKeepsWhatItDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		in   otherName
		want card.OtherName
	}{
		"unknown number":      {otherName{arc + "7", utf8String("旧氏")}, card.OtherName{OID: arc + "7", Value: "旧氏"}},
		"below a known one":   {otherName{arc + "1.1", utf8String("x")}, card.OtherName{OID: arc + "1.1", Value: "x"}},
		"two-byte number":     {otherName{arc + "129", utf8String("x")}, card.OtherName{OID: arc + "129", Value: "x"}},
		"no UTF8String":       {otherName{arc + "1", []byte{0x13, 1, 'x'}}, card.OtherName{OID: arc + "1", Value: "130178"}},
		"no UTF-8":            {otherName{arc + "1", []byte{0x0C, 1, 0xFF}}, card.OtherName{OID: arc + "1", Value: "0C01FF"}},
		"two values":          {otherName{arc + "1", []byte{0x0C, 0, 0x0C, 0}}, card.OtherName{OID: arc + "1", Value: "0C000C00"}},
		"sex of no code":      {otherName{arc + "3", utf8String("4")}, card.OtherName{OID: arc + "3", Value: "4"}},
		"sex, empty":          {otherName{arc + "3", utf8String("")}, card.OtherName{OID: arc + "3", Value: ""}},
		"birth, short":        {otherName{arc + "4", utf8String("31980040")}, card.OtherName{OID: arc + "4", Value: "31980040"}},
		"birth, no digits":    {otherName{arc + "4", utf8String("3198０401")}, card.OtherName{OID: arc + "4", Value: "3198０401"}},
		"birth, era 6":        {otherName{arc + "4", utf8String("619800401")}, card.OtherName{OID: arc + "4", Value: "619800401"}},
		"birth, 13th month":   {otherName{arc + "4", utf8String("319801301")}, card.OtherName{OID: arc + "4", Value: "319801301"}},
		"birth, 32nd day":     {otherName{arc + "4", utf8String("319800432")}, card.OtherName{OID: arc + "4", Value: "319800432"}},
		"birth, minus a year": {otherName{arc + "4", utf8String("3-98000401")}, card.OtherName{OID: arc + "4", Value: "3-98000401"}},
	} {
		got, err := card.HolderOf(certificateWith(subjectAltName(c.in)))
		want := card.Holder{Unknown: []card.OtherName{c.want}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestBirthOfUnknownParts(t *testing.T) {
	for text, want := range map[string]card.Birth{
		"000000000": {}, "019800000": {Year: 1980}, "520190501": {Era: card.Reiwa, Year: 2019, Month: 5, Day: 1},
		"119120730": {Era: card.Meiji, Year: 1912, Month: 7, Day: 30},
	} {
		got, err := card.HolderOf(certificateWith(subjectAltName(otherName{arc + "4", utf8String(text)})))
		if err != nil || got.Birth != want || len(got.Unknown) != 0 {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	if (card.Birth{Year: 1980}).Known() || (card.Birth{Era: card.Reiwa, Year: 2019}).EraYear() != 1 || (card.Birth{Era: card.Reiwa, Year: 1980}).EraYear() != 0 {
		t.Error("parts of a date")
	}
}

func TestMalformedHolderIsRefused(t *testing.T) {
	many := make([]otherName, 40)
	for i := range many {
		many[i] = otherName{arc + "1." + string(rune('0'+i/10)) + string(rune('0'+i%10)), utf8String("x")}
	}
	for i := range many { // the arcs have no leading zeros
		many[i].oid = strings.Replace(many[i].oid, ".1.0", ".1.9", 1)
	}
	name := utf8String("x")
	for what, san := range map[string][]byte{
		"no sequence":     {0x04, 0},
		"trailing":        append(subjectAltName(citizen()...), 0),
		"truncated":       subjectAltName(citizen()...)[:40],
		"no value":        {0x30, 7, 0xA0, 5, 0x06, 3, 0x2A, 3, 4},
		"empty name":      {0x30, 2, 0xA0, 0},
		"twice the same":  subjectAltName(otherName{arc + "1", name}, otherName{arc + "1", name}),
		"too many":        subjectAltName(many...),
		"too long":        subjectAltName(otherName{arc + "1", utf8String(strings.Repeat("あ", 400))}),
		"identifier open": {0x30, 0x12, 0xA0, 0x10, 0x06, 0x0A, 0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x05, 0x81, 0xA0, 0x02, 0x0C, 0x00},
	} {
		if got, err := card.HolderOf(certificateWith(san)); !errors.Is(err, card.ErrBadHolder) || !reflect.DeepEqual(got, card.Holder{}) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func FuzzHolder(f *testing.F) {
	f.Add(subjectAltName(citizen()...))
	f.Add(subjectAltName(otherName{arc + "3", utf8String("9")}, otherName{"2.25.184374126194146455454303695688590931723", []byte{5, 0}}))
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, san []byte) {
		h, err := card.HolderOf(certificateWith(san))
		if err != nil && !reflect.DeepEqual(h, card.Holder{}) {
			t.Error("half a holder beside an error")
		}
		if h.Sex > card.SexUnknown || h.Birth.Month > 12 || h.Birth.Day > 31 || h.Birth.Era > card.Reiwa {
			t.Errorf("%+v", h)
		}
		_ = h.Birth.String() + h.Sex.String() + h.Birth.Era.String()
	})
}
