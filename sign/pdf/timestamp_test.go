package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"natsuin/sign/pdf"
	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
)

var authority = sync.OnceValue(func() *tsatest.Authority {
	a, err := tsatest.New(signingTime)
	if err != nil {
		panic(err)
	}
	return a
})

// direct is a transport to the authority without a network.
type direct struct{ *tsatest.Authority }

func (d direct) Send(_ context.Context, request []byte) (timestamp.Answer, error) {
	return timestamp.Answer{Body: d.Answer(request), ContentType: timestamp.ContentType}, nil
}

// token returns a token of the authority over an imprint.
func token(imprint timestamp.Imprint) ([]byte, error) {
	c := timestamp.Client{Transport: direct{authority()}}
	t, err := c.Stamp(context.Background(), imprint)
	if err != nil {
		return nil, err
	}
	return t.DER, nil
}

var documentTimeStamp = pdf.Options{SubFilter: pdf.ETSIRFC3161}

// tryStamp puts a document time stamp into a PDF, and returns the first error.
func tryStamp(in []byte) ([]byte, error) {
	doc, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	plan, err := doc.Plan(documentTimeStamp)
	if err != nil {
		return nil, err
	}
	if err := plan.Digest(context.Background(), bytes.NewReader(in), crypto.SHA256); err != nil {
		return nil, err
	}
	pending, err := plan.Prepare(pdf.Details{Hash: crypto.SHA256})
	if err != nil {
		return nil, err
	}
	der, err := token(imprintOf(pending))
	if err != nil {
		return nil, err
	}
	return finish(in, pending, der)
}

func imprintOf(p *pdf.Pending) timestamp.Imprint {
	return timestamp.Imprint{Hash: p.Content().Hash, Sum: p.Content().Sum}
}

func stampPDF(t testing.TB, in []byte) []byte {
	t.Helper()
	out, err := tryStamp(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The dictionary of a document time stamp has the token, and neither a name nor
// a time of its own. Its field is invisible.
func TestDocumentTimeStampIsThis(t *testing.T) {
	for _, k := range kinds {
		in := minimal(k).bytes()
		out := stampPDF(t, in)
		u := updateOf(t, in, out)
		if u.table == k.streams() {
			t.Errorf("%s: a table %v", k, u.table)
		}
		if k != table {
			continue
		}
		ranges, contents := signature(t, out)
		if len(contents) != 2*24<<10 {
			t.Errorf("room for %d bytes", len(contents)/2)
		}
		want := fmt.Sprintf("6 0 obj\n<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161\n/ByteRange [0 %-10d %-10d %-10d]\n/Contents <%s> >>\nendobj\n",
			ranges[0], ranges[1], ranges[2], contents)
		if got := u.objects[6]; got != want {
			t.Errorf("dictionary\n%s", strings.ReplaceAll(got, contents, "…"))
		}
		field := "7 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T (Natsuin1) /F 132 /Rect [0 0 0 0] /P 3 0 R /V 6 0 R >>\nendobj\n"
		if u.objects[7] != field {
			t.Errorf("field %s", u.objects[7])
		}
		der, err := hex.DecodeString(contents)
		if err != nil {
			t.Fatal(err)
		}
		length := 4 + int(der[2])<<8 + int(der[3]) // of a SEQUENCE of 256 octets or more
		info, err := timestamp.ParseToken(der[:length])
		if err != nil {
			t.Fatal(err)
		}
		covered := append(bytes.Clone(out[:ranges[0]]), out[ranges[1]:]...)
		if !info.Has(timestamp.ImprintOf(crypto.SHA256, covered)) || len(bytes.Trim(der[length:], "\x00")) > 0 {
			t.Error("the token is not about the ranges")
		}
	}
}

// Signatures and time stamps stand one after another, each in a field of its
// own; only signatures count as such.
func TestTimeStampsAndSignaturesInTurn(t *testing.T) {
	out := minimal(table).bytes()
	for n, step := range []func([]byte) []byte{
		func(in []byte) []byte { return stampPDF(t, in) },
		func(in []byte) []byte { return signPDF(t, in, pdf.Options{}, details) },
		func(in []byte) []byte { return stampPDF(t, in) },
		func(in []byte) []byte { return signPDF(t, in, pdf.Options{TimeStamp: true}, details) },
	} {
		in := out
		out = step(in)
		u := updateOf(t, in, out)
		if got, want := open(t, out).Signatures(), (n+1)/2; got != want {
			t.Errorf("step %d: %d signatures, want %d", n, got, want)
		}
		if name := fmt.Sprintf("/T (Natsuin%d)", n+1); !strings.Contains(u.text, name) {
			t.Errorf("step %d: no %s", n, name)
		}
	}
}

// A token is used only if it is well-formed, covers these ranges and fits.
func TestCompleteRefusesOtherTokens(t *testing.T) {
	p := pending(t, minimal(table).bytes(), documentTimeStamp)
	good, err := token(imprintOf(p))
	if err != nil {
		t.Fatal(err)
	}
	other, err := token(timestamp.ImprintOf(crypto.SHA256, nil))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := token(timestamp.Imprint{Hash: crypto.SHA512, Sum: make([]byte, 64)})
	if err != nil {
		t.Fatal(err)
	}
	if p.Room() != 24<<10 {
		t.Fatalf("room for %d bytes", p.Room())
	}
	for name, c := range map[string]struct {
		token []byte
		want  timestamp.Reason
	}{
		"good":            {good, ""},
		"another imprint": {other, timestamp.ReasonImprint},
		"another hash":    {wide, timestamp.ReasonImprint},
		"a byte more":     {append(bytes.Clone(good), 0), timestamp.ReasonMalformed},
		"a byte less":     {good[:len(good)-1], timestamp.ReasonMalformed},
		"as much as fits": {make([]byte, p.Room()), timestamp.ReasonMalformed},
	} {
		_, err := p.Complete(c.token)
		var no *timestamp.RefusedError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &no) || no.Reason != c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var large *pdf.TooLargeError
	if _, err := p.Complete(make([]byte, p.Room()+1)); !errors.As(err, &large) || large.Size != p.Room()+1 || large.Room != p.Room() {
		t.Errorf("a byte more than fits: %v", err)
	}
}

// A document time stamp has no details and no mark. Options that only a
// signature may have are an error of the caller.
func TestDocumentTimeStampsHaveNothingElse(t *testing.T) {
	d := open(t, minimal(table, withFields("<< /FT /Sig /T (approval)"+widget+" >>")).bytes())
	for _, o := range []pdf.Options{{Field: "approval"}, {Field: "new"}, {Mark: true}, {TimeStamp: true}, {Visible: position(t, "last:bottom-right")}, {VisibleWidth: 1}} {
		o.SubFilter = pdf.ETSIRFC3161
		if _, err := d.Plan(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	plan, err := d.Plan(documentTimeStamp)
	if err != nil {
		t.Fatal(err)
	}
	in := minimal(table, withFields("<< /FT /Sig /T (approval)"+widget+" >>")).bytes()
	if err := plan.Digest(t.Context(), bytes.NewReader(in), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	for _, with := range []pdf.Details{{Name: "a"}, {Reason: "a"}, {Location: "a"}, {Contact: "a"}, {Time: signingTime}} {
		with.Hash = crypto.SHA256
		if _, err := plan.Prepare(with); err == nil {
			t.Errorf("%+v is taken", with)
		}
	}
}

// Over reads the bytes that Write writes, with and without a line end after the
// original.
func TestOverIsWhatIsWritten(t *testing.T) {
	for _, end := range []string{"\n", ""} {
		s := minimal(table)
		s.end = end
		in := s.bytes()
		signed, err := pending(t, in, pdf.Options{}).Complete([]byte{0x30})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := signed.Write(t.Context(), &out, bytes.NewReader(in)); err != nil {
			t.Fatal(err)
		}
		over := signed.Over(bytes.NewReader(in))
		if over.Size() != int64(out.Len()) {
			t.Fatalf("%d bytes, want %d", over.Size(), out.Len())
		}
		for at := int64(len(in)) - 3; at < int64(len(in))+3; at++ {
			got := make([]byte, 10)
			if _, err := over.ReadAt(got, at); err != nil || !bytes.Equal(got, out.Bytes()[at:at+10]) {
				t.Errorf("at %d: %q, %v", at, got, err)
			}
		}
	}
}
