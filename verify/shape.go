package verify

import "natsuin/verify/internal/cms"

// AttributeShape recognises content that could pass for signed attributes
// (ePrint 2023/1801): written to it in pieces of any size, whatever the hash of
// the signature. A bare signature over such content is also a CMS signature
// over another content, which only the maker of the attributes has seen. The
// zero value has seen nothing.
type AttributeShape struct {
	head []byte
	size int64
}

// Write implements io.Writer. It never fails.
func (s *AttributeShape) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.head = append(s.head, p[:min(len(p), maxShape-len(s.head))]...)
	return len(p), nil
}

// maxShape is how much of the content is kept: its outermost tags and lengths
// lie there. A type that continues beyond it counts as one.
const maxShape = 1 << 10

// Matches reports whether all that was written is one SET, over its whole
// length, that begins with SEQUENCE { OID, SET }, in any form of BER.
func (s *AttributeShape) Matches() bool {
	length, is := cms.LooksLikeAttributes(s.head)
	return is && (length < 0 || length == s.size)
}

// Reason returns [ReasonContentIsAttributes].
func (*AttributeShape) Reason() Reason { return ReasonContentIsAttributes }
