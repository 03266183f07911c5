package cms_test

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"io"
	"testing"

	"natsuin/sign/internal/cms"
)

var kind = asn1.ObjectIdentifier{1, 2, 3, 4}

// sparse is a message whose content is zeros that are not in memory.
type sparse struct {
	before, after []byte
	size          int64 // of the content
	read          int64
}

func (s *sparse) Size() int64 { return int64(len(s.before)) + s.size + int64(len(s.after)) }

func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	for i := range b {
		at := off + int64(i)
		switch {
		case at < int64(len(s.before)):
			b[i] = s.before[at]
		case at-int64(len(s.before)) < s.size:
			b[i] = 0
		case at < s.Size():
			b[i] = s.after[at-int64(len(s.before))-s.size]
		default:
			return i, io.EOF
		}
	}
	s.read += int64(len(b))
	return len(b), nil
}

// Attributes are added to a message of up to 2^45 bytes, of which at most 64
// KiB are read.
func TestAttributesAreAddedToAMessageOfAnySize(t *testing.T) {
	sd := signedData(t)
	for _, size := range []int64{0, 100, 1 << 20, 6 << 30, 1 << 45} {
		before, after, err := sd.Attached(size)
		if err != nil {
			t.Fatal(err)
		}
		in := &sparse{before: before, after: after, size: size}
		m, err := cms.Parse(in, in.Size())
		if err != nil {
			t.Fatalf("%d: %v", size, err)
		}
		value := bytes.Repeat([]byte{5, 0}, 1000)
		out := m.With([]cms.SignerInfo{m.Signers[0].WithUnsigned(kind, value)})
		stamped, err := sd.Stamped(kind, value)
		if err != nil {
			t.Fatal(err)
		}
		wantBefore, wantAfter, err := stamped.Attached(size)
		if err != nil {
			t.Fatal(err)
		}
		front, back := make([]byte, len(wantBefore)), make([]byte, len(wantAfter))
		if out.Size() != int64(len(wantBefore))+size+int64(len(wantAfter)) {
			t.Fatalf("%d: %d octets", size, out.Size())
		}
		if _, err := out.ReadAt(front, 0); err != nil || !bytes.Equal(front, wantBefore) {
			t.Errorf("%d: before the content: %v", size, err)
		}
		if _, err := out.ReadAt(back, out.Size()-int64(len(back))); err != nil || !bytes.Equal(back, wantAfter) {
			t.Errorf("%d: after the content: %v", size, err)
		}
		if in.read > 64<<10 {
			t.Errorf("%d: %d octets read", size, in.read)
		}
		again, err := cms.Parse(out, out.Size())
		if err != nil || !again.Signers[0].HasUnsigned(kind) || again.Signers[0].HasUnsigned(asn1.ObjectIdentifier{1, 2, 3}) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

// A range of a message made of pieces has the bytes of the whole message.
func TestPiecesAreReadAsOne(t *testing.T) {
	in := signedData(t).Detached()
	m, err := cms.Parse(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	out := m.With(m.Signers)
	whole := make([]byte, out.Size())
	for from := range whole {
		for to := from; to <= len(whole); to += 13 {
			b := make([]byte, to-from)
			if n, err := out.ReadAt(b, int64(from)); n != len(b) || err != nil || !bytes.Equal(b, in[from:to]) {
				t.Fatalf("%d to %d: %d, %v", from, to, n, err)
			}
		}
	}
	if n, err := out.ReadAt(make([]byte, 10), out.Size()-4); n != 4 || err != io.EOF {
		t.Errorf("over the end: %d, %v", n, err)
	}
	if _, err := out.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("before the beginning")
	}
}

// indefinite rewrites the outermost levels with indefinite lengths.
func indefinite(t testing.TB, message []byte, levels int) []byte {
	t.Helper()
	var raw asn1.RawValue
	if rest, err := asn1.Unmarshal(message, &raw); err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	body := raw.Bytes
	if levels > 1 {
		i := 0
		if message[0] == 0x30 && body[0] == 0x06 { // the type comes first
			i = 2 + int(body[1])
		}
		body = append(append([]byte(nil), body[:i]...), indefinite(t, body[i:], levels-1)...)
	}
	return append(append([]byte{message[0], 0x80}, body...), 0, 0)
}

func TestIndefiniteLengthsStay(t *testing.T) {
	der := signedData(t).Detached()
	value := []byte{5, 0}
	for levels := 1; levels <= 3; levels++ {
		in := indefinite(t, der, levels)
		m, err := cms.Parse(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		out := m.With([]cms.SignerInfo{m.Signers[0].WithUnsigned(kind, value)})
		got := make([]byte, out.Size())
		if _, err := out.ReadAt(got, 0); err != nil {
			t.Fatal(err)
		}
		stamped, err := signedData(t).Stamped(kind, value)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, indefinite(t, stamped.Detached(), levels)) {
			t.Errorf("%d levels: %x", levels, got)
		}
		for n := range in {
			if _, err := cms.Parse(bytes.NewReader(in[:n]), int64(n)); !errors.As(err, new(*cms.SyntaxError)) {
				t.Fatalf("%d levels, cut at %d: %v", levels, n, err)
			}
		}
	}
}

// A message at each limit is accepted, and one beyond it is refused.
func TestMessageLimits(t *testing.T) {
	der := signedData(t).Detached()
	m, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(signers []cms.SignerInfo) error {
		out := m.With(signers)
		_, err := cms.Parse(out, out.Size())
		return err
	}
	many := make([]cms.SignerInfo, 65)
	for i := range many {
		many[i] = m.Signers[0]
	}
	if err := parse(many[:64]); err != nil {
		t.Errorf("64 signers: %v", err)
	}
	if err := parse(many); !errors.As(err, new(*cms.SyntaxError)) {
		t.Errorf("65 signers: %v", err)
	}
	const most = 12 << 20
	big := func(n int) []cms.SignerInfo {
		return []cms.SignerInfo{m.Signers[0].WithUnsigned(kind, make([]byte, n))}
	}
	// The largest value that fits is found by its neighbour, which does not.
	low, high := most-2000, most
	for low+1 < high {
		if mid := (low + high) / 2; parse(big(mid)) == nil {
			low = mid
		} else {
			high = mid
		}
	}
	if fits := m.With(big(low)); fits.Size()-int64(len(der)) < most-2000 || parse(big(low)) != nil || parse(big(low+1)) == nil {
		t.Errorf("the largest has %d octets", fits.Size())
	}
	deep := append(bytes.Repeat([]byte{0x24, 0x80}, 40), bytes.Repeat([]byte{0, 0}, 40)...)
	if err := parseWithContent(t, deep[2*9:len(deep)-2*9]); err != nil {
		t.Errorf("31 levels below it: %v", err)
	}
	if err := parseWithContent(t, deep[2*8:len(deep)-2*8]); !errors.As(err, new(*cms.SyntaxError)) {
		t.Errorf("32 levels below it: %v", err)
	}
}

// parseWithContent parses a message of indefinite lengths whose
// EncapsulatedContentInfo has a content in BER.
func parseWithContent(t *testing.T, content []byte) error {
	t.Helper()
	der := signedData(t).Detached()
	encap := []byte{0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}
	with := append(append(append([]byte{0x30, 0x80}, encap[2:]...), content...), 0, 0)
	in := bytes.Replace(indefinite(t, der, 3), encap, with, 1)
	_, err := cms.Parse(bytes.NewReader(in), int64(len(in)))
	return err
}

func FuzzParseMessage(f *testing.F) {
	der := signedData(f).Detached()
	f.Add(der)
	f.Add(indefinite(f, der, 3))
	before, after, err := signedData(f).Attached(5)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(append(before, "12345"...), after...))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := cms.Parse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if !errors.As(err, new(*cms.SyntaxError)) {
				t.Fatalf("%v", err)
			}
			return
		}
		out := m.With([]cms.SignerInfo{m.Signers[0].WithUnsigned(kind, []byte{5, 0})})
		again, err := cms.Parse(out, out.Size())
		if err != nil || len(again.Signers) != 1 || !again.Signers[0].HasUnsigned(kind) || !bytes.Equal(again.Signers[0].Value, m.Signers[0].Value) {
			t.Fatalf("%v", err)
		}
	})
}
