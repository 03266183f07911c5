package cms_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"natsuin/verify/internal/cms"
)

func openText(text string) (*cms.Input, error) {
	return cms.Open(strings.NewReader(text), int64(len(text)))
}

func entity(kind, body string) string { return "Content-Type: " + kind + "\n\n" + body }

func mixed(boundary string, parts ...string) string {
	text := "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n"
	for _, p := range parts {
		text += "--" + boundary + "\n" + p + "\n"
	}
	return text + "--" + boundary + "--\n"
}

var opaque = "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("message"))

// TestMailLimits checks how deep a signed part may be nested, and how many
// parts may precede it.
func TestMailLimits(t *testing.T) {
	const depth, parts = 10, 1000
	nested := func(n int) string {
		text := opaque
		for i := range n {
			text = mixed(fmt.Sprintf("b%d", i), text)
		}
		return text
	}
	many := func(n int) string {
		list := make([]string, n)
		return mixed("b", append(list, opaque)...)
	}
	for name, c := range map[string]struct {
		text   string
		reason cms.Reason
	}{
		"depth":             {nested(depth - 1), ""},
		"deeper":            {nested(depth), cms.NoContentType},
		"forwarded":         {strings.Repeat("Content-Type: message/rfc822\n\n", depth-1) + opaque, ""},
		"forwarded further": {strings.Repeat("Content-Type: message/rfc822\n\n", depth) + opaque, cms.NoContentType},
		"parts":             {many(parts - 2), ""},
		"more parts":        {many(parts - 1), cms.TooMany},
		"more parts after":  {mixed("b", append([]string{opaque}, make([]string, 2*parts)...)...), ""},
	} {
		_, err := openText(c.text)
		var broken *cms.SyntaxError
		if c.reason == "" && err != nil || c.reason != "" && (!errors.As(err, &broken) || broken.Reason != c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Malformed parts outside the signed part do not make it unreadable.
func TestBrokenPartsOutsideDoNotMatter(t *testing.T) {
	for name, other := range map[string]string{
		"multipart without boundary": "Content-Type: multipart/mixed\n\nx",
		"two Content-Types":          "Content-Type: a/b\nContent-Type: c/d\n\nx",
		"no header":                  "x",
		"OpenPGP":                    "Content-Type: multipart/signed; boundary=p\n\n--p\n\na\n--p\nContent-Type: application/pgp-signature\n\nb\n--p--\n",
	} {
		for order, text := range map[string]string{"before": mixed("b", other, opaque), "after": mixed("b", opaque, other)} {
			in, err := openText(text)
			if err != nil {
				t.Errorf("%s, %s: %v", name, order, err)
				continue
			}
			if got := in.Mail.Before; got != (order == "before") {
				t.Errorf("%s, %s: before %v", name, order, got)
			}
			if got := in.Mail.After || in.Mail.Second; got != (order == "after") {
				t.Errorf("%s, %s: after %v", name, order, got)
			}
		}
	}
}

// Mails of 8 MiB that consist only of boundaries, headers or lines must be read
// within ten seconds each.
func TestHostileMailIsReadInLinearTime(t *testing.T) {
	const size = 8 << 20
	head := strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 10)
	for name, unit := range map[string]string{
		"boundaries": "--b\n", "openings": "--b\nContent-Type: multipart/mixed; boundary=b\n\n", "line ends": "\n", "one line": "x",
		"carriage returns": "\r", "messages": "--b\nContent-Type: message/rfc822\n\n", "fields": "a:b\n", "signed": "--b\nContent-Type: multipart/signed; boundary=b\n\n",
		"folded": "--b\na:b\n" + strings.Repeat(" x\n", 21_000) + "\n", "names": "--b\nContent-Type: a/b; name=\"" + strings.Repeat("=?a?q?", 10_000) + "\"\n\n",
		"parameters": "--b\nContent-Type: a/b; x y" + strings.Repeat(";a=(", 15_000) + "\n\n", "continued": "--b\nContent-Type: a/b" + strings.Repeat("; a*0=b", 8_000) + "\n\n",
		"base64": "AAAA\n", "opaque": "--b\n" + opaque + "\n",
	} {
		text := head + strings.Repeat(unit, size/len(unit))
		start := time.Now()
		_, _ = openText(text)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: %v", name, d)
		} else {
			t.Logf("%s: %v", name, d)
		}
	}
}

func FuzzMail(f *testing.F) {
	signed := "Content-Type: multipart/signed; boundary=s\n\nfiller\n--s\nContent-Type: text/plain\n\nhello\n--s\n" +
		"Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMAAA\n--s--\nafter\n"
	f.Add("From: a@b\n" + signed)
	f.Add(mixed("m", "Content-Type: message/rfc822\n\nFrom: c@d\n"+signed, entity("text/plain", "footer")))
	f.Add("From a Mon\n" + opaque + "\n\nFrom b Mon\n" + opaque)
	f.Add(mixed("m", entity("application/octet-stream; name=\"a.p7s\"", "x")))
	f.Add(strings.Replace(signed, "base64\n\nMAAA", "quoted-printable\n\n=30=00=\n\n", 1))
	f.Add(strings.Replace(signed, "boundary=s", "micalg=a,b; boundary=s", 1))
	f.Fuzz(func(t *testing.T, text string) {
		in, err := openText("Content-Type: multipart/mixed; boundary=z\n\n--z\n" + text + "\n--z--\n")
		if err != nil {
			if !errors.As(err, new(*cms.SyntaxError)) && !errors.As(err, new(*cms.AttachmentError)) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if in.Mail == nil {
			t.Fatal("a signed part without a mail around it")
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(in.Message, 0, in.Size)); err != nil {
			t.Fatal(err)
		}
		if in.Content == nil {
			return
		}
		asSent, err := io.ReadAll(in.AsSent())
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in.Content())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, string(asSent)) {
			t.Fatal("the signed part is not one of the text")
		}
		back, err := io.ReadAll(cms.LF(bytes.NewReader(content)))
		if err != nil {
			t.Fatal(err)
		}
		if lf, _ := io.ReadAll(cms.LF(bytes.NewReader(asSent))); !bytes.Equal(back, lf) {
			t.Fatalf("line ends changed more: %q, %q", back, lf)
		}
	})
}
