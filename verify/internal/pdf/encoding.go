package pdf

import (
	"bytes"
	"math"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// PDFium, which is part of Chrome, and MuPDF write objects again that they have
// read, when a field is filled or an annotation is added.

// compressed reports whether the data of two streams is the same, but encoded
// in only one of them. Data that cannot be decoded, or exceeds a limit, is not
// the same.
func (c *comparison) compressed(o, n *syntax.Stream) bool {
	if (o.Get("Filter") == nil) == (n.Get("Filter") == nil) {
		return false
	}
	before, err := c.old.Decode(o)
	if err != nil {
		return false
	}
	after, err := c.new.Decode(n)
	return err == nil && bytes.Equal(before, after)
}

// rounded reports whether a real number is the same in single precision, to
// which PDFium and MuPDF round the numbers that they write again (ISO 32000-1
// Table C.1), and not far from what it was.
func rounded(o, n syntax.Object) bool {
	a, ok := o.(syntax.Real)
	b, isNumber := number(n)
	return ok && isNumber && float32(a) == float32(b) && math.Abs(float64(a)-b) < 0.001
}

// encodingDiffers reports that a stream or a number in a zone is written
// otherwise. Where other differences are Invalid, that is Unclear, and reported
// once: the data is the same, but another program may read it as something
// else.
func (c *comparison) encodingDiffers(z *zone, key syntax.Name, number int) {
	switch {
	case z.Result != Invalid:
		c.differ(z, key, number)
	case c.encoding == nil:
		c.encoding = zoneOf(Encoding, place(z, key, number))
		c.report(c.encoding)
	}
}

// unencoded returns the dictionary of a stream without the entries on how its
// data is encoded (ISO 32000-1 Table 5).
func unencoded(d *syntax.Dict) *syntax.Dict {
	rest := *d
	rest.Entries = slices.DeleteFunc(slices.Clone(d.Entries), func(e syntax.Entry) bool {
		return e.Key == "Filter" || e.Key == "DecodeParms" || e.Key == "Length"
	})
	return &rest
}
