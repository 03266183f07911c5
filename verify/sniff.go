package verify

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"natsuin/verify/internal/cms"
)

// A Kind is the kind of a file, judging by its content. The names are stable,
// because they are part of the JSON output.
type Kind string

// The kinds. Only a file of KindSignature can be passed to [Verify].
const (
	// KindSignature: a CMS SignedData with signers, even a damaged one, or a
	// mail.
	KindSignature Kind = "signature"
	// KindUnknown: none of the other kinds.
	KindUnknown Kind = "not-a-signature"
	// KindPDF: a PDF file (ISO 32000-2), signed or not.
	KindPDF Kind = "pdf"
	// KindXML: an XML document, signed or not.
	KindXML Kind = "xml"
	// KindASiC: a ZIP file with signatures (ETSI EN 319 162-1).
	KindASiC Kind = "asic"
	// KindOutlook: a message saved by Outlook (MS-OXMSG).
	KindOutlook Kind = "msg"
	// KindOpenPGP: a message, signature or mail in OpenPGP (RFC 9580).
	KindOpenPGP Kind = "openpgp"
	// KindEncrypted: encrypted CMS (RFC 5652 §6, §8, RFC 5083).
	KindEncrypted Kind = "encrypted"
	// KindTimestamp: a response of a time-stamp authority, or a token (RFC 3161
	// §2.4.2).
	KindTimestamp Kind = "timestamp"
	// KindCertificates: only certificates or CRLs.
	KindCertificates Kind = "certificates"
	// KindUTF16: any text in UTF-16.
	KindUTF16 Kind = "utf-16"
)

// Kinds returns every Kind.
func Kinds() []Kind {
	return []Kind{KindSignature, KindUnknown, KindPDF, KindXML, KindASiC, KindOutlook, KindOpenPGP, KindEncrypted, KindTimestamp, KindCertificates, KindUTF16}
}

// sniffed is how much is examined of the beginning of a file, and of its end,
// in bytes. sniffedDeep is for kinds whose marks may be anywhere.
const (
	sniffed     = 64 << 10
	sniffedDeep = 4 << 20
)

// Sniff returns the kind of a file of size bytes. It examines only the content
// and verifies nothing, so the author of a file decides the result. The error
// is that of the reader.
func Sniff(r io.ReaderAt, size int64) (Kind, error) {
	head, err := section(r, 0, min(size, sniffed))
	if err != nil {
		return KindUnknown, err
	}
	if IsUTF16(head) {
		return KindUTF16, nil
	}
	text := bytes.TrimLeft(trimBOM(head), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("%PDF-")):
		return KindPDF, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZIP(r, size, head)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return sniffCompound(r, size)
	case isXML(text):
		return KindXML, nil
	case isOpenPGP(head, text):
		return KindOpenPGP, nil
	}
	kind, err := sniffMessage(r, size, head)
	if kind == KindUnknown && err == nil && bytes.Contains(head[:min(len(head), 1<<10)], []byte("%PDF-")) {
		kind = KindPDF // other bytes may precede the header of a PDF
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

// sniffMessage returns the kind of a file that [Verify] can open, or that is in
// DER.
func sniffMessage(r io.ReaderAt, size int64, head []byte) (Kind, error) {
	opened, err := cms.Open(r, size)
	var broken *cms.SyntaxError
	switch {
	case errors.As(err, new(*cms.AttachmentError)):
		return KindSignature, nil
	case errors.As(err, &broken):
		switch {
		case broken.Reason == cms.NoContentType && isMailOfOpenPGP(head):
			return KindOpenPGP, nil
		case bytes.Contains(head, []byte("-----BEGIN CERTIFICATE-----")), bytes.Contains(head, []byte("-----BEGIN X509 CRL-----")):
			return KindCertificates, nil
		case broken.Reason == cms.NoContentType, isMail(head), broken.Reason == cms.TrailingData, broken.Reason == cms.TrailingByte, isPEMMessage(head):
			return KindSignature, nil
		}
		return KindUnknown, nil
	case err != nil:
		return KindUnknown, err
	}
	front, err := section(opened.Message, 0, min(opened.Size, sniffed))
	if err != nil {
		return KindUnknown, err
	}
	switch {
	case cms.BeginsEncrypted(front):
		return KindEncrypted, nil
	case cms.BeginsSigned(front):
		return sniffSigned(opened)
	case isTimestampResponse(front, opened.Size):
		return KindTimestamp, nil
	}
	if opened.Size <= maxBundle {
		all, err := section(opened.Message, 0, opened.Size)
		if err != nil {
			return KindUnknown, err
		}
		if isCertificate(all) {
			return KindCertificates, nil
		}
		if lists, err := ReadLists(all); err == nil && len(lists) > 0 {
			return KindCertificates, nil
		}
	}
	if opened.Mail != nil {
		return KindSignature, nil
	}
	return KindUnknown, nil
}

// sniffSigned returns the kind of a SignedData. A malformed one counts as a
// damaged signature.
func sniffSigned(opened *cms.Input) (Kind, error) {
	m, err := cms.Parse(opened.Message, opened.Size)
	switch {
	case errors.As(err, new(*cms.SyntaxError)):
		return KindSignature, nil
	case err != nil:
		return KindUnknown, err
	case m.ContentType == cms.TSTInfo:
		return KindTimestamp, nil
	case len(m.Signers) == 0 && !m.Attached && len(m.Certificates)+len(m.CRLs) > 0:
		return KindCertificates, nil
	}
	return KindSignature, nil
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

// mailHead returns the header of a mail, in lower case and unfolded as far as
// needed here.
func mailHead(head []byte) string {
	text := strings.ReplaceAll(strings.ToLower(string(trimBOM(head))), "\r\n", "\n")
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

// sniffZIP looks for the media type of ASiC in the first entry, and for the
// names of signatures in the directory at the end (ETSI EN 319 162-1 §A).
func sniffZIP(r io.ReaderAt, size int64, head []byte) (Kind, error) {
	n := min(size, sniffed)
	tail, err := section(r, size-n, n)
	if err != nil {
		return KindUnknown, err
	}
	front := head[:min(len(head), 256)]
	if bytes.Contains(front, []byte("application/vnd.etsi.asic")) {
		return KindASiC, nil
	}
	lower := bytes.ToLower(tail)
	for _, name := range []string{"meta-inf/signature", "meta-inf/timestamp", "meta-inf/asicmanifest", "meta-inf/documentsignatures"} {
		if bytes.Contains(lower, []byte(name)) {
			return KindASiC, nil
		}
	}
	return KindUnknown, nil
}

// sniffCompound looks for the names that every Outlook message has (MS-OXMSG
// §2.2) among those in a compound file.
func sniffCompound(r io.ReaderAt, size int64) (Kind, error) {
	b, err := section(r, 0, min(size, sniffedDeep))
	if err != nil {
		return KindUnknown, err
	}
	for _, name := range []string{"__substg1.0_", "__properties_version1.0", "__nameid_version1.0"} {
		if bytes.Contains(b, utf16(name)) {
			return KindOutlook, nil
		}
	}
	return KindUnknown, nil
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
