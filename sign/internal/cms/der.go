package cms

import (
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// The identifier octets of the headers that this package writes or reads.
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext0    = 0xa0
	tagContext1    = 0xa1
)

// header returns the identifier and length octets of a value with length
// content octets, in the shortest definite form (X.690 §10.1). Unlike
// cryptobyte, it is not limited to 4 GiB and does not need the content.
func header(tag byte, length int64) []byte {
	if length < 0x80 {
		return []byte{tag, byte(length)}
	}
	n := 1
	for rest := length >> 8; rest > 0; rest >>= 8 {
		n++
	}
	out := make([]byte, 2, 2+n)
	out[0], out[1] = tag, 0x80|byte(n)
	for shift := 8 * (n - 1); shift >= 0; shift -= 8 {
		out = append(out, byte(length>>shift))
	}
	return out
}

// wrap returns a value with the given tag and the concatenated parts as its
// content.
func wrap(tag byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	return append(header(tag, int64(len(content))), content...)
}

// setOf returns the elements of a SET OF, without its header, in ascending
// order as octet strings (X.690 §11.6).
func setOf(elements ...cryptobyte.BuilderContinuation) ([]byte, error) {
	encoded := make([][]byte, len(elements))
	for i, add := range elements {
		var err error
		if encoded[i], err = build(add); err != nil {
			return nil, err
		}
	}
	return inOrder(encoded), nil
}

func build(add cryptobyte.BuilderContinuation) ([]byte, error) {
	var b cryptobyte.Builder
	add(&b)
	out, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode: signed data: %w", err)
	}
	return out, nil
}
