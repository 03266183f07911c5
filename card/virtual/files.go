package virtual

import (
	"bytes"
	"slices"
)

// exists reports whether the selected application has a file.
func (c *Card) exists(id uint16) bool {
	if c.session.application != jpkiApplication {
		return false
	}
	if cred, ok := secretFile[id]; ok {
		return c.state.Slot(cred).MaxTries > 0
	}
	if cred, ok := keyFile[id]; ok {
		return c.state.Slot(cred).Key != nil
	}
	content, ok := c.content(id)
	return ok && (content != nil || !c.opts.MissingFiles)
}

// content returns the content of a transparent file, without padding, and
// reports whether id is that of a transparent file.
func (c *Card) content(id uint16) ([]byte, bool) {
	switch id {
	case fileSignCertificate:
		return c.state.Sign.Certificate, true
	case fileSignCA:
		return c.state.Sign.CA, true
	case fileAuthCertificate:
		return c.state.Auth.Certificate, true
	case fileAuthCA:
		return c.state.Auth.CA, true
	case fileToken:
		return tokenInformation(c.state.Label), true
	case fileHint:
		return c.hint(), true
	}
	return nil, false
}

// tokenInformation returns EF 0006: the label, padded with spaces.
func tokenInformation(label string) []byte {
	b := bytes.Repeat([]byte{' '}, tokenSize)
	copy(b[:labelSize], label)
	return b
}

func (c *Card) hint() []byte {
	if c.state.Hint != nil {
		return c.state.Hint
	}
	hint := make([]byte, 3)
	for i, slot := range []*Slot{&c.state.Sign, &c.state.Auth} {
		if slot.Certificate != nil {
			hint[i] = hintPresent
		}
	}
	return hint
}

// pad returns a certificate file. It is longer than the DER in it, and its
// length is not a multiple of what one command reads, so that the last read is
// short.
func pad(der []byte) []byte {
	size := (len(der)/256+1)*256 + 100
	file := slices.Grow(slices.Clone(der), size-len(der))
	return append(file, bytes.Repeat([]byte{0xFF}, size-len(der))...)
}

// mayRead reports whether a file may be read now (docs/card.md §1).
func (c *Card) mayRead(id uint16) bool {
	switch id {
	case fileSignCertificate:
		return c.session.verified[Sign]
	case fileAuthCertificate:
		return !c.state.AuthCertificateNeedsPIN || c.session.verified[Auth]
	}
	return true
}

// readBinary reads the selected file, or the first 256 bytes of one named by
// its short identifier (docs/card.md §2).
func (c *Card) readBinary(cmd command, wellFormed bool) ([]byte, uint16) {
	short := cmd.p1&0x80 != 0
	switch {
	case short && (c.opts.RefuseShortID || cmd.p1&0x60 != 0):
		return nil, statusParameters
	case !wellFormed || len(cmd.data) != 0 || cmd.le == 0:
		return nil, statusLength
	}
	id, offset := c.session.file, int(cmd.p1)<<8|int(cmd.p2)
	if short {
		id, offset = uint16(cmd.p1&0x1F), int(cmd.p2)
		if !c.exists(id) {
			return nil, statusNotFound
		}
	}
	if id == 0 {
		return nil, statusNoFile
	}
	file, transparent := c.content(id)
	switch {
	case !transparent:
		return nil, statusFileType
	case !c.mayRead(id):
		return nil, statusSecurity
	}
	if id != fileToken && id != fileHint {
		file = pad(file)
	}
	if short {
		c.session.file = id
		file = file[:min(len(file), 256)]
	}
	return c.slice(file, offset, cmd.le)
}

func (c *Card) slice(file []byte, offset, le int) ([]byte, uint16) {
	if offset >= len(file) {
		if c.opts.WarnAtEnd && offset == len(file) {
			return nil, statusEnd
		}
		return nil, statusOffset
	}
	left := len(file) - offset
	switch {
	case left >= le:
		return slices.Clone(file[offset : offset+le]), statusOK
	case c.opts.ExactLength:
		return nil, statusWrongLe | uint16(left)
	case c.opts.WarnAtEnd:
		return slices.Clone(file[offset:]), statusEnd
	}
	return slices.Clone(file[offset:]), statusOK
}
