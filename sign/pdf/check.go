package pdf

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"natsuin/sign/pdf/syntax"
)

// The patterns of a finished update. The check reads the bytes that are
// written, and takes from the writer only what was intended: the original's
// size and newest cross-reference section, the digest, the CMS and the number
// of the signature dictionary.

var (
	endOfFile    = regexp.MustCompile(`startxref\n([0-9]+)\n%%EOF\n$`)
	tableStart   = regexp.MustCompile(`^xref\n(?:[0-9]+ [0-9]+\n(?:[0-9]{10} [0-9]{5} n \n)+)+trailer\n<< (?s:(.*)) >>\n$`)
	tableLine    = regexp.MustCompile(`([0-9]+) ([0-9]+)( n )?\n`)
	streamStart  = regexp.MustCompile(`^([0-9]+) 0 obj\n<< /Type /XRef (?s:(.*)) /W \[1 ([1-8]) 2\] /Index \[([0-9 ]+)\] /Length ([0-9]+) >>\nstream\n`)
	sizeAndPrev  = regexp.MustCompile(`^/Size ([0-9]+) /Prev ([0-9]+) `)
	objectStart  = regexp.MustCompile(`^([0-9]+) ([0-9]+) obj[^0-9A-Za-z]`)
	rangesInDict = regexp.MustCompile(`/ByteRange \[0 ([0-9]+) +([0-9]+) +([0-9]+) *\]\n/Contents <`)
)

// check checks an update against what was intended.
func (s *Signed) check(tail []byte) error {
	end := endOfFile.FindSubmatchIndex(tail)
	if end == nil {
		return errors.New("no startxref at the end")
	}
	at, err := strconv.ParseInt(string(tail[end[2]:end[3]]), 10, 64)
	from := at - s.pending.plan.base()
	if err != nil || from < 0 || from >= int64(end[0]) {
		return fmt.Errorf("startxref %d is not in the update", at)
	}
	found, err := s.readSection(tail[from:end[0]], at)
	if err != nil {
		return err
	}
	if err := s.checkObjects(tail, found); err != nil {
		return err
	}
	return s.checkRanges(tail, found[s.pending.plan.number])
}

// readSection checks that the section has the intended kind and trailer, and
// returns the file offsets of the objects, by number.
func (s *Signed) readSection(section []byte, at int64) (map[int]int64, error) {
	if s.pending.plan.section.stream {
		return s.readStream(section, at)
	}
	m := tableStart.FindSubmatchIndex(section)
	if m == nil {
		return nil, errors.New("no cross-reference table")
	}
	found := map[int]int64{}
	next, left := 0, 0
	for _, line := range tableLine.FindAllSubmatch(section[:bytes.Index(section, []byte("trailer"))], -1) {
		first, _ := strconv.ParseInt(string(line[1]), 10, 64)
		second, _ := strconv.Atoi(string(line[2]))
		if len(line[3]) == 0 {
			if left != 0 || int(first) < next {
				return nil, errors.New("subsections out of order")
			}
			next, left = int(first), second
			continue
		}
		if left--; left < 0 {
			return nil, errors.New("subsection with too many entries")
		}
		found[next] = first
		next++
	}
	if left != 0 {
		return nil, errors.New("subsection with too few entries")
	}
	return found, s.checkTrailer(section[m[2]:m[3]], next)
}

func (s *Signed) readStream(section []byte, at int64) (map[int]int64, error) {
	m := streamStart.FindSubmatch(section)
	if m == nil {
		return nil, errors.New("no cross-reference stream")
	}
	self, _ := strconv.Atoi(string(m[1]))
	width, _ := strconv.Atoi(string(m[3]))
	length, _ := strconv.Atoi(string(m[5]))
	data := section[len(m[0]):]
	if length > len(data) || string(data[length:]) != "\nendstream\nendobj\n" {
		return nil, errors.New("cross-reference stream of another length")
	}
	data = data[:length]
	index := bytes.Fields(m[4])
	found := map[int]int64{}
	next := 0
	for i := 0; i+1 < len(index); i += 2 {
		first, _ := strconv.Atoi(string(index[i]))
		count, _ := strconv.Atoi(string(index[i+1]))
		if first < next {
			return nil, errors.New("subsections out of order")
		}
		for next = first; next < first+count; next++ {
			if len(data) < 3+width || data[0] != 1 {
				return nil, errors.New("an entry that is not of an object in use")
			}
			var offset int64
			for _, b := range data[1 : 1+width] {
				offset = offset<<8 | int64(b)
			}
			found[next], data = offset, data[3+width:]
		}
	}
	if len(data) > 0 || len(index)%2 != 0 || found[self] != at || next != self+1 {
		return nil, errors.New("cross-reference stream does not list itself last")
	}
	return found, s.checkTrailer(m[2], next)
}

// checkTrailer compares /Size with the highest object number plus one, and
// /Prev with the offset of the section that was the newest.
func (s *Signed) checkTrailer(trailer []byte, size int) error {
	m := sizeAndPrev.FindSubmatch(trailer)
	if m == nil || string(m[1]) != strconv.Itoa(size) || string(m[2]) != strconv.FormatInt(s.pending.plan.section.prev, 10) {
		return fmt.Errorf("trailer %.40q, want /Size %d", trailer, size)
	}
	return nil
}

// checkObjects requires that every entry points to its object, and that an
// object begins at the beginning of the update or where another has ended.
func (s *Signed) checkObjects(tail []byte, found map[int]int64) error {
	for number, offset := range found {
		i := offset - s.pending.plan.base()
		if i < 0 || i >= int64(len(tail)) {
			return fmt.Errorf("object %d is not in the update", number)
		}
		m := objectStart.FindSubmatch(tail[i:])
		if m == nil || string(m[1]) != strconv.Itoa(number) {
			return fmt.Errorf("object %d is not at byte %d", number, offset)
		}
		if i > 0 && !bytes.HasSuffix(tail[:i], []byte("endobj\n")) {
			return fmt.Errorf("object %d begins within another", number)
		}
	}
	return nil
}

// checkRanges compares /ByteRange with the file, the gap with the CMS, and the
// ranges with the digest that was signed.
func (s *Signed) checkRanges(tail []byte, offset int64) error {
	p := s.pending
	i := offset - p.plan.base()
	if i < 0 || i >= int64(len(tail)) {
		return errors.New("no signature dictionary")
	}
	m := rangesInDict.FindSubmatchIndex(tail[i:])
	if m == nil {
		return errors.New("no /ByteRange before /Contents")
	}
	var n [3]int64
	for k := range n {
		n[k], _ = strconv.ParseInt(string(tail[i+int64(m[2+2*k]):i+int64(m[3+2*k])]), 10, 64)
	}
	first, second, rest := n[0], n[1], n[2]
	size := p.plan.base() + int64(len(tail))
	switch {
	case first != offset+int64(m[1])-1:
		return fmt.Errorf("the first range ends at %d, not before /Contents", first)
	case second <= first+2 || second > size || rest != size-second:
		return fmt.Errorf("the second range is not the rest: %d %d", second, rest)
	case first+rest != p.content.Size:
		return fmt.Errorf("%d bytes in the ranges, %d were hashed", first+rest, p.content.Size)
	}
	gap := tail[first-p.plan.base() : second-p.plan.base()]
	if gap[0] != '<' || gap[len(gap)-1] != '>' {
		return errors.New("the gap is not a string")
	}
	contents := make([]byte, hex.DecodedLen(len(gap)-2))
	if _, err := hex.Decode(contents, gap[1:len(gap)-1]); err != nil {
		return err
	}
	if !bytes.HasPrefix(contents, s.cms) || len(bytes.Trim(contents[len(s.cms):], "\x00")) > 0 {
		return errors.New("/Contents is not the signature and zeros")
	}
	sum := p.prefix.hash()
	sum.Write(tail[:first-p.plan.base()])
	sum.Write(tail[second-p.plan.base():])
	if !bytes.Equal(sum.Sum(nil), p.content.Sum) {
		return errors.New("the ranges have another digest than was signed")
	}
	return nil
}

// Check reads a finished file back: it must end in the update, and be a PDF
// whose newest section continues the original's and in which the field holds
// the signature. Of the original it reads only the structure, because all bytes
// were hashed when they were written. The error is a [*CheckError], or wraps
// one of r, or both.
func (s *Signed) Check(r io.ReaderAt, size int64) error {
	plan := s.pending.plan
	if size < plan.base() || size > plan.base()+maxTail {
		return &CheckError{fmt.Errorf("the file has %d bytes", size)}
	}
	tail := make([]byte, size-plan.size)
	if n, err := r.ReadAt(tail, plan.size); n < len(tail) {
		return fmt.Errorf("check: signed pdf: %w", err)
	}
	if plan.line {
		if tail[0] != '\n' {
			return &CheckError{errors.New("no line end after the original")}
		}
		tail = tail[1:]
	}
	if err := s.check(tail); err != nil {
		return &CheckError{err}
	}
	d, err := Open(r, size)
	if err != nil {
		return &CheckError{err}
	}
	if err := s.checkDocument(d); err != nil {
		return &CheckError{err}
	}
	return nil
}

// checkDocument looks for the signature as a reader does.
func (s *Signed) checkDocument(d *Document) error {
	plan := s.pending.plan
	sections := d.file.Sections()
	wanted := syntax.Table
	if plan.section.stream {
		wanted = syntax.XRefStream
	}
	if len(sections) < 2 || sections[0].Kind != wanted || sections[1].Offset != plan.section.prev {
		return errors.New("the newest section does not continue the original's")
	}
	if n := d.signed(); n != plan.signed+1 {
		return fmt.Errorf("%d signed fields after %d", n, plan.signed)
	}
	f, err := d.choose(plan.field)
	var signed *FieldError
	if f != nil || !errors.As(err, &signed) || signed.Problem != FieldSigned {
		return fmt.Errorf("field %q is not signed", plan.field)
	}
	for _, f := range d.form.signatures {
		if f.name != plan.field {
			continue
		}
		if f.value == nil {
			return errors.New("the field holds no dictionary")
		}
		if contents, ok := f.value.Get("Contents").(syntax.String); !ok || !bytes.HasPrefix(contents, s.cms) {
			return errors.New("the field holds another signature")
		}
	}
	return nil
}
