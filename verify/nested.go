package verify

import (
	"bytes"
	"io"
	"mime"
	"strings"

	"natsuin/verify/internal/cms"
)

// lenientWords decodes nothing: only the address beside a name is wanted.
var lenientWords = &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}

var oidCountersignature = dotted("1.2.840.113549.1.9.6")

// countersigned returns a remark if some signer has a countersignature, which
// is not judged.
func countersigned(m *cms.Message) Reason {
	for _, s := range m.Signers {
		for _, a := range s.Unsigned {
			if a.Type == oidCountersignature {
				return RemarkCountersigned
			}
		}
	}
	return ""
}

// nested keeps the first bytes of a content, to say whether it is a signed
// message of its own.
type nested struct{ head []byte }

const maxNested = 8 << 10

// Write implements io.Writer. It never fails.
func (n *nested) Write(p []byte) (int, error) {
	n.head = append(n.head, p[:min(len(p), maxNested-len(n.head))]...)
	return len(p), nil
}

// remark returns RemarkSignedContent if the content begins as a SignedData
// does, in DER or PEM, or as a signed mail.
func (n *nested) remark() Reason {
	if cms.BeginsSigned(n.head) || bytes.HasPrefix(n.head, []byte("-----BEGIN CMS-----")) || bytes.HasPrefix(n.head, []byte("-----BEGIN PKCS7-----")) {
		return RemarkSignedContent
	}
	head := strings.ToLower(string(n.head))
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		head, _, _ = strings.Cut(head, end)
	}
	for _, kind := range []string{"multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime"} {
		if strings.Contains(head, "content-type: "+kind) {
			return RemarkSignedContent
		}
	}
	return ""
}
