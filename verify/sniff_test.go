package verify_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"

	"natsuin/verify"
)

func wide(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

// The kind of a file depends only on its content.
func TestContentTellsWhatAFileIs(t *testing.T) {
	w := newWorld(t)
	message := by(w.signer, nil).encode(t)
	signed := w.clear(t, crlfPart, crlfPart)
	token := by(w.signer, nil)
	token.contentType = idTSTInfo
	bundle := bundleOf(w.root.cert.Raw).encode(t)
	enveloped := seq(oid("1.2.840.113549.1.7.3"), tlv(0xA0, seq(der(0))))
	asPEM := func(label string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b}) }
	zip := func(name, content string) []byte {
		return []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 16) + name + content + "PK\x01\x02" + name)
	}
	for name, c := range map[string]struct {
		content []byte
		want    verify.Kind
	}{
		"DER":                      {message, verify.KindSignature},
		"damaged DER":              {message[:len(message)/2], verify.KindSignature},
		"DER and a line end":       {append(bytes.Clone(message), '\n'), verify.KindSignature},
		"PEM":                      {asPEM("CMS", message), verify.KindSignature},
		"PEM with a mark":          {append([]byte("\xEF\xBB\xBF"), asPEM("PKCS7", message)...), verify.KindSignature},
		"damaged PEM":              {asPEM("PKCS7", message)[:200], verify.KindSignature},
		"signed mail":              {[]byte(signed), verify.KindSignature},
		"mail without signature":   {[]byte("From: a\r\nContent-Type: text/plain\r\n\r\nhello"), verify.KindSignature},
		"PDF":                      {[]byte("%PDF-1.7\n"), verify.KindPDF},
		"PDF after bytes":          {append([]byte("junk\x00"), "%PDF-1.7\n"...), verify.KindPDF},
		"XML":                      {[]byte("\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>"), verify.KindXML},
		"signed XML":               {[]byte("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>"), verify.KindXML},
		"ASiC":                     {zip("mimetype", "application/vnd.etsi.asic-e+zip"), verify.KindASiC},
		"ASiC without its type":    {zip("META-INF/signature.p7s", ""), verify.KindASiC},
		"ZIP":                      {zip("a.txt", "hello"), verify.KindUnknown},
		"Outlook":                  {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), wide("__properties_version1.0")...), verify.KindOutlook},
		"another compound file":    {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), wide("WordDocument")...), verify.KindUnknown},
		"OpenPGP":                  {[]byte("-----BEGIN PGP SIGNATURE-----\n\nx\n"), verify.KindOpenPGP},
		"clear-signed OpenPGP":     {[]byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n-----BEGIN PGP SIGNATURE-----\n"), verify.KindOpenPGP},
		"OpenPGP packet":           {append([]byte{0x89, 0x01, 0x33, 4, 0}, make([]byte, 300)...), verify.KindOpenPGP},
		"OpenPGP mail":             {[]byte("From: a\nContent-Type: multipart/signed; boundary=b;\n protocol=\"application/pgp-signature\"\n\n--b\n\na\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n"), verify.KindOpenPGP},
		"encrypted":                {enveloped, verify.KindEncrypted},
		"encrypted, authenticated": {seq(oid("1.2.840.113549.1.9.16.1.23"), tlv(0xA0, seq(der(0)))), verify.KindEncrypted},
		"encrypted PEM":            {asPEM("CMS", enveloped), verify.KindEncrypted},
		"encrypted mail":           {[]byte("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\n" + wrapped(enveloped)), verify.KindEncrypted},
		"token":                    {token.encode(t), verify.KindTimestamp},
		"answer with a token":      {seq(seq(der(0)), token.encode(t)), verify.KindTimestamp},
		"answer that refuses":      {seq(seq(der(2))), verify.KindTimestamp},
		"bundle":                   {bundle, verify.KindCertificates},
		"certificate":              {w.root.cert.Raw, verify.KindCertificates},
		"certificate in PEM":       {asPEM("CERTIFICATE", w.root.cert.Raw), verify.KindCertificates},
		"UTF-16":                   {append([]byte("\xFF\xFE"), wide("-----BEGIN CMS-----")...), verify.KindUTF16},
		"UTF-16 without a mark":    {wide("-----BEGIN CMS-----"), verify.KindUTF16},
		"UTF-16, other byte order": {append([]byte{0}, wide("-----BEGIN CMS-----")...), verify.KindUTF16},
		"text":                     {text, verify.KindUnknown},
		"text of base64 digits":    {[]byte("hello"), verify.KindUnknown},
		"nothing":                  {nil, verify.KindUnknown},
		"DER of another kind":      {seq(der(1), der(2)), verify.KindUnknown},
	} {
		got, err := verify.Sniff(bytes.NewReader(c.content), int64(len(c.content)))
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
	if _, err := verify.Sniff(broken{io.ErrClosedPipe}, 100); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func bundleOf(certs ...[]byte) message { return message{detached: true, certs: certs} }

func TestHoldsContent(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"attached": {by(w.signer, nil).encode(t), true}, "detached": {w.detachedOver(t, "x"), false},
		"mail": {[]byte(w.clear(t, crlfPart, crlfPart)), true}, "text": {text, true},
	} {
		if got := verify.HoldsContent(bytes.NewReader(c.content), int64(len(c.content))); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A byte order mark before certificates and CRLs is skipped, as before a
// message.
func TestByteOrderMarkIsSkipped(t *testing.T) {
	w := newWorld(t)
	mark := []byte("\xEF\xBB\xBF")
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: w.root.cert.Raw}, {Type: "PKCS7", Bytes: bundleOf(w.root.cert.Raw).encode(t)}} {
		if certs, err := verify.ParseCertificates(append(bytes.Clone(mark), pem.EncodeToMemory(block)...)); err != nil || len(certs) != 1 {
			t.Errorf("%s: %d certificates, %v", block.Type, len(certs), err)
		}
	}
}

// A single line end, NUL or Ctrl-Z after a message has its own reason, in each
// encoding.
func TestOneByteAfterTheMessageIsTold(t *testing.T) {
	w := newWorld(t)
	raw := by(w.signer, nil).encode(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: raw})
	for name, c := range map[string]struct {
		file []byte
		want verify.Reason
	}{
		"DER, LF": {append(bytes.Clone(raw), '\n'), verify.ReasonTrailingByte}, "DER, CRLF": {append(bytes.Clone(raw), "\r\n"...), verify.ReasonTrailingByte},
		"DER, Ctrl-Z": {append(bytes.Clone(raw), 0x1A), verify.ReasonTrailingByte}, "DER, NUL": {append(bytes.Clone(raw), 0), verify.ReasonTrailingZeros},
		"PEM, NUL": {append(bytes.Clone(text), 0), verify.ReasonTrailingByte}, "PEM, Ctrl-Z": {append(bytes.Clone(text), 0x1A), verify.ReasonTrailingByte},
		"base64, Ctrl-Z": {append([]byte(wrapped(raw)), 0x1A), verify.ReasonTrailingByte},
		"DER, a letter":  {append(bytes.Clone(raw), 'a'), verify.ReasonTrailingData}, "DER, LF and more": {append(bytes.Clone(raw), "\n\n\n"...), verify.ReasonTrailingData},
	} {
		r := run(t, c.file, nil, w.policy)
		if r.Verdict != verify.Invalid || r.Reason != c.want {
			t.Errorf("%s: %v (%s)", name, r.Verdict, r.Reason)
		}
	}
}

func FuzzSniff(f *testing.F) {
	w := newWorld(f)
	signed := by(w.signer, nil).encode(f)
	f.Add(signed)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: signed}))
	f.Add([]byte(w.clear(f, crlfPart, crlfPart)))
	f.Add(w.root.cert.Raw)
	f.Add([]byte("PK\x03\x04mimetypeapplication/vnd.etsi.asic-s+zip"))
	f.Add(append([]byte("\xFF\xFE"), wide("-----BEGIN CMS-----")...))
	f.Add(seq(seq(der(0)), signed))
	f.Add(seq(oid("1.2.840.113549.1.7.3"), tlv(0xA0, seq(der(0)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := verify.Sniff(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err) // reading from memory cannot fail
		}
		verify.HoldsContent(bytes.NewReader(b), int64(len(b)))
		if kind == verify.KindSignature || kind == verify.KindTimestamp {
			return
		}
		if r := run(t, b, text, w.policy); r.Verdict == verify.Valid {
			t.Fatalf("%s, and VALID", kind)
		}
	})
}
