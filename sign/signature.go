package sign

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"slices"

	"go.mozilla.org/pkcs7"

	"natsuin/sign/internal/cms"
)

// pemType is a label that OpenSSL's cms and smime, GnuTLS and GnuPG all accept.
// Of these, only OpenSSL's cms accepts "CMS".
const pemType = "PKCS7"

// A Signature is a finished signature that has passed all checks.
// [Pending.Sign] and [Pending.Complete] return one.
type Signature struct {
	content  Content
	value    []byte // SignerInfo.signature
	data     *cms.SignedData
	detached []byte
}

// DER returns the SignedData without the content, for a .p7s file.
func (s *Signature) DER() []byte { return slices.Clone(s.detached) }

// PEM returns [Signature.DER] as PEM text (RFC 7468 §8).
func (s *Signature) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: s.detached})
}

// WriteAttached writes the SignedData with the content, for a .p7m file, in DER
// with definite lengths. It streams the content in constant memory and hashes
// it again. The error is [ErrContentChanged] if the content differs from that
// which was signed. After any error the output must be discarded. If ctx is
// cancelled, WriteAttached returns the cause before the next block.
func (s *Signature) WriteAttached(ctx context.Context, w io.Writer, content io.Reader) error {
	before, after, err := s.data.Attached(s.content.Size)
	if err != nil {
		return fmt.Errorf("write: signed content: %w", err)
	}
	if _, err := w.Write(before); err != nil {
		return fmt.Errorf("write: signed content: %w", err)
	}
	// Reading one byte more than expected shows whether there is more.
	copied, err := copyContent(ctx, w, io.LimitReader(content, s.content.Size+1), s.content.Hash)
	if err != nil {
		return err
	}
	if copied.Size != s.content.Size || !bytes.Equal(copied.Sum, s.content.Sum) {
		return fmt.Errorf("write: signed content: %w", ErrContentChanged)
	}
	if _, err := w.Write(after); err != nil {
		return fmt.Errorf("write: signed content: %w", err)
	}
	return nil
}

// WriteAttachedPEM writes the output of [Signature.WriteAttached] as PEM text.
func (s *Signature) WriteAttachedPEM(ctx context.Context, w io.Writer, content io.Reader) error {
	out := bufio.NewWriterSize(w, 256<<10)
	lines := &lineWriter{w: out}
	text := base64.NewEncoder(base64.StdEncoding, lines)

	// out keeps its first error until Flush.
	out.WriteString("-----BEGIN " + pemType + "-----\n")
	if err := s.WriteAttached(ctx, text, content); err != nil {
		return err
	}
	text.Close()
	lines.end()
	out.WriteString("-----END " + pemType + "-----\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: signed content: %w", err)
	}
	return nil
}

// lineWriter breaks text into lines of 64 characters (RFC 7468 §2).
type lineWriter struct {
	w      *bufio.Writer
	column int
}

const lineLength = 64

func (l *lineWriter) Write(text []byte) (int, error) {
	for rest := text; len(rest) > 0; {
		n := min(len(rest), lineLength-l.column)
		if _, err := l.w.Write(rest[:n]); err != nil {
			return 0, err
		}
		rest, l.column = rest[n:], l.column+n
		if l.column == lineLength {
			l.end()
		}
	}
	return len(text), nil
}

// end terminates the line if it is not empty.
func (l *lineWriter) end() {
	if l.column > 0 {
		l.w.WriteByte('\n')
		l.column = 0
	}
}

// Bundle returns a certs-only SignedData, for a .p7b file, with certs in the
// given order. By convention the end entity comes first.
func Bundle(certs ...*x509.Certificate) ([]byte, error) {
	var raw []byte
	for _, c := range unique(certs) {
		raw = append(raw, c.Raw...)
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("bundle: certificates: none given")
	}
	out, err := pkcs7.DegenerateCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("bundle: certificates: %w", err)
	}
	return out, nil
}
