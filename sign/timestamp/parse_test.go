package timestamp_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/sign/timestamp"
)

// signatureValue is the value that the sample tokens cover.
var signatureValue = []byte("signature value")

// fields are the encoded fields of a TSTInfo, in order; empty ones are left
// out.
type fields struct{ version, policy, imprint, serial, time, accuracy, ordering, nonce, tsa, extensions string }

func minimal() fields {
	sum := sha256.Sum256(signatureValue)
	return fields{
		version: "020101",
		policy:  "06042a030405",
		imprint: "302f" + "300b0609608648016503040201" + "0420" + hex.EncodeToString(sum[:]),
		serial:  "02020080",
		time:    "180f" + hex.EncodeToString([]byte("20260405060708Z")),
	}
}

func (f fields) encode(t testing.TB) []byte {
	t.Helper()
	body, err := hex.DecodeString(f.version + f.policy + f.imprint + f.serial + f.time + f.accuracy + f.ordering + f.nonce + f.tsa + f.extensions)
	if err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: body})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestParseReadsEveryField(t *testing.T) {
	f := minimal()
	f.time = "1813" + hex.EncodeToString([]byte("20260405060708.045Z"))
	f.accuracy = "300a" + "020101" + "800201f4" + "810164"
	f.ordering = "0101ff"
	f.nonce = "0203112233"
	f.tsa = "a006" + "8604" + hex.EncodeToString([]byte("urn:"))
	f.extensions = "a10a" + "3008" + "06022a03" + "04020500"
	info, err := timestamp.Parse(f.encode(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 4, 5, 6, 7, 8, 45e6, time.UTC); !info.GenTime.Equal(want) {
		t.Errorf("time: %v, want %v", info.GenTime, want)
	}
	if want := 1500*time.Millisecond + 100*time.Microsecond; info.Accuracy != want {
		t.Errorf("accuracy: %v, want %v", info.Accuracy, want)
	}
	if info.Policy.String() != "1.2.3.4.5" || info.Hash != crypto.SHA256 ||
		info.SerialNumber.Cmp(big.NewInt(0x80)) != 0 {
		t.Errorf("fields: %+v", info)
	}
}

func TestMatchesOnlyTheSignatureThatWasStamped(t *testing.T) {
	info, err := timestamp.Parse(minimal().encode(t))
	if err != nil {
		t.Fatal(err)
	}
	if !info.Matches(signatureValue) {
		t.Error("the stamped signature does not match")
	}
	if info.Matches([]byte("another value")) {
		t.Error("another signature matches")
	}
	unknown := minimal()
	unknown.imprint = "3009" + "3004" + "06022a03" + "040100"
	info, err = timestamp.Parse(unknown.encode(t))
	if err != nil {
		t.Fatal(err)
	}
	if info.Hash != 0 || info.Matches(signatureValue) {
		t.Error("an imprint by an unknown hash matches")
	}
}

func TestParseNamesTheFieldItRefuses(t *testing.T) {
	text := func(s string) string {
		return hex.EncodeToString([]byte{24, byte(len(s))}) + hex.EncodeToString([]byte(s))
	}
	for _, c := range []struct {
		name, field string
		change      func(*fields)
	}{
		{"version 2", "version", func(f *fields) { f.version = "020102" }},
		{"no version", "version", func(f *fields) { f.version = "" }},
		{"no policy", "policy", func(f *fields) { f.policy = "" }},
		{"digest shorter than its hash", "message imprint", func(f *fields) { f.imprint = "3010" + "300b0609608648016503040201" + "040100" }},
		{"hash with parameters", "message imprint", func(f *fields) { f.imprint = "3013" + "300e0609608648016503040201020100" + "040100" }},
		{"serial number not shortest", "serial number", func(f *fields) { f.serial = "02020001" }},
		{"serial number of 65 octets", "serial number", func(f *fields) { f.serial = "0241" + "01" + strings.Repeat("00", 64) }},
		{"fraction with a trailing zero", "time", func(f *fields) { f.time = text("20260405060708.10Z") }},
		{"fraction by comma", "time", func(f *fields) { f.time = text("20260405060708,1Z") }},
		{"time zone", "time", func(f *fields) { f.time = text("20260405060708+0900") }},
		{"no seconds", "time", func(f *fields) { f.time = text("202604050607Z") }},
		{"13th month", "time", func(f *fields) { f.time = text("20261305060708Z") }},
		{"1000 milliseconds", "accuracy", func(f *fields) { f.accuracy = "3004" + "800203e8" }},
		{"0 microseconds", "accuracy", func(f *fields) { f.accuracy = "3003" + "810100" }},
		{"negative seconds", "accuracy", func(f *fields) { f.accuracy = "3003" + "0201ff" }},
		{"accuracy fields out of order", "accuracy", func(f *fields) { f.accuracy = "3006" + "810101" + "800101" }},
		{"ordering of 1", "ordering", func(f *fields) { f.ordering = "010101" }},
		{"two names", "authority", func(f *fields) { f.tsa = "a004" + "8600" + "8600" }},
		{"critical extension", "critical extension", func(f *fields) { f.extensions = "a10d" + "300b" + "06022a03" + "0101ff" + "04020500" }},
		{"extension twice", "extensions", func(f *fields) { f.extensions = "a110" + strings.Repeat("3006"+"06022a03"+"0400", 2) }},
		{"no extension in the list", "extensions", func(f *fields) { f.extensions = "a100" }},
		{"something behind", "end", func(f *fields) { f.extensions = "0500" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := minimal()
			c.change(&f)
			_, err := timestamp.Parse(f.encode(t))
			var syntax *timestamp.SyntaxError
			if !errors.As(err, &syntax) || syntax.Field != c.field {
				t.Errorf("error %v, want one about %q", err, c.field)
			}
		})
	}
	if _, err := timestamp.Parse(append(minimal().encode(t), 0)); err == nil {
		t.Error("a byte behind the sequence was accepted")
	}
}

// tokens returns the TSTInfos of the time-stamp tokens in the shared vectors.
// It finds each by the content type before it.
func tokens(t testing.TB) map[string][]byte {
	root := filepath.Join("..", "..", "..", "shared", "data", "cms")
	if _, err := os.Stat(root); err != nil {
		t.Logf("shared vectors are not here: %v", err)
		return nil
	}
	marker, err := asn1.Marshal(timestamp.OIDContent)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for {
			i := bytes.Index(data, marker)
			if i < 0 {
				return nil
			}
			data = data[i+len(marker):]
			var explicit, octets asn1.RawValue
			if _, err := asn1.Unmarshal(data, &explicit); err != nil || explicit.Class != asn1.ClassContextSpecific {
				continue
			}
			if _, err := asn1.Unmarshal(explicit.Bytes, &octets); err == nil && octets.Tag == asn1.TagOctetString && !octets.IsCompound {
				found[filepath.Base(path)+" "+hex.EncodeToString(octets.Bytes[max(0, len(octets.Bytes)-8):])] = octets.Bytes
			}
		}
	})
	return found
}

func TestParseReadsTokensThatOthersMade(t *testing.T) {
	all := tokens(t)
	if all == nil {
		t.Skip("shared vectors are not here")
	}
	if len(all) < 10 {
		t.Fatalf("only %d tokens found", len(all))
	}
	for name, raw := range all {
		info, err := timestamp.Parse(raw)
		if err != nil {
			t.Errorf("%s: %v\n%x", name, err, raw)
			continue
		}
		if y := info.GenTime.Year(); y < 2000 || y > 2030 || info.Hash == 0 {
			t.Errorf("%s: %+v", name, info)
		}
	}
	t.Logf("%d tokens", len(all))
}

func FuzzParse(f *testing.F) {
	f.Add(minimal().encode(f))
	full := minimal()
	full.accuracy, full.ordering, full.nonce = "3009020101800101810101", "0101ff", "020101"
	full.tsa, full.extensions = "a0028600", "a108300606022a030400"
	f.Add(full.encode(f))
	for _, raw := range tokens(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		info, err := timestamp.Parse(raw)
		if err != nil {
			var syntax *timestamp.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		if info.SerialNumber == nil || info.Accuracy < 0 || info.Policy.String() == "" {
			t.Fatalf("accepted without its fields: %+v", info)
		}
		info.Matches(raw)
	})
}

// TestParseLimits pins each limit: so much is accepted, and one more is not.
func TestParseLimits(t *testing.T) {
	sequence := func(tag byte, parts ...string) string {
		body, err := hex.DecodeString(strings.Join(parts, ""))
		if err != nil {
			t.Fatal(err)
		}
		n := len(body)
		return hex.EncodeToString([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + hex.EncodeToString(body)
	}
	extension := func(arc int, value string) string {
		oid := hex.EncodeToString([]byte{0x06, 2, 0x2a, byte(arc)})
		n := (len(oid) + len(value)) / 2
		return hex.EncodeToString([]byte{0x30, byte(n)}) + oid + value
	}
	size := func(n int) fields {
		f := minimal()
		padding := n - len(f.encode(t)) - 4*4 - 2 // headers; the outer one grows by two
		f.extensions = sequence(0xa1, sequence(0x30, "06022a03", sequence(0x04, strings.Repeat("00", padding))))
		return f
	}
	for name, c := range map[string]struct {
		most  int
		field string
		make  func(n int) fields
	}{
		"octets": {64 << 10, "size", size},
		"octets of the serial number": {64, "serial number", func(n int) fields {
			f := minimal()
			f.serial = hex.EncodeToString([]byte{0x02, byte(n), 1}) + strings.Repeat("00", n-1)
			return f
		}},
		"extensions": {32, "extensions", func(n int) fields {
			f := minimal()
			var all string
			for i := range n {
				all += extension(i, "0400")
			}
			f.extensions = sequence(0xa1, all)
			return f
		}},
	} {
		most := c.make(c.most).encode(t)
		if name == "octets" && len(most) != c.most {
			t.Fatalf("%d octets, want %d", len(most), c.most)
		}
		if _, err := timestamp.Parse(most); err != nil {
			t.Errorf("%s, %d: %v", name, c.most, err)
		}
		var syntax *timestamp.SyntaxError
		if _, err := timestamp.Parse(c.make(c.most + 1).encode(t)); !errors.As(err, &syntax) || syntax.Field != c.field {
			t.Errorf("%s, %d: %v", name, c.most+1, err)
		}
	}
}
