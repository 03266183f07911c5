package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"natsuin/sign/internal/cms"
)

// certificate returns a certificate with only the fields that the encoder uses.
func certificate(raw string) *x509.Certificate {
	return &x509.Certificate{
		Raw:          []byte("\x30" + string(rune(len(raw))) + raw),
		RawIssuer:    []byte{0x30, 0},
		SerialNumber: big.NewInt(1),
		PublicKey:    &rsa.PublicKey{},
	}
}

func signedData(t testing.TB) *cms.SignedData {
	t.Helper()
	cert := certificate("b")
	attributes, err := cms.Attributes{Hash: crypto.SHA256, Digest: make([]byte, 32), SigningTime: time.Unix(0, 0), Signer: cert}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sd, err := cms.New(cms.Signer{Hash: crypto.SHA256, Certificate: cert, Attributes: attributes, Signature: []byte("s")},
		[]*x509.Certificate{cert, certificate("a")})
	if err != nil {
		t.Fatal(err)
	}
	return sd
}

// readHeader reads a tag and a definite length in its shortest form.
func readHeader(t *testing.T, b []byte) (tag byte, length int64, rest []byte) {
	t.Helper()
	if len(b) < 2 {
		t.Fatal("no header")
	}
	tag, n, rest := b[0], int(b[1]), b[2:]
	if n < 0x80 {
		return tag, int64(n), rest
	}
	n &= 0x7f
	if n < 1 || n > 8 || n > len(rest) || rest[0] == 0 {
		t.Fatalf("length octets % x", b)
	}
	for _, o := range rest[:n] {
		length = length<<8 | int64(o)
	}
	if length < 0x80 {
		t.Fatalf("length %d in the long form", length)
	}
	return tag, length, rest[n:]
}

// The encoded lengths must add up. The content is not made, because the largest
// would not fit into memory.
func TestAttachedLengthsAddUpAtEveryBoundary(t *testing.T) {
	sd := signedData(t)
	sizes := []int64{0, 1, math.MaxInt64 / 2}
	for _, edge := range []int64{1 << 7, 1 << 8, 1 << 16, 1 << 24, 1 << 31, 1 << 32, 1 << 40} {
		for d := int64(-700); d <= 2; d++ { // so that every outer length crosses the boundary too
			if edge+d >= 0 {
				sizes = append(sizes, edge+d)
			}
		}
	}
	for _, size := range sizes {
		before, after, err := sd.Attached(size)
		if err != nil {
			t.Fatal(err)
		}
		end := int64(len(before)) + size + int64(len(after)) // of the whole encoding
		at := func(rest []byte) int64 { return int64(len(before) - len(rest)) }
		expect := func(b []byte, wantTag byte, wantEnd int64) []byte {
			tag, length, rest := readHeader(t, b)
			if tag != wantTag || at(rest)+length != wantEnd {
				t.Fatalf("size %d: tag %#x ends at %d, want tag %#x and %d", size, tag, at(rest)+length, wantTag, wantEnd)
			}
			return rest
		}
		skip := func(b []byte, wantTag byte) []byte {
			tag, length, rest := readHeader(t, b)
			if tag != wantTag {
				t.Fatalf("size %d: tag %#x, want %#x", size, tag, wantTag)
			}
			return rest[length:]
		}
		rest := expect(before, 0x30, end) // ContentInfo
		rest = skip(rest, 0x06)
		rest = expect(rest, 0xa0, end)
		rest = expect(rest, 0x30, end) // SignedData
		rest = skip(rest, 0x02)
		rest = skip(rest, 0x31)
		inner := end - int64(len(after))
		rest = expect(rest, 0x30, inner) // EncapsulatedContentInfo
		rest = skip(rest, 0x06)
		rest = expect(rest, 0xa0, inner)
		rest = expect(rest, 0x04, inner)
		if len(rest) != 0 {
			t.Fatalf("size %d: %d octets before the content", size, len(rest))
		}
	}
}

func TestAttachedParsesAtEverySmallBoundary(t *testing.T) {
	sd := signedData(t)
	for _, size := range []int64{0, 1, 127, 128, 255, 256, 65535, 65536} {
		before, after, err := sd.Attached(size)
		if err != nil {
			t.Fatal(err)
		}
		whole := append(append(before, make([]byte, size)...), after...)
		var ci struct {
			Type    asn1.ObjectIdentifier
			Content struct {
				Version      int
				Digests      asn1.RawValue
				Encapsulated struct {
					Type    asn1.ObjectIdentifier
					Content []byte `asn1:"explicit,tag:0"`
				}
				Certificates asn1.RawValue `asn1:"tag:0"`
				Signers      asn1.RawValue
			} `asn1:"explicit,tag:0"`
		}
		rest, err := asn1.Unmarshal(whole, &ci)
		if err != nil || len(rest) != 0 || int64(len(ci.Content.Encapsulated.Content)) != size {
			t.Errorf("size %d: %v, %d behind, content of %d", size, err, len(rest), len(ci.Content.Encapsulated.Content))
		}
	}
}

func TestAttachedRefusesWhatNoLengthCanSay(t *testing.T) {
	sd := signedData(t)
	for _, size := range []int64{-1, math.MinInt64, math.MaxInt64, math.MaxInt64 - 100} {
		if _, _, err := sd.Attached(size); err == nil {
			t.Errorf("size %d was accepted", size)
		}
	}
}

func TestTimeFormChangesWhereTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want string // tag, length, text
	}{
		{time.Date(1949, 12, 31, 23, 59, 59, 0, time.UTC), "\x18\x0f19491231235959Z"},
		{time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), "\x17\x0d500101000000Z"},
		{time.Date(2049, 12, 31, 23, 59, 59, 999, time.UTC), "\x17\x0d491231235959Z"},
		{time.Date(2050, 1, 1, 8, 59, 59, 0, time.FixedZone("JST", 9*3600)), "\x17\x0d491231235959Z"},
		{time.Date(2050, 1, 1, 9, 0, 0, 5, time.FixedZone("JST", 9*3600)), "\x18\x0f20500101000000Z"},
	} {
		t.Run(fmt.Sprint(c.at), func(t *testing.T) {
			out, err := cms.Attributes{Hash: crypto.SHA256, SigningTime: c.at, Signer: certificate("")}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			want := "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31" + string(rune(len(c.want))) + c.want
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("%x does not hold %x", out, want)
			}
		})
	}
	_, err := cms.Attributes{Hash: crypto.SHA256, SigningTime: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), Signer: certificate("")}.Marshal()
	if err == nil {
		t.Error("the year 10000 was encoded")
	}
}
