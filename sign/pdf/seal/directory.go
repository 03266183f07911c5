package seal

import (
	"encoding/binary"
	"errors"

	"golang.org/x/image/font/sfnt"
)

var errNotUnicode = errors.New("no Unicode character map")

// A directory holds properties of a face that package sfnt does not return.
type directory struct {
	postScript bool // outlines are CFF
	sequences  sequences
}

// readDirectory reads the table directory of the first face, and the variation
// sequences in its table cmap. The error is errNotUnicode if that table does
// not map Unicode characters.
func readDirectory(font []byte) (d directory, err error) {
	t := table(font)
	base := uint32(0)
	if t.tag(0) == "ttcf" {
		base = t.u32(12)
	}
	d.postScript = t.tag(base) == "OTTO"
	var cmap table
	for i := range uint32(t.u16(base + 4)) {
		if record := base + 12 + 16*i; t.tag(record) == "cmap" {
			cmap = t.from(t.u32(record + 8))
		}
	}
	unicode := false
	for i := range uint32(cmap.u16(2)) {
		record := 4 + 8*i
		platform, encoding := cmap.u16(record), cmap.u16(record+2)
		switch {
		case platform == 0 && encoding == 5:
			d.sequences = sequences(cmap.from(cmap.u32(record + 4)))
		case platform == 0, platform == 3 && (encoding == 1 || encoding == 10):
			unicode = true
		}
	}
	if !unicode {
		return d, errNotUnicode
	}
	return d, nil
}

// A sequences is a subtable of cmap of format 14: the glyphs for a character
// and a variation selector.
type sequences table

// maxRecords limits how many records of one list are searched.
const maxRecords = 1 << 16

// find returns the glyph for a character with a variation selector, or 0 if
// there is none. plain is the glyph for the character alone.
func (s sequences) find(character, selector rune, plain sfnt.GlyphIndex) sfnt.GlyphIndex {
	t := table(s)
	if t.u16(0) != 14 {
		return 0
	}
	for i := range min(t.u32(6), maxRecords) {
		record := 10 + 11*i
		if t.u24(record) != selector {
			continue
		}
		if at := t.u32(record + 3); at != 0 {
			ranges := t.from(at)
			for j := range min(ranges.u32(0), maxRecords) {
				start := ranges.u24(4 + 4*j)
				if start <= character && character <= start+rune(ranges.u8(7+4*j)) {
					return plain
				}
			}
		}
		if at := t.u32(record + 7); at != 0 {
			mappings := t.from(at)
			for j := range min(mappings.u32(0), maxRecords) {
				if mappings.u24(4+5*j) == character {
					return sfnt.GlyphIndex(mappings.u16(7 + 5*j))
				}
			}
		}
		return 0
	}
	return 0
}

// isSelector reports whether r is a variation selector.
func isSelector(r rune) bool {
	return 0xFE00 <= r && r <= 0xFE0F || 0xE0100 <= r && r <= 0xE01EF
}

// A table is data in big-endian order. A value that reaches beyond its end is
// read as zero.
type table []byte

func (t table) from(offset uint32) table {
	if uint64(offset) > uint64(len(t)) {
		return nil
	}
	return t[offset:]
}

func (t table) at(offset uint32, n int) (b [4]byte) {
	if t = t.from(offset); len(t) >= n {
		copy(b[4-n:], t[:n])
	}
	return b
}

func (t table) u8(offset uint32) uint8 { return t.at(offset, 1)[3] }

func (t table) u16(offset uint32) uint16 { return uint16(t.u32of(offset, 2)) }

func (t table) u24(offset uint32) rune { return rune(t.u32of(offset, 3)) }

func (t table) u32(offset uint32) uint32 { return t.u32of(offset, 4) }

func (t table) u32of(offset uint32, n int) uint32 {
	b := t.at(offset, n)
	return binary.BigEndian.Uint32(b[:])
}

func (t table) tag(offset uint32) string {
	b := t.at(offset, 4)
	return string(b[:])
}
