package cms_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"natsuin/verify/internal/cms"
)

func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	if len(body) < 0x80 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x84, byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// loose returns the same element with an indefinite length.
func loose(tag byte, parts ...[]byte) []byte {
	return append(append([]byte{tag, 0x80}, bytes.Join(parts, nil)...), 0, 0)
}

var (
	signedData = tlv(0x06, []byte(cms.SignedData))
	data       = tlv(0x06, []byte(cms.Data))
	sha256ID   = tlv(0x30, tlv(0x06, []byte("\x60\x86\x48\x01\x65\x03\x04\x02\x01")))
	one        = tlv(0x02, []byte{1})
	name       = tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, []byte{0x55, 4, 3}), tlv(0x0C, []byte("n")))))
)

func attribute(oid string, values ...[]byte) []byte {
	return tlv(0x30, tlv(0x06, []byte(oid)), tlv(0x31, values...))
}

// signerInfo returns a well-formed SignerInfo with meaningless values.
func signerInfo(signed []byte) []byte {
	return tlv(0x30, one, tlv(0x30, name, one), sha256ID, signed, sha256ID, tlv(0x04, []byte("signature")))
}

type wrap func(tag byte, parts ...[]byte) []byte

func message(w wrap, content []byte, signers ...[]byte) []byte {
	return w(0x30, signedData, w(0xA0, w(0x30, one, w(0x31, sha256ID), w(0x30, data, content), w(0x31, signers...))))
}

func parse(b []byte) (*cms.Message, error) { return cms.Parse(bytes.NewReader(b), int64(len(b))) }

func TestSameMessageInEveryForm(t *testing.T) {
	want := bytes.Repeat([]byte("content "), 1000)
	piece := func(b []byte) []byte { return tlv(0x04, b) }
	der := message(tlv, tlv(0xA0, piece(want)), signerInfo(nil))
	forms := map[string][]byte{
		"DER":               der,
		"indefinite":        message(loose, loose(0xA0, piece(want)), signerInfo(nil)),
		"in pieces":         message(loose, loose(0xA0, loose(0x24, piece(want[:1]), piece(nil), piece(want[1:500]), piece(want[500:]))), signerInfo(nil)),
		"definite pieces":   message(tlv, tlv(0xA0, tlv(0x24, piece(want[:7]), piece(want[7:]))), signerInfo(nil)),
		"pieces in pieces":  message(loose, loose(0xA0, loose(0x24, loose(0x24, piece(want[:7]), tlv(0x24, piece(want[7:9]))), piece(want[9:]))), signerInfo(nil)),
		"PEM":               pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}),
		"PEM, other label":  []byte("some text\n" + strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der})), "\n", "\r\n")),
		"gpgsm's armour":    pem.EncodeToMemory(&pem.Block{Type: "SIGNED MESSAGE", Bytes: der}),
		"base64":            []byte(base64.StdEncoding.EncodeToString(der)),
		"base64 in lines":   []byte("\n" + wrapLines(base64.StdEncoding.EncodeToString(der), 1) + "\n\n"),
		"S/MIME":            []byte("MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapLines(base64.StdEncoding.EncodeToString(der), 76)),
		"S/MIME, x-":        []byte("From: a\nContent-Type: application/x-pkcs7-mime\nContent-Transfer-Encoding: BASE64\n\n" + base64.StdEncoding.EncodeToString(der) + "\n"),
		"S/MIME, from mbox": []byte("From a@example.test Mon Jan  1 00:00:00 2026\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapLines(base64.StdEncoding.EncodeToString(der), 76)),
		"S/MIME, binary":    append([]byte("Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: binary\n\n"), der...),
	}
	for form, b := range forms {
		t.Run(form, func(t *testing.T) {
			in, err := cms.Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			m, err := cms.Parse(in.Message, in.Size)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // each call starts from the beginning
				got, err := io.ReadAll(m.Content())
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
			if len(m.Signers) != 1 || string(m.Signers[0].Signature) != "signature" || !m.Attached {
				t.Errorf("%+v", m)
			}
		})
	}
}

func wrapLines(s string, n int) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	return b.String() + s
}

func TestMalformedMessages(t *testing.T) {
	content := tlv(0xA0, tlv(0x04, []byte("x")))
	good := message(tlv, content, signerInfo(nil))
	deep := []byte("")
	for range 40 {
		deep = loose(0x24, deep)
	}
	for name, c := range map[string]struct {
		bytes  []byte
		reason cms.Reason
	}{
		"empty":                      {nil, cms.Truncated},
		"cut short":                  {good[:len(good)-1], cms.Truncated},
		"cut in the middle":          {good[:20], cms.Truncated},
		"indefinite without end":     {message(loose, content, signerInfo(nil))[:len(good)-4], cms.Truncated},
		"bytes after it":             {append(bytes.Clone(good), 0, 1), cms.TrailingData},
		"zeros after it":             {append(bytes.Clone(good), 0, 0, 0), cms.TrailingZeros},
		"too many zeros after it":    {append(bytes.Clone(good), make([]byte, 100<<10)...), cms.TrailingData},
		"another kind":               {tlv(0x30, data, tlv(0xA0, tlv(0x04, nil))), cms.NotSignedData},
		"no structure":               {tlv(0x30, one), cms.UnexpectedTag},
		"element after the last":     {tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31), tlv(0x30, data), tlv(0x31), one))), cms.UnexpectedTag},
		"child longer than parent":   {tlv(0x30, signedData, tlv(0xA0, []byte{0x30, 0x7F}), make([]byte, 300)), cms.OutsideParent},
		"content not octets":         {message(tlv, tlv(0xA0, tlv(0x30, one)), signerInfo(nil)), cms.NotOctetString},
		"piece not octets":           {message(tlv, tlv(0xA0, tlv(0x24, one)), signerInfo(nil)), cms.UnexpectedTag},
		"piece of implicit type":     {message(tlv, tlv(0xA0, tlv(0x24, tlv(0x80, []byte("x")))), signerInfo(nil)), cms.UnexpectedTag},
		"content twice":              {message(tlv, append(bytes.Clone(content), content...), signerInfo(nil)), cms.UnexpectedTag},
		"content too deep":           {message(tlv, tlv(0xA0, deep), signerInfo(nil)), cms.TooDeep},
		"certificates too deep":      {tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31), tlv(0x30, data), tlv(0xA0, deep), tlv(0x31)))), cms.TooDeep},
		"primitive and indefinite":   {message(tlv, tlv(0xA0, []byte{0x04, 0x80, 0, 0}), signerInfo(nil)), cms.BadHeader},
		"end-of-contents misplaced":  {message(tlv, content, []byte{0, 0}), cms.UnexpectedTag},
		"length of 9 octets":         {[]byte{0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1}, cms.BadHeader},
		"length over 2^62":           {[]byte{0x30, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, cms.BadHeader},
		"version too high":           {tlv(0x30, signedData, tlv(0xA0, tlv(0x30, tlv(0x02, []byte{99}), tlv(0x31), tlv(0x30, data), tlv(0x31)))), cms.BadValue},
		"identifier of a wrong form": {tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31), tlv(0x30, tlv(0x06, []byte{0x80, 1})), tlv(0x31)))), cms.BadValue},
		"signed attributes empty":    {message(tlv, content, signerInfo(tlv(0xA0))), cms.BadValue},
		"signed attributes no set":   {message(tlv, content, signerInfo(tlv(0xA0, one))), cms.BadValue},
		"signature value in a set":   {message(tlv, content, tlv(0x30, one, tlv(0x30, name, one), sha256ID, sha256ID, tlv(0x31))), cms.UnexpectedTag},
		"string in pieces":           {message(tlv, content, signerInfo(tlv(0xA0, attribute("\x2a", tlv(0x2C, tlv(0x0C, []byte("x"))))))), cms.BadHeader},
		"too many signers":           {message(tlv, content, bytes.Repeat(signerInfo(nil), 65)), cms.TooMany},
		"too many algorithms":        {tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31, bytes.Repeat(sha256ID, 65)), tlv(0x30, data), tlv(0x31)))), cms.TooMany},
		"signed attributes too long": {message(tlv, content, signerInfo(tlv(0xA0, attribute("\x2a", tlv(0x04, make([]byte, 12<<20)))))), cms.TooLarge},
		"too many signed attributes": {message(tlv, content, signerInfo(tlv(0xA0, bytes.Repeat(attribute("\x2a", one), 1025)))), cms.TooMany},
		"too many signed values":     {message(tlv, content, signerInfo(tlv(0xA0, attribute("\x2a", bytes.Repeat(one, 1025))))), cms.TooMany},
		"padded type of attribute":   {message(tlv, content, signerInfo(tlv(0xA0, attribute("\x2a\x80\x03", one)))), cms.BadValue},
		"unended type of attribute":  {message(tlv, content, signerInfo(tlv(0xA0, attribute("\x2a\x83", one)))), cms.BadValue},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(c.bytes)
			var broken *cms.SyntaxError
			if !errors.As(err, &broken) || broken.Reason != c.reason {
				t.Errorf("got %v, want %s", err, c.reason)
			}
		})
	}
}

func TestMalformedText(t *testing.T) {
	der := message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(nil))
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}))
	multipart := func(body string) string {
		return "Content-Type: multipart/signed; boundary=b\n\n" + body
	}
	for name, c := range map[string]struct {
		text   string
		reason cms.Reason
	}{
		"nothing known":           {"\x00\x01", cms.NotSignedData},
		"PEM of a certificate":    {strings.ReplaceAll(text, "CMS", "CERTIFICATE"), cms.UnknownLabel},
		"PEM without end":         {strings.SplitAfter(text, "=\n")[0], cms.BadText},
		"PEM, other end":          {strings.Replace(text, "END CMS", "END PKCS7", 1), cms.BadText},
		"PEM and more":            {text + "more", cms.TrailingData},
		"PEM twice":               {text + text, cms.TrailingData},
		"base64 cut":              {base64.StdEncoding.EncodeToString(der)[:41], cms.BadText},
		"base64 with a comma":     {"AAAA,AAA", cms.BadText},
		"base64 padded inside":    {"AA==AAAA", cms.BadText},
		"mail without signature":  {"Content-Type: text/plain\n\nhello", cms.NoContentType},
		"mail, one part":          {multipart("--b\na\n--b--\n"), cms.BadText},
		"mail, three parts":       {multipart("--b\na\n--b\nc\n--b\nd\n--b--\n"), cms.BadText},
		"mail, no end":            {multipart("--b\na\n--b\nc\n"), cms.BadText},
		"mail, other second part": {multipart("--b\na\n--b\nContent-Type: text/plain\n\nc\n--b--\n"), cms.NoContentType},
		"mail, no boundary":       {"Content-Type: multipart/signed\n\n--b\n", cms.BadText},
		"mail, quoted-printable":  {"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: quoted-printable\n\nMA==", cms.BadText},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cms.Open(strings.NewReader(c.text), int64(len(c.text)))
			var broken *cms.SyntaxError
			if !errors.As(err, &broken) || broken.Reason != c.reason {
				t.Errorf("got %v, want %s", err, c.reason)
			}
		})
	}
}

func TestSignedMailHasCanonicalContent(t *testing.T) {
	der := base64.StdEncoding.EncodeToString(message(tlv, nil, signerInfo(nil)))
	part := "Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\n" + der
	for name, c := range map[string]struct{ body, want string }{
		"line feeds":         {"a\nb\n\n", "a\r\nb\r\n"},
		"CR LF":              {"a\r\nb\r\n\r\n", "a\r\nb\r\n"},
		"mixed":              {"a\r\nb\nc\rd\n", "a\r\nb\r\nc\rd"},
		"a boundary inside":  {"a\nx--b\n--bb\n--b c\n", "a\r\nx--b\r\n--bb\r\n--b c"},
		"nothing":            {"\n", ""},
		"nothing, no line":   {"", ""},
		"a line of its own":  {"\n\n", "\r\n"},
		"longer than a page": {strings.Repeat("y", 200_000) + "\n", strings.Repeat("y", 200_000)},
	} {
		t.Run(name, func(t *testing.T) {
			text := "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=\"b\"\n\npreamble\n--b\n" +
				c.body + "--b\n" + part + "\n--b--\nepilogue\n"
			in, err := cms.Open(strings.NewReader(text), int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(in.Content())
			if err != nil || string(got) != c.want {
				t.Errorf("content %.60q, want %.60q (%v)", got, c.want, err)
			}
			if m, err := cms.Parse(in.Message, in.Size); err != nil || m.Attached {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

// Attributes in BER and out of order must be converted to the form that is
// signed (RFC 5652 §5.4).
func TestAttributesAreBroughtIntoDER(t *testing.T) {
	a := attribute("\x2a", tlv(0x04, []byte("long")))
	b := attribute("\x2b", tlv(0x04, []byte("ab")))
	want := append([]byte{0x31, byte(len(a) + len(b))}, append(bytes.Clone(b), a...)...)
	looseA := loose(0x30, tlv(0x06, []byte("\x2a")), loose(0x31, loose(0x24, tlv(0x04, []byte("lo")), tlv(0x04, []byte("ng")))))
	longB := []byte{0x30, 0x81, byte(len(b) - 2)}
	longB = append(longB, b[2:]...)
	m, err := parse(message(loose, nil, loose(0x30, one, tlv(0x30, name, one), sha256ID, loose(0xA0, looseA, longB), sha256ID,
		loose(0x24, tlv(0x04, []byte("sig")), tlv(0x04, []byte("nature"))))))
	if err != nil {
		t.Fatal(err)
	}
	s := m.Signers[0]
	if !bytes.Equal(s.Signed.DER, want) || s.Signed.Sorted() || string(s.Signature) != "signature" {
		t.Errorf("DER %x, want %x; sorted %v; signature %q", s.Signed.DER, want, s.Signed.Sorted(), s.Signature)
	}
}

// sparse is a file of zeros with other bytes at both ends. It is not held in
// memory.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		switch at := off + int64(i); {
		case at >= s.size:
			return i, io.EOF
		case at < int64(len(s.head)):
			p[i] = s.head[at]
		case at >= s.size-int64(len(s.tail)):
			p[i] = s.tail[at-(s.size-int64(len(s.tail)))]
		default:
			p[i] = 0
		}
	}
	return len(p), nil
}

func TestContentIsNotHeldInMemory(t *testing.T) {
	const size = 64 << 20
	content := []byte{0x04, 0x84, size >> 24, size >> 16 & 0xFF, size >> 8 & 0xFF, size & 0xFF}
	head := bytes.Join([][]byte{{0x30, 0x80}, signedData, {0xA0, 0x80, 0x30, 0x80}, one, tlv(0x31), {0x30, 0x80}, data, {0xA0, 0x80}, content}, nil)
	tail := append(make([]byte, 4), append(tlv(0x31, signerInfo(nil)), make([]byte, 6)...)...)
	r := sparse{head, tail, int64(len(head)) + size + int64(len(tail))}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := cms.Parse(r, r.size)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	n, err := io.Copy(h, m.Content())
	if err != nil || n != size {
		t.Fatal(n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for %d of content", used, size)
	}
}

func TestBase64IsNotHeldInMemory(t *testing.T) {
	text := wrapLines(base64.StdEncoding.EncodeToString(append([]byte{0x31}, make([]byte, 8<<20)...)), 64_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, err := cms.Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, io.NewSectionReader(in.Message, 0, in.Size)); err != nil || n != 8<<20+1 {
		t.Fatal(n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for %d of text", used, len(text))
	}
}

func TestBase64IsReadAtAnyOffset(t *testing.T) {
	der := make([]byte, 200_001)
	if _, err := rand.Read(der); err != nil {
		t.Fatal(err)
	}
	der[0] = 0x31 // so that it is text and not binary
	text := wrapLines(base64.StdEncoding.EncodeToString(der), 64)
	in, err := cms.Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []int64{0, 1, 48<<10 - 1, 48 << 10, 100_000, 200_000} {
		got := make([]byte, 1000)
		n, err := in.Message.ReadAt(got, off)
		want := der[off:min(int(off)+1000, len(der))]
		if !bytes.Equal(got[:n], want) || (err != nil) != (n < 1000) {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
	}
}

type failing struct{}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	return 0, fmt.Errorf("disk on fire at %d", off)
}

func TestReadErrorsAreNotSyntax(t *testing.T) {
	var failed *cms.ReadError
	if _, err := cms.Parse(failing{}, 10); !errors.As(err, &failed) {
		t.Errorf("parse: %v", err)
	}
	if _, err := cms.Open(failing{}, 10); !errors.As(err, &failed) {
		t.Errorf("open: %v", err)
	}
	short := message(tlv, nil, signerInfo(nil))
	if _, err := cms.Parse(bytes.NewReader(short), int64(len(short))+5); !errors.As(err, &failed) {
		t.Errorf("shorter than said: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(tlv(0xA0, attribute("\x2a", one)))))
	f.Add(message(loose, loose(0xA0, loose(0x24, tlv(0x04, []byte("x")))), signerInfo(nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			var broken *cms.SyntaxError
			if !errors.As(err, &broken) || m != nil {
				t.Fatalf("%v, %v", m, err)
			}
			return
		}
		n, err := io.Copy(io.Discard, m.Content())
		if err != nil || n > int64(len(b)) {
			t.Fatalf("content of %d bytes in a message of %d: %v", n, len(b), err)
		}
		for _, s := range m.Signers {
			if s.Signed == nil {
				continue
			}
			// Signed attributes must always be recognised in content.
			size, is := cms.LooksLikeAttributes(s.Signed.DER)
			if !is || size != int64(len(s.Signed.DER)) {
				t.Fatalf("attributes of %d bytes seen as %v with %d", len(s.Signed.DER), is, size)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	der := message(tlv, nil, signerInfo(nil))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}))
	f.Add([]byte(base64.StdEncoding.EncodeToString(der)))
	f.Add([]byte("Content-Type: multipart/signed; boundary=b\n\n--b\na\n--b\nContent-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAA=\n--b--\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := cms.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !errors.As(err, new(*cms.SyntaxError)) && !errors.As(err, new(*cms.AttachmentError)) {
				t.Fatal(err)
			}
			return
		}
		if got, err := io.ReadAll(io.NewSectionReader(in.Message, 0, in.Size)); err != nil || int64(len(got)) != in.Size {
			t.Fatalf("%d of %d bytes: %v", len(got), in.Size, err)
		}
		if in.Content != nil {
			if _, err := io.Copy(io.Discard, in.Content()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
