package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"natsuin/verify"
)

const crlfPart = "Content-Type: text/plain\r\n\r\nI agree.\r\n"

// wrapped returns base64 in several lines.
func wrapped(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var lines strings.Builder
	for len(text) > 76 {
		lines.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return lines.String() + text + "\r\n"
}

// detachedOver returns a detached signature over content.
func (w world) detachedOver(t testing.TB, content string) []byte {
	m := by(w.signer, nil)
	m.content, m.detached = []byte(content), true
	return m.encode(t)
}

// clear returns a multipart/signed mail with part, and a signature over signed.
func (w world) clear(t testing.TB, part, signed string) string {
	return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"s\"\r\n\r\n" +
		"--s\r\n" + part + "\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		wrapped(w.detachedOver(t, signed)) + "\r\n--s--\r\n"
}

func (w world) opaque(t testing.TB, kind string) string {
	return "Content-Type: " + kind + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(by(w.signer, nil).encode(t))
}

const fromYamada = "From: Yamada <yamada@example.jp>\r\nSubject: s\r\n"

func withAddress(list ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.EmailAddresses = list }
}

// The report names exactly the parts that no signature covers.
func TestMailNamesWhatIsNotCovered(t *testing.T) {
	w := newWorldFor(t, ecKey(t), withAddress("yamada@example.jp"))
	signed := w.clear(t, crlfPart, crlfPart)
	mixed := func(parts ...string) string {
		text := "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
		for _, p := range parts {
			text += "--m\r\n" + p + "\r\n"
		}
		return text + "--m--\r\n"
	}
	const footer = "Content-Type: text/plain\r\n\r\nto unsubscribe"
	forwarded := "Content-Type: message/rfc822\r\n\r\n" + fromYamada + signed
	for name, c := range map[string]struct{ mail, from, uncovered string }{
		"nothing but headers": {fromYamada + signed, "yamada@example.jp", "headers"},
		"no From":             {signed, "", "headers"},
		"filler":              {fromYamada + strings.Replace(signed, "--s\r\n", "This is a multi-part message in MIME format.\r\n--s\r\n", 1), "yamada@example.jp", "headers"},
		"text before":         {fromYamada + strings.Replace(signed, "--s\r\n", "Pay 1,000,000 yen\r\n--s\r\n", 1), "yamada@example.jp", "headers text-before"},
		"text after":          {fromYamada + signed + "Pay\r\n", "yamada@example.jp", "headers text-after"},
		"text on both sides":  {fromYamada + strings.Replace(signed, "--s\r\n", "Pay\r\n--s\r\n", 1) + "me\r\n", "yamada@example.jp", "headers text-before text-after"},
		"second mail":         {fromYamada + signed + "\r\n" + fromYamada + signed, "yamada@example.jp", "headers second-message"},
		"mbox of two":         {"From a Mon Jan  1 00:00:00 2026\r\n" + fromYamada + signed + "\r\nFrom b Mon Jan  1 00:00:00 2026\r\n" + signed, "yamada@example.jp", "headers second-message"},
		"list":                {fromYamada + mixed(signed, footer), "yamada@example.jp", "headers text-after"},
		"list, text first":    {fromYamada + mixed(footer, signed), "yamada@example.jp", "headers text-before"},
		"two signed parts":    {fromYamada + mixed(signed, signed), "yamada@example.jp", "headers second-message"},
		"forwarded":           {"From: other@example.jp\r\n" + mixed(footer, forwarded), "yamada@example.jp", "headers text-before"},
		"forwarded, no From":  {"From: other@example.jp\r\n" + mixed("Content-Type: message/rfc822\r\n\r\n"+signed), "", "headers"},
		"opaque":              {fromYamada + w.opaque(t, "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"), "yamada@example.jp", "headers"},
		"opaque, octets":      {fromYamada + w.opaque(t, "application/octet-stream; name=\"smime.p7m\""), "yamada@example.jp", "headers"},
		"opaque in a list":    {fromYamada + mixed(w.opaque(t, "application/pkcs7-mime"), footer), "yamada@example.jp", "headers text-after"},
		"opaque, then text":   {fromYamada + w.opaque(t, "application/pkcs7-mime") + "\r\n-- \r\nlist footer\r\n", "yamada@example.jp", "headers text-after"},
		"opaque, mbox of two": {"From a Mon Jan  1 00:00:00 2026\r\n" + fromYamada + w.opaque(t, "application/pkcs7-mime") + "\r\nFrom b Mon\r\n" + signed, "yamada@example.jp", "headers second-message"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, []byte(c.mail), nil, w.policy)
			valid.hold(t, r)
			if r.Mail == nil {
				t.Fatal("not a mail")
			}
			if got := strings.Trim(fmt.Sprint(r.Mail.Uncovered), "[]"); got != c.uncovered || r.Mail.From != c.from {
				t.Errorf("uncovered %q, from %q; want %q, %q", got, r.Mail.From, c.uncovered, c.from)
			}
		})
	}
	if r := run(t, by(w.signer, nil).encode(t), nil, w.policy); r.Mail != nil {
		t.Error("DER is called a mail")
	}
}

func TestFromIsComparedWithTheCertificate(t *testing.T) {
	same, other := new(bool), new(bool)
	*same = true
	for name, c := range map[string]struct {
		headers string
		known   []string
		want    *bool
	}{
		"the same":               {fromYamada, []string{"yamada@example.jp"}, same},
		"host in another case":   {"From: <yamada@EXAMPLE.JP>\r\n", []string{"yamada@example.jp"}, same},
		"one of several known":   {fromYamada, []string{"a@example.jp", "yamada@example.jp"}, same},
		"another":                {"From: boss@other.example\r\n", []string{"yamada@example.jp"}, other},
		"local part differs":     {"From: Yamada@example.jp\r\n", []string{"yamada@example.jp"}, other},
		"in the name only":       {"From: \"yamada@example.jp\" <boss@other.example>\r\n", []string{"yamada@example.jp"}, other},
		"one of two":             {"From: boss@other.example, yamada@example.jp\r\n", []string{"yamada@example.jp"}, other},
		"two fields":             {"From: yamada@example.jp\r\nFrom: boss@other.example\r\n", []string{"yamada@example.jp"}, other},
		"cannot be read":         {"From: yamada@example.jp boss\r\n", []string{"yamada@example.jp"}, other},
		"name in iso-2022-jp":    {"From: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <yamada@example.jp>\r\n", []string{"yamada@example.jp"}, same},
		"nothing to compare":     {fromYamada, nil, nil},
		"no From":                {"", []string{"yamada@example.jp"}, nil},
		"only Sender is right":   {"From: boss@other.example\r\nSender: yamada@example.jp\r\n", []string{"yamada@example.jp"}, other},
		"in another mail's From": {"From: boss@other.example\r\nX: From: yamada@example.jp\r\n", []string{"yamada@example.jp"}, other},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldFor(t, ecKey(t), withAddress(c.known...))
			r := run(t, []byte(c.headers+w.clear(t, crlfPart, crlfPart)), nil, w.policy)
			valid.hold(t, r)
			got := r.Mail.FromInCertificate
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("in the certificate: %v, of %q", got, r.Mail.From)
			}
		})
	}
}

// The unchanged signed part counts if that is what was signed, and only then.
func TestSignedPartIsTriedAsItStands(t *testing.T) {
	w := newWorld(t)
	unix := strings.ReplaceAll(crlfPart, "\r\n", "\n")
	binary := "Content-Type: application/EDI-X12\r\nContent-Transfer-Encoding: binary\r\n\r\nISA*00*\nGS*PO\n"
	for name, c := range map[string]struct {
		part, signed string
		want         verify.Verdict
	}{
		"CRLF, signed so":       {crlfPart, crlfPart, verify.Valid},
		"LF, signed with CRLF":  {unix, crlfPart, verify.Valid},
		"LF, signed so":         {unix, unix, verify.Valid},
		"binary, signed so":     {binary, binary, verify.Valid},
		"CRLF, signed with LF":  {crlfPart, unix, verify.Invalid},
		"changed":               {strings.Replace(crlfPart, "agree", "refuse", 1), crlfPart, verify.Invalid},
		"LF, changed":           {strings.Replace(unix, "agree", "refuse", 1), unix, verify.Invalid},
		"other mix of the ends": {binary, strings.ReplaceAll(binary, "\r\n", "\n"), verify.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			mail := []byte(w.clear(t, c.part, c.signed))
			var out bytes.Buffer
			r, err := verify.Verify(context.Background(), verify.Input{Signature: bytes.NewReader(mail), Size: int64(len(mail)), Out: &out}, w.policy)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.want {
				t.Errorf("%v (%s)", r.Verdict, r.Reason)
			}
			if c.want == verify.Valid && out.String() != c.signed {
				t.Errorf("wrote %q, signed was %q", out.String(), c.signed)
			}
			if given := run(t, mail, []byte(c.signed), w.policy); c.want == verify.Valid && given.Verdict != verify.Valid {
				t.Errorf("with the content given: %v (%s)", given.Verdict, given.Reason)
			}
		})
	}
	bare := by(w.signer, func(s *info) { s.bare = true })
	bare.content, bare.detached = []byte(unix), true
	mail := strings.Replace(w.clear(t, unix, unix), wrapped(w.detachedOver(t, unix)), "", 1)
	head, _, _ := strings.Cut(mail, "\r\n\r\n\r\n--s--")
	valid.hold(t, run(t, []byte(head+"\r\n\r\n"+wrapped(bare.encode(t))+"\r\n--s--\r\n"), nil, w.policy))
}

// Content with other line ends than the signed content is INVALID. The report
// mentions the line ends if the content can be read again.
func TestOtherLineEndsAreTold(t *testing.T) {
	w := newWorld(t)
	crlf, lf := "a\r\nb\r\n", "a\nb\n"
	for name, c := range map[string]struct {
		signed, given string
		remark        verify.Reason
	}{
		"signed with CRLF": {crlf, lf, verify.RemarkCRLF}, "signed with LF": {lf, crlf, verify.RemarkLF},
		"changed": {crlf, "c\n", ""},
	} {
		sig := w.detachedOver(t, c.signed)
		for seek, content := range map[string]io.Reader{"file": strings.NewReader(c.given), "pipe": io.MultiReader(strings.NewReader(c.given))} {
			r, err := verify.Detached(context.Background(), sig, content, w.policy)
			if err != nil {
				t.Fatal(err)
			}
			invalid(verify.CheckMessageDigest, verify.ReasonDiffers).hold(t, r)
			check, _ := r.Signers[0].Check(verify.CheckMessageDigest)
			var want []verify.Reason
			if c.remark != "" && seek == "file" {
				want = []verify.Reason{c.remark}
			}
			if !slices.Equal(check.Also, want) {
				t.Errorf("%s, %s: remarks %v", name, seek, check.Also)
			}
		}
	}
}

// A signed mail with unusual fields is read, unless they are ambiguous.
func TestLooselyWrittenSignedMailIsRead(t *testing.T) {
	w := newWorld(t)
	mail := w.clear(t, crlfPart, crlfPart)
	var quoted bytes.Buffer
	q := quotedprintable.NewWriter(&quoted)
	q.Binary = true
	if _, err := q.Write(w.detachedOver(t, crlfPart)); err != nil {
		t.Fatal(err)
	}
	q.Close()
	before, _, _ := strings.Cut(mail, "Content-Transfer-Encoding: base64")
	for name, c := range map[string]struct {
		mail string
		want verify.Verdict
	}{
		"unquoted protocol":               {strings.Replace(mail, `"application/pkcs7-signature"`, "application/pkcs7-signature", 1), verify.Valid},
		"list of digests":                 {strings.Replace(mail, "micalg=sha-256", "micalg=sha1,sha256", 1), verify.Valid},
		"unquoted boundary":               {strings.ReplaceAll(strings.Replace(mail, `boundary="s"`, "boundary=--=_a.1@x", 1), "--s", "----=_a.1@x"), verify.Valid},
		"octets":                          {strings.Replace(mail, "application/pkcs7-signature; name", "application/octet-stream; name", 1), verify.Valid},
		"quoted-printable":                {before + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted.String() + "\r\n\r\n--s--\r\n", verify.Valid},
		"two boundaries":                  {strings.Replace(mail, `boundary="s"`, `boundary="s"; boundary="x"`, 1), verify.Invalid},
		"two boundaries, loosely written": {strings.Replace(mail, `boundary="s"`, `micalg=a,b; boundary=s; boundary=x`, 1), verify.Invalid},
		"two Content-Types":               {"Content-Type: text/html\r\n" + mail, verify.Invalid},
		"two, the first one":              {strings.Replace(mail, "\r\n\r\n", "\r\nContent-Type: text/html\r\n\r\n", 1), verify.Invalid},
		"three parts":                     {strings.Replace(mail, "\r\n--s--", "\r\n--s\r\n\r\nmore\r\n--s--", 1), verify.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			if r := run(t, []byte(c.mail), nil, w.policy); r.Verdict != c.want {
				t.Errorf("%v (%s)", r.Verdict, r.Reason)
			}
		})
	}
}

// An unsigned mail with an attached signature is not INVALID. The report names
// the attachment.
func TestAttachedSignatureIsNamed(t *testing.T) {
	w := newWorld(t)
	mail := func(kind string) string {
		return "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nsee below\r\n" +
			"--m\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n--m\r\n" + kind + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			wrapped(w.detachedOver(t, "%PDF")) + "\r\n--m--\r\n"
	}
	for kind, name := range map[string]string{
		"Content-Type: application/pkcs7-signature; name=a.pdf.p7s":                                         "a.pdf.p7s",
		"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"a.pdf.p7s\"": "a.pdf.p7s",
		"Content-Type: application/octet-stream; name=contract.P7M":                                         "contract.P7M",
		"Content-Type: application/octet-stream; name=\"=?UTF-8?B?55Sz6KuLLnA3cw==?=\"":                     "申請.p7s",
		"Content-Type: application/octet-stream; name=mail.eml":                                             "mail.eml",
		"Content-Type: application/pkcs7-signature":                                                         "",
	} {
		r := run(t, []byte(mail(kind)), nil, w.policy)
		open(verify.CheckStructure, verify.ReasonAttached).hold(t, r)
		if !slices.Equal(r.Attachments, []string{name}) {
			t.Errorf("%s: %q", kind, r.Attachments)
		}
	}
	invalid(verify.CheckStructure, verify.ReasonNoContentType).hold(t, run(t, []byte(mail("Content-Type: image/png; name=a.png")), nil, w.policy))
}

// The report mentions a signed message inside the content, and a
// countersignature.
func TestInnerSignaturesAreMentioned(t *testing.T) {
	w := newWorld(t)
	inner := by(w.signer, nil).encode(t)
	for name, content := range map[string][]byte{
		"DER": inner, "mail": []byte("From: a\r\n" + w.clear(t, crlfPart, crlfPart)), "opaque mail": []byte(w.opaque(t, "application/pkcs7-mime")),
	} {
		m := by(w.signer, nil)
		m.content = content
		r := run(t, m.encode(t), nil, w.policy)
		valid.hold(t, r)
		if c, _ := r.Check(verify.CheckContent); c.Detail != verify.RemarkSignedContent {
			t.Errorf("%s: %+v", name, c)
		}
	}
	m := by(w.signer, func(s *info) {
		s.unsigned = func([]byte) [][]byte { return [][]byte{attr("1.2.840.113549.1.9.6", seq(der(1)))} }
	})
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Check(verify.CheckStructure); c.Detail != verify.RemarkCountersigned {
		t.Errorf("%+v", c)
	}
	if c, _ := run(t, inner, nil, w.policy).Check(verify.CheckContent); c.Detail != "" {
		t.Errorf("text: %+v", c)
	}
}

// TestMailsOfOtherPrograms judges the mails among the messages of other
// projects.
func TestMailsOfOtherPrograms(t *testing.T) {
	for _, folder := range []string{"foreign/right", "foreign/fail"} {
		for _, c := range foreign(t, folder) {
			if filepath.Ext(c.File) != ".eml" {
				continue
			}
			r, err := c.judge(t)
			if err != nil {
				t.Fatalf("%s: %v", c.File, err)
			}
			if want, _, _ := strings.Cut(c.Want, " "); r.Verdict.String() != want && !(folder == "foreign/fail" && r.Verdict == verify.Valid) {
				t.Errorf("%s: %v (%s), want %s", c.File, r.Verdict, r.Reason, c.Want)
			}
			if r.Verdict == verify.Valid && (r.Mail == nil || !slices.Contains(r.Mail.Uncovered, verify.UncoveredHeaders)) {
				t.Errorf("%s: VALID without a word about the headers", c.File)
			}
		}
	}
}
