package card_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"natsuin/card"
	"natsuin/card/virtual"
)

// A fileCard has one file, and returns at most the given number of bytes of it
// in one answer.
type fileCard struct {
	file  []byte
	most  int   // 0 means as many as were asked for
	asked []int // bytes, for each READ BINARY
}

func (f *fileCard) Transmit(cmd []byte) ([]byte, error) {
	if cmd[1] != 0xB0 {
		return []byte{0x90, 0x00}, nil
	}
	length := int(cmd[4])
	if length == 0 {
		length = 256
	}
	f.asked = append(f.asked, length)
	if f.most > 0 {
		length = min(length, f.most)
	}
	from := min(int(cmd[2])<<8|int(cmd[3]), len(f.file))
	to := min(from+length, len(f.file))
	return append(bytes.Clone(f.file[from:to]), 0x90, 0x00), nil
}

func (f *fileCard) read(t *testing.T) (*x509.Certificate, error) {
	t.Helper()
	c, err := card.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return c.Certificate(card.AuthCert)
}

// certificateOf makes a certificate of size bytes.
func certificateOf(t *testing.T, size int) []byte {
	t.Helper()
	der, padding := []byte(nil), size-900
	for range 3 {
		der = certificate(t, issuer("unit"), keys().holder.Public(), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 25, 1}, Value: make([]byte, padding)}}
		})
		padding += size - len(der)
	}
	if len(der) != size {
		t.Fatalf("%d bytes, want %d", len(der), size)
	}
	return der
}

func TestCertificateHasAtMost8192Bytes(t *testing.T) {
	f := &fileCard{file: certificateOf(t, 8192)}
	if cert, err := f.read(t); err != nil || len(cert.Raw) != 8192 || len(f.asked) != 32 {
		t.Errorf("8192 bytes: %v, %d reads", err, len(f.asked))
	}
	f = &fileCard{file: certificateOf(t, 8193)}
	if _, err := f.read(t); !errors.As(err, new(*card.BadCertificateError)) || len(f.asked) != 1 {
		t.Errorf("8193 bytes: %v, %d reads", err, len(f.asked))
	}
}

func TestCertificateIsReadInAtMost64Pieces(t *testing.T) {
	f := &fileCard{file: certificateOf(t, 64*20), most: 20}
	if _, err := f.read(t); err != nil || len(f.asked) != 64 {
		t.Errorf("64 pieces: %v, %d reads", err, len(f.asked))
	}
	f = &fileCard{file: certificateOf(t, 64*20+1), most: 20}
	if _, err := f.read(t); !errors.As(err, new(*card.BadCertificateError)) || len(f.asked) != 65 {
		t.Errorf("65 pieces: %v, %d reads", err, len(f.asked))
	}
}

func TestReadsAskForNoByteBehindTheCertificate(t *testing.T) {
	for _, size := range []int{1023, 1024, 1025} {
		f := &fileCard{file: append(certificateOf(t, size), bytes.Repeat([]byte{0xFF}, 600)...)}
		want := slices.Repeat([]int{256}, size/256)
		if rest := size % 256; rest > 0 {
			want = append(want, rest)
		}
		if _, err := f.read(t); err != nil || !slices.Equal(f.asked, want) {
			t.Errorf("%d bytes: %v, asked for %v", size, err, f.asked)
		}
	}
}

// The length of the second read shows which length was read from the header.
func TestHeaderOfACertificate(t *testing.T) {
	for header, second := range map[string]int{
		"\x30\x01":             0, // complete after the first read
		"\x30\x7F":             2 + 0x7F - 5,
		"\x30\x81\x80":         3 + 0x80 - 5,
		"\x30\x81\xFF":         3 + 0xFF - 5,
		"\x30\x82\x01\x00":     4 + 0x100 - 5,
		"\x30\x82\x01\x02":     256,
		"\x30\x82\x00\x85":     4 + 0x85 - 5,
		"\x30\x82\x1F\xFC":     256,
		"\x30\x82\x1F\xFD":     -1, // more than 8 KiB
		"\x30\x00":             -1,
		"\x30\x81\x00":         -1,
		"\x30\x80":             -1, // indefinite length
		"\x30\x83\x00\x01\x00": -1,
		"\x31\x7F":             -1,
	} {
		f := &fileCard{file: append([]byte(header), bytes.Repeat([]byte{1}, 9000)...), most: 5}
		_, err := f.read(t)
		want := []int{256}
		if second > 0 {
			want = append(want, second)
		}
		if !errors.As(err, new(*card.BadCertificateError)) || !slices.Equal(f.asked[:min(2, len(f.asked))], want) {
			t.Errorf("% X: %v, asked for %v, want %v", header, err, f.asked, want)
		}
	}
}

func TestHeaderOfACertificateTakesFourBytes(t *testing.T) {
	der := certificateOf(t, 1000)
	for _, first := range []int{3, 4} {
		f := &fileCard{file: der, most: first}
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			if len(f.asked) == 1 {
				f.most = 0
			}
			return f.Transmit(cmd)
		}))
		if err != nil {
			t.Fatal(err)
		}
		cert, err := c.Certificate(card.AuthCert)
		if ok := err == nil && bytes.Equal(cert.Raw, der); ok != (first == 4) {
			t.Errorf("%d bytes in the first read: %v", first, err)
		}
	}
}

func TestPresenceNeedsTwoBytes(t *testing.T) {
	for _, c := range []struct {
		hint []byte
		want card.Presence
	}{
		{[]byte{0x8F}, card.Presence{}},
		{[]byte{0x8F, 0x8F}, card.Presence{Known: true, Sign: true, Auth: true}},
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Hint = c.hint })
		v.Inject(virtual.Fault{At: 1, Effect: func(*virtual.Exchange) ([]byte, error) {
			return append(bytes.Clone(c.hint), 0x90, 0x00), nil
		}})
		if got, err := open(t, v).Presence(); err != nil || got != c.want {
			t.Errorf("%X: %+v, %v", c.hint, got, err)
		}
	}
}

func TestFirstAndLastCharactersOfASecret(t *testing.T) {
	for _, c := range []struct {
		cred     card.Credential
		in, want string
		how      card.Normalized
	}{
		{card.SignPassword, "AZ09AZ", "AZ09AZ", card.Normalized{}},
		{card.SignPassword, "az09az", "AZ09AZ", card.Normalized{Raised: true}},
		{card.SignPassword, "ZZZZZ9", "ZZZZZ9", card.Normalized{}},
		{card.SignPassword, "zzzzz9", "ZZZZZ9", card.Normalized{Raised: true}},
		{card.SignPassword, "ＡＺ０９ＡＺ", "AZ09AZ", card.Normalized{Folded: true}},
		{card.SignPassword, "ａｚ０９ａｚ", "AZ09AZ", card.Normalized{Raised: true, Folded: true}},
		{card.AuthPIN, "0990", "0990", card.Normalized{}},
		{card.AuthPIN, "０９９０", "0990", card.Normalized{Folded: true}},
	} {
		got, how, err := card.Normalize(c.cred, secret(c.in))
		if err != nil || !got.Equal(secret(c.want)) || how != c.how {
			t.Errorf("%s %q: %+v, %v", c.cred, c.in, how, err)
		}
	}
	// The neighbours of '0' to '9', of 'A' to 'Z' and of 'a' to 'z', the first
	// and last full-width form and their neighbours, and the characters on
	// either side of the end of ASCII.
	for _, outside := range []string{"/", ":", "@", "[", "`", "{", "！", "～", "\x7F", "\u0080", "\uFF00", "｟"} {
		for cred, in := range map[card.Credential]string{card.SignPassword: "ABC12" + outside, card.AuthPIN: "123" + outside} {
			want := map[card.Credential]card.FormReason{card.SignPassword: card.FormCharacter, card.AuthPIN: card.FormNotFour}[cred]
			var form *card.FormError
			if _, _, err := card.Normalize(cred, secret(in)); !errors.As(err, &form) || form.Reason != want {
				t.Errorf("%s %q: %v", cred, in, err)
			}
		}
	}
}

func TestWordsEndWithTheirTables(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		card.FormSingleClass: "single-class", card.FormSingleClass + 1: "unknown", card.FormReason(0): "unknown",
		card.WeakBirth: "birth", card.WeakBirth + 1: "unknown", card.WeakReason(0): "unknown",
		card.KindIPhone: "iphone", card.KindIPhone + 1: "unknown", card.KindUnknown: "unknown",
		card.SexUnknown: "unknown", card.SexUnknown + 1: "unknown", card.Sex(0): "", card.Male: "male",
		card.Reiwa: "reiwa", card.Reiwa + 1: "unknown", card.EraUnknown: "unknown", card.Meiji: "meiji",
	} {
		if got.String() != want {
			t.Errorf("%T(%d) is %q, want %q", got, got, got.String(), want)
		}
	}
}

func TestBirthIsKnownWithAllItsParts(t *testing.T) {
	for b, want := range map[card.Birth]bool{
		{Year: 1980, Month: 4, Day: 1}: true,
		{Year: 1, Month: 1, Day: 1}:    true,
		{Month: 4, Day: 1}:             false,
		{Year: 1980, Day: 1}:           false,
		{Year: 1980, Month: 4}:         false,
	} {
		if b.Known() != want {
			t.Errorf("%+v: known is not %v", b, want)
		}
	}
}

func TestFirstAndLastCodesOfAHolder(t *testing.T) {
	for _, c := range []struct {
		number, text string
		want         card.Holder
	}{
		{"3", "1", card.Holder{Sex: card.Male}},
		{"3", "3", card.Holder{Sex: card.SexUnknown}},
		{"3", "0", card.Holder{Unknown: []card.OtherName{{OID: arc + "3", Value: "0"}}}},
		{"3", "11", card.Holder{Unknown: []card.OtherName{{OID: arc + "3", Value: "11"}}}},
		{"4", "520191231", card.Holder{Birth: card.Birth{Era: card.Reiwa, Year: 2019, Month: 12, Day: 31}}},
		{"4", "118680101", card.Holder{Birth: card.Birth{Era: card.Meiji, Year: 1868, Month: 1, Day: 1}}},
	} {
		got, err := card.HolderOf(certificateWith(subjectAltName(otherName{arc + c.number, utf8String(c.text)})))
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s, %s: %+v, %v", c.number, c.text, got, err)
		}
	}
}

func TestHolderIsBounded(t *testing.T) {
	names := func(n int) (list []otherName) {
		for i := range n {
			list = append(list, otherName{fmt.Sprintf("%s100.%d", arc, i), utf8String("x")})
		}
		return list
	}
	long := func(n int) []otherName { // 4 bytes are the tag and the length
		return []otherName{{arc + "5", utf8String(strings.Repeat("x", n-4))}}
	}
	for name, c := range map[string]struct {
		names []otherName
		ok    bool
	}{
		"32 names": {names(32), true}, "33 names": {names(33), false},
		"1024 bytes": {long(1024), true}, "1025 bytes": {long(1025), false},
	} {
		if _, err := card.HolderOf(certificateWith(subjectAltName(c.names...))); errors.Is(err, card.ErrBadHolder) == c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One character repeated except for one other, and two characters alternating,
// are refused as a password but not as a PIN.
func TestRulesForLongSecretsDoNotCountForAPIN(t *testing.T) {
	for _, s := range []string{"1112", "2111", "1211", "1212"} {
		if err := card.CheckNew(card.AuthPIN, right(card.AuthPIN), secret(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestBirthOfAnUnknownEraHasNoEraYear(t *testing.T) {
	b := card.Birth{Year: 1980, Month: 4, Day: 1}
	if err := card.CheckBirth(card.SignPassword, secret("K000401M"), b); err != nil {
		t.Error(err)
	}
	b = card.Birth{Era: card.Reiwa, Year: 2019, Month: 5, Day: 1}
	if err := card.CheckBirth(card.SignPassword, secret("K010501M"), b); !errors.As(err, new(*card.WeakSecretError)) {
		t.Errorf("the first year of an era: %v", err)
	}
}
