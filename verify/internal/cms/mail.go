package cms

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Mail describes the parts of a mail around the signed part. No signature
// covers them.
type Mail struct {
	// From holds the From fields in the header of the message with the signed
	// part. If messages are nested, that is the innermost.
	From []string
	// Before and After report whether there is text, or another part, before or
	// after the signed part.
	Before, After bool
	// Second reports whether another message, or another signed part, follows.
	Second bool
}

// An AttachmentError means that a mail has no signed part, but has attachments
// that may be signatures.
type AttachmentError struct{ Names []string }

func (e *AttachmentError) Error() string { return "read signed data: a mail with a signature attached" }

// Limits for the tree of a mail.
const (
	maxParts       = 1000
	maxMailDepth   = 10
	maxAttachments = 16 // in an AttachmentError
)

// walk looks for the signed part of a mail, in the order of the file.
type walk struct {
	w     *window
	parts int
	in    *Input
	mail  Mail
	// attached holds the names of the parts that may be signatures.
	attached []string
}

// openMail opens the signed part of the mail from off to the end of the window.
// The part may be nested in multiparts and forwarded messages.
func openMail(w *window, off int64) (*Input, error) {
	k := &walk{w: w}
	if err := k.entity(off, w.size, 0, true, nil); err != nil {
		return nil, err
	}
	switch {
	case k.in != nil:
		k.in.Mail = &k.mail
		return k.in, nil
	case len(k.attached) > 0:
		return nil, &AttachmentError{k.attached}
	}
	return nil, syntax(NoContentType, 0)
}

// entity visits a MIME entity from off to end. from holds the From fields
// around it. If the entity is a message, those in its own header count instead.
func (k *walk) entity(off, end int64, depth int, message bool, from []string) error {
	if k.parts++; k.parts > maxParts {
		if k.in != nil {
			return k.outside(off, end)
		}
		return syntax(TooMany, off)
	}
	head, err := k.w.peek(off, int(min(maxHead, end-off)))
	if err != nil {
		return err
	}
	h, size, ok := parseFields(bytes.Clone(head))
	if !ok { // without a header, so it is text
		return k.outside(off, end)
	}
	if message {
		from = h.all("from")
	}
	body := off + int64(size)
	t, ok := h.mediaType()
	if !ok {
		if depth == 0 {
			return syntax(BadText, off)
		}
		return k.outside(body, end)
	}
	name := strings.ToLower(h.fileName(t))
	switch {
	case depth == maxMailDepth:
	case t.kind == "multipart/signed":
		return k.signed(t, body, end, depth, from)
	case isOpaque(t.kind, name) || depth == 0 && isSignature(t.kind):
		return k.opaque(h, body, end, from)
	case strings.HasPrefix(t.kind, "multipart/"):
		return k.multipart(t, body, end, depth, from)
	case t.kind == "message/rfc822" || t.kind == "message/global":
		return k.entity(body, end, depth+1, true, nil)
	}
	if isSignature(t.kind) || hasSuffix(name, ".p7s", ".p7m", ".eml") {
		k.attachment(h.fileName(t))
	}
	return k.outside(body, end)
}

func (k *walk) attachment(name string) {
	if len(k.attached) < maxAttachments {
		k.attached = append(k.attached, name)
	}
}

// isOpaque reports whether a part is a CMS message with its content (RFC 8551
// §3.9).
func isOpaque(kind, name string) bool {
	return kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime" ||
		kind == "application/octet-stream" && name == "smime.p7m"
}

func isSignature(kind string) bool {
	return kind == "application/pkcs7-signature" || kind == "application/x-pkcs7-signature"
}

func hasSuffix(name string, endings ...string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// signed visits multipart/signed. If it is not S/MIME, it counts as text.
func (k *walk) signed(t mediaType, body, end int64, depth int, from []string) error {
	if k.in != nil {
		k.mail.Second = true
		return nil
	}
	in, marks, err := openMultipart(k.w, t, body, end)
	var broken *SyntaxError
	if errors.As(err, &broken) && broken.Reason == NoContentType {
		return k.outside(body, end)
	}
	if err != nil {
		return err
	}
	if err := k.outside(body, marks[0].before); err != nil {
		return err
	}
	k.in, k.mail.From = in, from
	return k.outside(marks[2].after, end)
}

// opaque visits a part that is a CMS message.
func (k *walk) opaque(h fields, body, end int64, from []string) error {
	if k.in != nil {
		k.mail.Second = true
		return nil
	}
	in, after, err := openBody(k.w, h, body, end)
	if err != nil {
		return err
	}
	k.in, k.mail.From = in, from
	return k.outside(after, end)
}

func (k *walk) multipart(t mediaType, body, end int64, depth int, from []string) error {
	marks, err := boundaries(k.w, t.params["boundary"], body, end, maxParts)
	if errors.As(err, new(*SyntaxError)) || err == nil && len(marks) == 0 {
		return k.outside(body, end)
	}
	if err != nil {
		return err
	}
	if err := k.outside(body, marks[0].before); err != nil {
		return err
	}
	for i, m := range marks {
		to := end
		if i+1 < len(marks) {
			to = marks[i+1].before
		}
		if m.last {
			return k.outside(m.after, end)
		}
		if err := k.entity(m.after, to, depth+1, false, from); err != nil {
			return err
		}
	}
	return nil
}

// fillers lists text that mail programs write before the first part, for
// programs that do not know MIME. It has no meaning for people.
var fillers = []string{
	"This is a multi-part message in MIME format.",
	"This is a multi-part message in MIME format",
	"This is an S/MIME signed message",
	"This is a cryptographically signed message in MIME format.",
	"This is a MIME-encapsulated message",
}

// starts lists beginnings of a line that are taken for the header of another
// message.
var starts = []string{"From ", "From:", "Return-Path:", "Received:", "Delivered-To:", "MIME-Version:", "Message-ID:"}

// outside records whether there is text from off to end, which no signature
// covers. Blanks and, before the signed part, fillers do not count.
func (k *walk) outside(off, end int64) error {
	r := bufio.NewReaderSize(readErrors{io.NewSectionReader(k.w.r, off, max(end-off, 0))}, windowSize)
	for lineStart := true; ; {
		piece, err := r.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		line := strings.Trim(string(piece[:min(len(piece), 1<<10)]), " \t\r\n\x00")
		if line == "" && len(piece) > 1<<10 {
			line = strings.Trim(string(piece), " \t\r\n\x00")
		}
		switch {
		case line == "":
		case k.in == nil:
			if !isFiller(line) {
				k.mail.Before = true
			}
		case lineStart && startsMessage(line):
			k.mail.Second = true
			return nil
		default:
			k.mail.After = true
		}
		if err == io.EOF || k.in == nil && k.mail.Before {
			return nil
		}
		lineStart = err == nil
	}
}

func isFiller(line string) bool {
	for _, f := range fillers {
		if line == f {
			return true
		}
	}
	return false
}

func startsMessage(line string) bool {
	for _, s := range starts {
		if len(line) >= len(s) && strings.EqualFold(line[:len(s)], s) {
			return true
		}
	}
	return false
}
