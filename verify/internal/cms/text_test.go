package cms_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"

	"natsuin/verify/internal/cms"
)

// step is the number of bytes that are decoded from base64 at once.
const step = 48 << 10

// sample returns bytes that differ from step to step. The first one is not that
// of a binary message.
func sample(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/step*31 + 1)
	}
	return b
}

func TestBase64OfEveryLength(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 6, step - 1, step, step + 1, step + 2, 2 * step, 2*step + 1} {
		want := sample(n)
		text := base64.StdEncoding.EncodeToString(want)
		for form, text := range map[string]string{"padded": text, "in lines": wrapLines(text, 64) + "\n"} {
			in, err := cms.Open(strings.NewReader(text), int64(len(text)))
			if err != nil {
				t.Errorf("%d bytes, %s: %v", n, form, err)
				continue
			}
			got := make([]byte, n+10)
			m, err := in.Message.ReadAt(got, 0)
			if in.Size != int64(n) || in.Form != cms.Base64 || err != io.EOF || !bytes.Equal(got[:m], want) {
				t.Errorf("%d bytes, %s: size %d, read %d, %v", n, form, in.Size, m, err)
			}
		}
	}
}

func TestBase64IsReadFirstAtAnyOffset(t *testing.T) {
	want := sample(3*step + 100)
	text := wrapLines(base64.StdEncoding.EncodeToString(want), 64)
	for _, off := range []int{step + 1, 2*step - 1, step - 1, step, 2 * step, 3*step + 99, 0} {
		in, err := cms.Open(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 1)
		if _, err := in.Message.ReadAt(got, int64(off)); err != nil || got[0] != want[off] {
			t.Errorf("at %d: %x, want %x, %v", off, got[0], want[off], err)
		}
	}
	in, err := cms.Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []int64{-1, int64(len(want)), int64(len(want)) + step} {
		if n, err := in.Message.ReadAt(make([]byte, 1), off); n != 0 || err != io.EOF {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
	}
}

// A disk reads a text and counts the bytes, or returns an error if one is set.
type disk struct {
	text string
	err  error
	read int
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := strings.NewReader(d.text).ReadAt(p, off)
	d.read += n
	return n, err
}

func TestBase64AfterAFailedReadIsReadAnew(t *testing.T) {
	want := sample(4 * step)
	d := &disk{text: wrapLines(base64.StdEncoding.EncodeToString(want), 64)}
	in, err := cms.Open(d, int64(len(d.text)))
	if err != nil {
		t.Fatal(err)
	}
	good := func(when string) {
		t.Helper()
		for _, off := range []int{step, step + 1000, 0, 3 * step} {
			got := make([]byte, 100)
			if _, err := in.Message.ReadAt(got, int64(off)); err != nil || !bytes.Equal(got, want[off:off+100]) {
				t.Errorf("%s, at %d: %v", when, off, err)
			}
		}
	}
	good("at first")
	whole := d.text
	fire := errors.New("disk on fire")
	d.err = fire
	if _, err := in.Message.ReadAt(make([]byte, 1), 2*step); !errors.Is(err, fire) {
		t.Errorf("a failed read: %v", err)
	}
	d.err = nil
	good("after a failed read")

	for name, changed := range map[string]string{
		"fewer digits":  whole[:len(whole)-4] + "    ",
		"another digit": whole[:len(whole)-1000] + "*" + whole[len(whole)-999:],
	} {
		if _, err := in.Message.ReadAt(make([]byte, 1), 0); err != nil { // a position other than the end
			t.Fatal(err)
		}
		d.text = changed
		if _, err := in.Message.ReadAt(make([]byte, 1), 3*step+1); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
		d.text = whole
		good("after " + name)
	}
}

func TestBase64IsReadNoFurtherThanNeeded(t *testing.T) {
	d := &disk{text: wrapLines(base64.StdEncoding.EncodeToString(sample(40*step)), 64)}
	in, err := cms.Open(d, int64(len(d.text)))
	if err != nil {
		t.Fatal(err)
	}
	d.read = 0
	if _, err := in.Message.ReadAt(make([]byte, 10), step); err != nil || d.read > 3*(64<<10) {
		t.Errorf("%d bytes read for ten of them, %v", d.read, err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	der := message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(nil))
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}))
	long := strings.Repeat("A", 80_000)
	for _, c := range []struct {
		text   string
		reason cms.Reason
		offset int
	}{
		{"", cms.NotSignedData, 0},
		{"\ufeff", cms.NotSignedData, 0},
		{" \r\n\t", cms.NotSignedData, 0},
		{"From \n", cms.NotSignedData, 0},
		{"AA==AAAA", cms.BadText, 4},
		{" A\nA=\n=A", cms.BadText, 7},
		{long + "==A", cms.BadText, 80_002},
		{"AAAA,AAA", cms.BadText, 4},
		{long + ",", cms.BadText, 80_000},
		{text + "  \r\n\tmore", cms.TrailingData, len(text) + 5},
		{text + strings.Repeat("\n", 80_000) + "more", cms.TrailingData, len(text) + 80_000},
		{"some text\n-----BEGIN -----\n", cms.UnknownLabel, 10},
		{"-----BEGIN CMS----\n", cms.BadText, 0},
		{"-----BEGIN CMS-----", cms.BadText, 0},
	} {
		_, err := cms.Open(strings.NewReader(c.text), int64(len(c.text)))
		failsAt(t, c.text[max(0, len(c.text)-30):], err, c.reason, c.offset)
	}
	if _, err := cms.Open(strings.NewReader(text+strings.Repeat(" \n", 80_000)), int64(len(text)+160_000)); err != nil {
		t.Errorf("blanks after it: %v", err)
	}
}

func TestErrorsInASignerSayWhere(t *testing.T) {
	wrong := tlv(0x10, []byte("wrong form of SEQUENCE"))
	for name, b := range map[string][]byte{
		"in a signed value":     withValue(wrong),
		"deeper in it":          withValue(loose(0x30, one, wrong)),
		"in the second signer":  message(tlv, nil, signerInfo(nil), signerInfo(tlv(0xA0, attribute("\x2a", wrong)))),
		"in the algorithm":      message(tlv, nil, tlv(0x30, one, tlv(0x30, name, one), tlv(0x30, tlv(0x06, []byte{0x2a}), wrong))),
		"in a digest algorithm": tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31, sha256ID, tlv(0x30, wrong))))),
	} {
		_, err := parse(b)
		failsAt(t, name, err, cms.BadHeader, bytes.Index(b, wrong))
	}
}

func TestPEMAfterALineOfAMailbox(t *testing.T) {
	der := message(tlv, nil, signerInfo(nil))
	text := "From a@example.test Mon Jan  1 00:00:00 2026\n\n" + string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}))
	in, err := cms.Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.NewSectionReader(in.Message, 0, in.Size)); in.Form != cms.PEM || err != nil || !bytes.Equal(got, der) {
		t.Errorf("%s of %d bytes: %v", in.Form, len(got), err)
	}
}

func TestBinaryPartOfAMailEndsWithIt(t *testing.T) {
	der := string(message(tlv, nil, signerInfo(nil)))
	head := "Content-Type: multipart/signed; boundary=b\n\n--b\na\n--b\n"
	part := "Content-Type: application/pkcs7-signature\n\n" + der
	text := head + part + "\n--b--\nmore\n" + strings.Repeat("and more\n", 100)
	in, err := cms.Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(in.Message, 0, 1<<40))
	if err != nil || string(got) != der || in.Size != int64(len(der)) || in.Form != cms.SMIME {
		t.Errorf("%d bytes, said to be %d: %v", len(got), in.Size, err)
	}

	text = strings.ReplaceAll(head, "b\n", "\"b:c\"\n")
	text = strings.ReplaceAll(text, "--\"b:c\"", "--b:c") + "Content-Type: application/pkcs7-signature\n--b:c--\n\nMAA=\n"
	_, err = cms.Open(strings.NewReader(text), int64(len(text)))
	failsAt(t, "no end of the header in the part", err, cms.BadText, strings.Index(text, "Content-Type: application"))

	text = head + part + "\n"
	_, err = cms.Open(strings.NewReader(text+"--b--\n"), int64(len(text)))
	failsAt(t, "the boundary is behind the end", err, cms.BadText, -1)
}

// A line end before a boundary belongs to the boundary, whatever the other line
// ends are.
func TestLastLineEndOfSignedMail(t *testing.T) {
	part := "Content-Type: application/pkcs7-signature\n\n" + string(message(tlv, nil, signerInfo(nil)))
	for body, want := range map[string]string{
		"--b\r\na\n":        "a",
		"--b\r\na\r\n":      "a",
		"--b\n\r\n":         "",
		"--b\r\n\n":         "",
		"--b\na\n\r\n":      "a\r\n",
		"--b\na\r\n\n":      "a\r\n",
		"--b\r\n\r\r\n":     "\r",
		"--b\r\nab\n\na\n":  "ab\r\n\r\na",
		"--b\nab\r\nab\r\n": "ab\r\nab",
	} {
		text := "Content-Type: multipart/signed; boundary=b\n\n" + body + "--b\n" + part + "\n--b--\n"
		in, err := cms.Open(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Errorf("%q: %v", body, err)
			continue
		}
		p := make([]byte, 100)
		n, err := in.Content().Read(p) // with one call
		if string(p[:n]) != want || err != nil && err != io.EOF {
			t.Errorf("%q: content %q, want %q (%v)", body, p[:n], want, err)
		}
	}
}

func TestReadErrorKeepsItsCause(t *testing.T) {
	fire := errors.New("disk on fire")
	var failed *cms.ReadError
	for cause, want := range map[error]error{fire: fire, io.EOF: io.ErrUnexpectedEOF} {
		if _, err := cms.Open(&disk{err: cause}, 10); !errors.As(err, &failed) || !errors.Is(err, want) {
			t.Errorf("%v became %v", cause, err)
		}
	}
	if _, err := cms.Open(silent{}, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("nothing read, and no error: %v", err)
	}
}

type silent struct{}

func (silent) ReadAt([]byte, int64) (int, error) { return 0, nil }
