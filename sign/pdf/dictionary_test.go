package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"natsuin/sign"
	"natsuin/sign/pdf"
)

var aSignature = regexp.MustCompile(`/ByteRange \[0 (\d+) +(\d+) +(\d+) *\]\n/Contents (<[0-9A-F]*>)`)

// signature returns the ranges of the newest signature, and its /Contents.
func signature(t testing.TB, out []byte) (ranges [3]int, contents string) {
	t.Helper()
	all := aSignature.FindAllSubmatchIndex(out, -1)
	m := all[len(all)-1]
	for i := range ranges {
		ranges[i], _ = strconv.Atoi(string(out[m[2+2*i]:m[3+2*i]]))
	}
	if ranges[0] != m[8] || ranges[1] != m[9] || ranges[1]+ranges[2] != len(out) {
		t.Fatalf("/ByteRange %v, the string is at %d to %d of %d", ranges, m[8], m[9], len(out))
	}
	return ranges, string(out[m[8]+1 : m[9]-1])
}

// The values of /ByteRange are padded with spaces, so that they can be written
// last (node-signpdf #251).
func TestSignatureDictionaryIsThis(t *testing.T) {
	for _, c := range []struct {
		name string
		o    pdf.Options
		sub  string
		room int
	}{
		{"adbe", pdf.Options{}, "adbe.pkcs7.detached", 24 << 10},
		{"PAdES", pdf.Options{SubFilter: pdf.ETSICAdESDetached}, "ETSI.CAdES.detached", 24 << 10},
		{"time stamp", pdf.Options{TimeStamp: true}, "adbe.pkcs7.detached", 48 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := minimal(table).bytes()
			out := signPDF(t, in, c.o, details)
			u := updateOf(t, in, out)
			ranges, contents := signature(t, out)
			if len(contents) != 2*c.room {
				t.Errorf("room for %d bytes", len(contents)/2)
			}
			raw, err := hex.DecodeString(contents)
			if err != nil {
				t.Fatal(err)
			}
			var cms asn1.RawValue // ends where its length says: its last bytes may be zeros too
			rest, err := asn1.Unmarshal(raw, &cms)
			if err != nil || cms.FullBytes[0] != 0x30 || len(bytes.Trim(rest, "\x00")) > 0 {
				t.Errorf("/Contents %x: %v", raw[:8], err)
			}
			want := fmt.Sprintf("6 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%s\n/ByteRange [0 %-10d %-10d %-10d]\n/Contents <%s>\n"+
				"/M (D:20260405060708+09'00')\n/Name <FEFF7F72540D0020592A90CE>\n/Reason (approved \\(all\\) \\\\ read)\n/Location <FEFF67714EAC> >>\nendobj\n",
				c.sub, ranges[0], ranges[1], ranges[2], contents)
			if got := u.objects[6]; got != want {
				t.Errorf("dictionary\n%s", strings.ReplaceAll(got, contents, "…"))
			}
			field := "7 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T (Natsuin1) /F 132 /Rect [0 0 0 0] /P 3 0 R /V 6 0 R >>\nendobj\n"
			if u.objects[7] != field {
				t.Errorf("field %s", u.objects[7])
			}
		})
	}
}

func TestDatesHaveTheirZone(t *testing.T) {
	in := minimal(table).bytes()
	for zone, want := range map[*time.Location]string{
		time.UTC:                             "(D:20260404210708+00'00')",
		time.FixedZone("", 9*3600):           "(D:20260405060708+09'00')",
		time.FixedZone("", -(3*3600 + 1800)): "(D:20260404173708-03'30')",
		time.FixedZone("", 5*3600+45*60):     "(D:20260405025208+05'45')",
	} {
		d := details
		d.Time = signingTime.In(zone)
		if u := updateOf(t, in, signPDF(t, in, pdf.Options{}, d)); !strings.Contains(u.objects[6], "/M "+want) {
			t.Errorf("want %s in %.300s", want, u.objects[6][len(u.objects[6])-300:])
		}
	}
}

func TestTextIsASCIIOrUTF16(t *testing.T) {
	in := minimal(table).bytes()
	for text, want := range map[string]string{
		"plain ~!":   "(plain ~!)",
		`()\`:        `(\(\)\\)`,
		"é":          "<FEFF00E9>",
		"tab\there":  "<FEFF00740061006200090068006500720065>",
		"𠮷野":         "<FEFFD842DFB791CE>",
		"\x7f":       "<FEFF007F>",
		"bad \xff !": "<FEFF0062006100640020FFFD00200021>",
		">>":         "(>>)",
		"line\nline": "<FEFF006C0069006E0065000A006C0069006E0065>",
	} {
		d := details
		d.Reason = text
		u := updateOf(t, in, signPDF(t, in, pdf.Options{}, d))
		if !strings.Contains(u.objects[6], "/Reason "+want+"\n") {
			t.Errorf("%q: %q", text, u.objects[6][strings.Index(u.objects[6], "/M"):])
		}
	}
}

func TestEmptyDetailsAreLeftOut(t *testing.T) {
	in := minimal(table).bytes()
	u := updateOf(t, in, signPDF(t, in, pdf.Options{}, pdf.Details{Hash: crypto.SHA512, Time: signingTime}))
	for _, key := range []string{"/Name", "/Reason", "/Location", "/ContactInfo", "/Reference"} {
		if strings.Contains(u.objects[6], key) {
			t.Errorf("%s in %s", key, u.objects[6][:100])
		}
	}
}

// pending prepares a signature over in.
func pending(t testing.TB, in []byte, o pdf.Options) *pdf.Pending {
	t.Helper()
	plan, err := open(t, in).Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Digest(context.Background(), bytes.NewReader(in), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	with := details
	if o.SubFilter == pdf.ETSIRFC3161 {
		with = pdf.Details{Hash: crypto.SHA256}
	}
	p, err := plan.Prepare(with)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestContentIsTheDigestOfTheRanges(t *testing.T) {
	for _, k := range kinds {
		for _, end := range []string{"", "\n"} {
			s := minimal(k)
			s.end = end
			in := s.bytes()
			p := pending(t, in, pdf.Options{})
			out, err := finish(in, p, []byte{1, 2, 3})
			if err != nil {
				t.Fatal(err)
			}
			r, contents := signature(t, out)
			h := crypto.SHA256.New()
			h.Write(out[:r[0]])
			h.Write(out[r[1]:])
			if c := p.Content(); !bytes.Equal(c.Sum, h.Sum(nil)) || c.Size != int64(r[0]+r[2]) || c.Hash != crypto.SHA256 {
				t.Errorf("%s: content of %d bytes %x", k, c.Size, c.Sum)
			}
			if !strings.HasPrefix(contents, "01020300") {
				t.Errorf("%s: contents %.10s", k, contents)
			}
		}
	}
}

func TestCMSMustFitTheRoom(t *testing.T) {
	in := minimal(table).bytes()
	for room, o := range map[int]pdf.Options{24 << 10: {}, 48 << 10: {TimeStamp: true}} {
		p := pending(t, in, o)
		if p.Room() != room {
			t.Errorf("room %d, want %d", p.Room(), room)
		}
		if _, err := finish(in, p, bytes.Repeat([]byte{0xAB}, room)); err != nil {
			t.Errorf("%d bytes: %v", room, err)
		}
		for _, n := range []int{0, room + 1} {
			_, err := p.Complete(make([]byte, n))
			var large *pdf.TooLargeError
			if !errors.As(err, &large) || large.Size != n || large.Room != room {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	}
}

func TestChangedOriginalIsNotReleased(t *testing.T) {
	in := minimal(table).bytes()
	signed, err := pending(t, in, pdf.Options{}).Complete([]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(in)
	flipped[len(in)/2] ^= 1
	for name, original := range map[string][]byte{
		"one bit": flipped, "a byte less": in[:len(in)-1], "a byte more": append(bytes.Clone(in), '\n'), "nothing": nil,
	} {
		if err := signed.Write(context.Background(), io.Discard, bytes.NewReader(original)); !errors.Is(err, sign.ErrContentChanged) {
			t.Errorf("%s: %v", name, err)
		}
		plan, err := open(t, in).Plan(pdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Digest(context.Background(), bytes.NewReader(original), crypto.SHA256); name != "one bit" && !errors.Is(err, sign.ErrContentChanged) {
			t.Errorf("%s: digest: %v", name, err)
		}
	}
	broken := errors.New("disk")
	if err := signed.Write(context.Background(), io.Discard, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("read error: %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(broken)
	if err := signed.Write(ctx, io.Discard, bytes.NewReader(in)); !errors.Is(err, broken) {
		t.Errorf("cancelled: %v", err)
	}
}

// full is a writer that has no room left after n bytes.
type full struct{ n int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteReportsEveryErrorOfTheWriter(t *testing.T) {
	in := minimal(table).bytes()
	signed, err := pending(t, in, pdf.Options{}).Complete([]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{0, int64(len(in)) - 1, int64(len(in)), signed.Size() - 1} {
		if err := signed.Write(context.Background(), &full{int(n)}, bytes.NewReader(in)); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if err := signed.Write(context.Background(), &full{int(signed.Size())}, bytes.NewReader(in)); err != nil {
		t.Errorf("with room for %d bytes: %v", signed.Size(), err)
	}
}

// Check notices a change of any byte of the update, and a file that is longer
// or shorter. Most of the zeros in /Contents are not tried.
func TestCheckNoticesEveryChangedByte(t *testing.T) {
	for _, k := range []kind{table, xrefStream} {
		s := minimal(k)
		s.end = ""
		in := s.bytes()
		signed, err := pending(t, in, pdf.Options{}).Complete([]byte{0xAB, 0xCD})
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		if err := signed.Write(context.Background(), &buf, bytes.NewReader(in)); err != nil {
			t.Fatal(err)
		}
		out := buf.Bytes()
		r, _ := signature(t, out)
		for i := len(in); i < len(out); i++ {
			if r[0]+16 < i && i < r[1]-16 {
				continue // zeros, all alike
			}
			changed := bytes.Clone(out)
			changed[i] ^= 0x01
			var failed *pdf.CheckError
			if err := signed.Check(bytes.NewReader(changed), int64(len(changed))); !errors.As(err, &failed) {
				t.Errorf("%s: byte %d (%q) changed: %v", k, i, out[i], err)
			}
		}
		for _, n := range []int{0, len(in), len(out) - 1} {
			if err := signed.Check(bytes.NewReader(out[:n]), int64(n)); err == nil {
				t.Errorf("%s: %d of %d bytes are enough", k, n, len(out))
			}
		}
		longer := append(bytes.Clone(out), '\n')
		if err := signed.Check(bytes.NewReader(longer), int64(len(longer))); err == nil {
			t.Errorf("%s: a byte more is accepted", k)
		}
	}
}
