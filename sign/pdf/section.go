package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// A section holds the content of an update's cross-reference section, apart
// from its entries.
type section struct {
	stream  bool
	prev    int64  // offset of the original's newest section
	trailer string // /Root, /Info and whatever else is carried over
	id      []byte // the first half of /ID; nil if there is no /ID
	width   int    // of the numbers in /ByteRange
}

// owned are the entries of a trailer that belong to its section, or that are
// written anew (ISO 32000-1 Table 15, Table 17 and Table 5). All others are
// carried over (§7.5.6).
var owned = []syntax.Name{"Size", "Prev", "XRefStm", "ID", "Encrypt",
	"Type", "Index", "W", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL"}

// planSection decides on the section, and on the first object number.
func (d *Document) planSection(p *Plan) error {
	newest := d.file.Sections()[0]
	prev, err := d.skipSpace(newest.Offset)
	if err != nil {
		return err
	}
	p.section = section{stream: newest.Kind == syntax.XRefStream, prev: prev}
	if !p.section.stream && d.size > maxTableOffset-maxTail {
		return refuse(ReasonTooLarge, "%d bytes, and a cross-reference table holds ten digits", d.size)
	}
	p.section.width = max(10, len(fmt.Sprint(d.size+maxTail)))
	p.next = d.freeNumbers()

	for _, e := range d.file.Trailer().Entries {
		if slices.Contains(owned, e.Key) {
			continue
		}
		if ref, ok := e.Value.(syntax.Ref); ok {
			p.section.trailer += fmt.Sprintf(" /%s %d %d R", nameText(e.Key), ref.Number, ref.Generation)
			continue
		}
		raw, err := d.file.Raw(0, e.Span)
		if err != nil {
			return refusal(err)
		}
		p.section.trailer += fmt.Sprintf(" /%s %s", nameText(e.Key), raw)
	}
	halves, _, err := d.array(dict{}, d.file.Trailer().Get("ID"))
	if err != nil {
		return err
	}
	if len(halves) == 2 {
		first, err := d.value(halves[0].Value)
		if err != nil {
			return err
		}
		if s, ok := first.(syntax.String); ok {
			p.section.id = s
		}
	}
	last := make([]byte, 1)
	if n, err := d.r.ReadAt(last, d.size-1); n == 0 {
		return fmt.Errorf("read: pdf: %w", err)
	}
	p.line = last[0] != '\n' && last[0] != '\r'
	return nil
}

// maxRead is how many objects freeNumbers reads to find references to missing
// objects.
const maxRead = 50_000

// freeNumbers returns the first of the numbers for new objects. All are above
// those in use. Neither the trailer nor one of the first maxRead objects refers to
// them; an object that cannot be read is taken to refer to nothing. A reference
// to an object that is not there means null (ISO 32000-1 §7.3.10), and must
// continue to mean null.
func (d *Document) freeNumbers() int {
	highest := d.file.Highest()
	var named []int
	note := func(ref syntax.Ref) {
		if ref.Number > highest {
			named = append(named, ref.Number)
		}
	}
	syntax.References(d.file.Trailer(), note)
	read := 0
	d.file.Uses(func(number int, u syntax.Use) bool {
		if u.Free {
			return true
		}
		if i, err := d.file.Object(syntax.Ref{Number: number, Generation: u.Generation}); err == nil {
			syntax.References(i.Value, note)
		}
		read++
		return read < maxRead
	})
	slices.Sort(named)
	next := highest + 1
	for _, n := range named {
		if next <= n && n < next+maxPlanned+maxLater {
			next = n + 1
		}
	}
	return next
}

// skipSpace returns the offset of the first byte from offset on that is not
// white space, and skips at most 32 bytes: readers accept white space where
// startxref points to, but qpdf warns about it where /Prev does.
func (d *Document) skipSpace(offset int64) (int64, error) {
	b := make([]byte, 32)
	n, err := d.r.ReadAt(b, offset)
	if n == 0 {
		return 0, fmt.Errorf("read: pdf: %w", err)
	}
	return offset + int64(n-len(bytes.TrimLeft(b[:n], "\x00\t\n\f\r "))), nil
}

// nameText returns a name as it is written, without its slash (ISO 32000-1
// §7.3.5).
func nameText(n syntax.Name) string {
	var text []byte
	for _, c := range []byte(n) {
		if c <= ' ' || c > '~' || bytes.IndexByte([]byte("#/()<>[]{}%"), c) >= 0 {
			text = fmt.Appendf(text, "#%02X", c)
		} else {
			text = append(text, c)
		}
	}
	return string(text)
}

// An entry says where an object of the update begins in the file.
type entry struct {
	number, generation int
	offset             int64
}

// write appends the section to an update that begins at base. The second half
// of /ID depends on seed and on the objects of the update.
func (s section) write(out *bytes.Buffer, base int64, entries []entry, seed []byte) {
	at := base + int64(out.Len())
	if s.stream {
		entries = append(entries, entry{number: entries[len(entries)-1].number + 1, offset: at})
	}
	highest := entries[len(entries)-1].number
	trailer := fmt.Sprintf("/Size %d /Prev %d%s", highest+1, s.prev, s.trailer)
	if s.id != nil {
		second := sha256.New()
		second.Write(seed)
		second.Write(out.Bytes())
		trailer += " /ID [" + hexString(s.id) + " " + hexString(second.Sum(nil)[:16]) + "]"
	}
	if s.stream {
		writeStream(out, entries, trailer)
	} else {
		writeTable(out, entries, trailer)
	}
	fmt.Fprintf(out, "startxref\n%d\n%%%%EOF\n", at)
}

// runs calls yield for each run of consecutive numbers.
func runs(entries []entry, yield func(run []entry)) {
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].number == entries[0].number+n {
			n++
		}
		yield(entries[:n])
		entries = entries[n:]
	}
}

// writeTable writes a cross-reference table (ISO 32000-1 §7.5.4). It has no
// entry for object 0: the list of free objects stays as it is.
func writeTable(out *bytes.Buffer, entries []entry, trailer string) {
	out.WriteString("xref\n")
	runs(entries, func(run []entry) {
		fmt.Fprintf(out, "%d %d\n", run[0].number, len(run))
		for _, e := range run {
			fmt.Fprintf(out, "%010d %05d n \n", e.offset, e.generation)
		}
	})
	fmt.Fprintf(out, "trailer\n<< %s >>\n", trailer)
}

// writeStream writes a cross-reference stream (ISO 32000-1 §7.5.8). The last of
// entries is its own.
func writeStream(out *bytes.Buffer, entries []entry, trailer string) {
	self := entries[len(entries)-1]
	width := (bits.Len64(uint64(self.offset)) + 7) / 8
	var index string
	var data []byte
	runs(entries, func(run []entry) {
		index += fmt.Sprintf(" %d %d", run[0].number, len(run))
		for _, e := range run {
			data = append(data, 1)
			data = append(data, binary.BigEndian.AppendUint64(nil, uint64(e.offset))[8-width:]...)
			data = binary.BigEndian.AppendUint16(data, uint16(e.generation))
		}
	})
	fmt.Fprintf(out, "%d 0 obj\n<< /Type /XRef %s /W [1 %d 2] /Index [%s] /Length %d >>\nstream\n%s\nendstream\nendobj\n",
		self.number, trailer, width, index[1:], len(data), data)
}
