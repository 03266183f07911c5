package verify_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"natsuin/verify"
)

// The shape of the content is recognised whatever the pieces are in which it
// arrives.
func TestAttributeShapeDoesNotDependOnPieces(t *testing.T) {
	attributes := setOfAttributes(text)
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"attributes":          {attributes, true},
		"and more":            {append(bytes.Clone(attributes), 0), false},
		"cut":                 {attributes[:len(attributes)-1], false},
		"text":                {text, false},
		"nothing":             {nil, false},
		"a type of 64 KiB":    {set(seq(tlv(0x06, make([]byte, 64<<10)), set())), true},
		"a value of 64 KiB":   {set(seq(oid(atTime), set(tlv(0x04, make([]byte, 64<<10))))), true},
		"a set with a string": {set(tlv(0x04, []byte("x"))), false},
	} {
		for pieces, r := range map[string]io.Reader{
			"whole": bytes.NewReader(c.content), "bytes": iotest.OneByteReader(bytes.NewReader(c.content)), "halves": iotest.HalfReader(bytes.NewReader(c.content)),
		} {
			var shape verify.AttributeShape
			if _, err := io.Copy(&shape, struct{ io.Reader }{r}); err != nil {
				t.Fatal(err)
			}
			if shape.Matches() != c.want {
				t.Errorf("%s, %s: %v", name, pieces, shape.Matches())
			}
		}
	}
}
