// Package pdftest makes small PDFs for the tests of the command, and checks
// signed ones. It shares no code with natsuin's own: a signature is found by
// its /ByteRange (ISO 32000-1 §12.8.1) after the bytes of the original, and
// verified by pkcs7.
//
// Only tests import it. It recognises what natsuin writes, not PDF in general.
package pdftest

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"go.mozilla.org/pkcs7"
)

// Sample returns a PDF of one A4 page that holds text, one line, as a comment.
func Sample(text string) []byte {
	page := "% " + text + "\nq 0.8 0.9 1 rg 57 700 481 85 re f Q"
	var out bytes.Buffer
	var offsets []int
	fmt.Fprint(&out, "%PDF-1.7\n")
	for i, body := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(page), page),
	} {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return out.Bytes()
}

var byteRange = regexp.MustCompile(`/ByteRange ?\[0 +(\d+) +(\d+) +(\d+) *\]`)

// Signature returns the CMS of the only signature that signed has and original
// does not. It verifies the signature over all bytes of the file except those
// of the signature itself. signed must begin with original and end with %%EOF.
func Signature(original, signed []byte) (*pkcs7.PKCS7, error) {
	message, covered, err := newest(original, signed)
	if err != nil {
		return nil, err
	}
	message.Content = covered
	if err := message.Verify(); err != nil {
		return nil, fmt.Errorf("pdftest: %w", err)
	}
	return message, nil
}

// CheckStamp checks the only document time stamp that stamped has and original
// does not, as [Signature] does a signature. The token must contain the SHA-256
// digest of the covered bytes.
func CheckStamp(original, stamped []byte) error {
	token, covered, err := newest(original, stamped)
	if err != nil {
		return err
	}
	if err := token.Verify(); err != nil {
		return fmt.Errorf("pdftest: %w", err)
	}
	if sum := sha256.Sum256(covered); !bytes.Contains(token.Content, sum[:]) {
		return errors.New("pdftest: the time stamp is of other bytes")
	}
	return nil
}

// newest returns the CMS of the only new signature, and the bytes of the file
// except those of the signature.
func newest(original, signed []byte) (message *pkcs7.PKCS7, covered []byte, err error) {
	if len(signed) <= len(original) || !bytes.HasPrefix(signed, original) {
		return nil, nil, errors.New("pdftest: the original is not as it was")
	}
	if !bytes.HasSuffix(signed, []byte("%%EOF\n")) {
		return nil, nil, errors.New("pdftest: no end of file")
	}
	all := byteRange.FindAllSubmatch(signed[len(original):], -1)
	if len(all) != 1 {
		return nil, nil, fmt.Errorf("pdftest: %d new signatures", len(all))
	}
	var n [3]int
	for i, digits := range all[0][1:] {
		n[i], _ = strconv.Atoi(string(digits))
	}
	start, end := n[0], n[1]
	if start <= len(original) || end <= start+2 || end+n[2] != len(signed) || signed[start] != '<' || signed[end-1] != '>' {
		return nil, nil, fmt.Errorf("pdftest: /ByteRange %s in %d bytes", all[0][0], len(signed))
	}
	der, err := hex.DecodeString(string(signed[start+1 : end-1]))
	if err != nil {
		return nil, nil, fmt.Errorf("pdftest: /Contents: %w", err)
	}
	var cms asn1.RawValue // its last byte may be zero, like those of the padding
	padding, err := asn1.Unmarshal(der, &cms)
	if err != nil || len(bytes.Trim(padding, "\x00")) > 0 {
		return nil, nil, fmt.Errorf("pdftest: /Contents: %d bytes after the signature: %v", len(padding), err)
	}
	if message, err = pkcs7.Parse(cms.FullBytes); err != nil {
		return nil, nil, fmt.Errorf("pdftest: %w", err)
	}
	return message, bytes.Join([][]byte{signed[:start], signed[end:]}, nil), nil
}
