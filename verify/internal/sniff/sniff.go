// Package sniff recognises the kind of a file by its content.
//
// It verifies nothing: the author of a file decides the result.
//
// The marks are those of the standards named at the kinds in package verify.
package sniff

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// A Kind is the kind of a file, as package verify names it.
type Kind string

// The kinds. Package verify describes them.
const (
	Signature    Kind = "signature"
	Unknown      Kind = "not-a-signature"
	PDF          Kind = "pdf"
	XML          Kind = "xml"
	ASiC         Kind = "asic"
	Outlook      Kind = "msg"
	OpenPGP      Kind = "openpgp"
	Encrypted    Kind = "encrypted"
	Timestamp    Kind = "timestamp"
	Certificates Kind = "certificates"
	UTF16        Kind = "utf-16"
)

// trim returns b without the byte order mark of UTF-8.
func trim(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")) }

// sniffed is how much is examined of the beginning of a file, and of its end,
// in bytes. sniffedDeep is for kinds whose marks may be anywhere.
const (
	sniffed     = 64 << 10
	sniffedDeep = 4 << 20
)

// File returns the kind of a file of size bytes. The error is that of the
// reader.
func File(r io.ReaderAt, size int64) (Kind, error) {
	head, err := section(r, 0, min(size, sniffed))
	if err != nil {
		return Unknown, err
	}
	if IsUTF16(head) {
		return UTF16, nil
	}
	text := bytes.TrimLeft(trim(head), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("%PDF-")):
		return PDF, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZIP(r, size, head)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return sniffCompound(r, size)
	case isXML(text):
		return XML, nil
	case isOpenPGP(head, text):
		return OpenPGP, nil
	}
	kind, err := sniffMessage(r, size, head)
	if kind == Unknown && err == nil && bytes.Contains(head[:min(len(head), 1<<10)], []byte("%PDF-")) {
		kind = PDF // other bytes may precede the header of a PDF
	}
	return kind, err
}

// section returns n bytes of r from off.
func section(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	got, err := r.ReadAt(b, off)
	if int64(got) == n {
		return b, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF // the file was changed
	}
	return nil, err
}

func isXML(text []byte) bool {
	return bytes.HasPrefix(text, []byte("<?xml")) ||
		bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("http://www.w3.org/2000/09/xmldsig#"))
}

// isOpenPGP recognises the armour of RFC 9580 §6.2, and the packets with which
// a signature (§5.2) or a signed message (§5.4) begins.
func isOpenPGP(head, text []byte) bool {
	if bytes.HasPrefix(text, []byte("-----BEGIN PGP ")) || bytes.Contains(text, []byte("\n-----BEGIN PGP ")) && !isMail(head) {
		return true
	}
	version := func(at int, known ...byte) bool { return len(head) > at+16 && slices.Contains(known, head[at]) }
	if len(head) == 0 {
		return false
	}
	switch head[0] {
	case 0x88:
		return version(2, 3, 4)
	case 0x89:
		return version(3, 3, 4)
	case 0xC2:
		return version(2, 4, 5, 6) || version(3, 4, 5, 6)
	case 0x90, 0xC4:
		return version(2, 3, 6)
	}
	return false
}

// mailHead returns the header of a mail, in lower case, with LF line ends and
// still folded.
func mailHead(head []byte) string {
	text := strings.ReplaceAll(strings.ToLower(string(trim(head))), "\r\n", "\n")
	text, _, _ = strings.Cut(strings.TrimLeft(text, " \t\n"), "\n\n")
	return text
}

func isMail(head []byte) bool {
	text := mailHead(head)
	return strings.HasPrefix(text, "content-type:") || strings.Contains(text, "\ncontent-type:")
}

func isMailOfOpenPGP(head []byte) bool {
	text := mailHead(head)
	return strings.Contains(text, "application/pgp-signature") || strings.Contains(text, "application/pgp-encrypted")
}

// isPEMMessage reports whether head contains the label of a CMS message.
func isPEMMessage(head []byte) bool {
	for _, label := range []string{"CMS", "PKCS7", "PKCS #7 SIGNED DATA", "SIGNED MESSAGE"} {
		if bytes.Contains(head, []byte("-----BEGIN "+label+"-----")) {
			return true
		}
	}
	return false
}

// sniffZIP looks for the media type of ASiC in the first 256 bytes, where the
// first entry is, and for the names of signatures in the last 64 KiB, where the
// directory is (ETSI EN 319 162-1).
func sniffZIP(r io.ReaderAt, size int64, head []byte) (Kind, error) {
	n := min(size, sniffed)
	tail, err := section(r, size-n, n)
	if err != nil {
		return Unknown, err
	}
	front := head[:min(len(head), 256)]
	if bytes.Contains(front, []byte("application/vnd.etsi.asic")) {
		return ASiC, nil
	}
	lower := bytes.ToLower(tail)
	for _, name := range []string{"meta-inf/signature", "meta-inf/timestamp", "meta-inf/asicmanifest", "meta-inf/documentsignatures"} {
		if bytes.Contains(lower, []byte(name)) {
			return ASiC, nil
		}
	}
	return Unknown, nil
}

// sniffCompound looks for names that Outlook messages have (MS-OXMSG §2.2) in
// the first 4 MiB of a compound file.
func sniffCompound(r io.ReaderAt, size int64) (Kind, error) {
	b, err := section(r, 0, min(size, sniffedDeep))
	if err != nil {
		return Unknown, err
	}
	for _, name := range []string{"__substg1.0_", "__properties_version1.0", "__nameid_version1.0"} {
		if bytes.Contains(b, utf16(name)) {
			return Outlook, nil
		}
	}
	return Unknown, nil
}

// IsUTF16 reports whether b, the beginning of a file, is text in UTF-16: it
// begins with a byte order mark, or with four ASCII characters. Redirection
// with > in Windows PowerShell 5 writes such files.
func IsUTF16(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF")) {
		return true
	}
	if len(b) < 8 {
		return false
	}
	for _, high := range []int{0, 1} { // the index of the zero byte in each character
		ascii := 0
		for i := 0; i < 8; i += 2 {
			zero, c := b[i+high], b[i+1-high]
			if zero == 0 && (c >= ' ' && c <= '~' || c == '\r' || c == '\n' || c == '\t') {
				ascii++
			}
		}
		if ascii == 4 {
			return true
		}
	}
	return false
}

// utf16 returns ASCII text in UTF-16, little endian.
func utf16(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}
