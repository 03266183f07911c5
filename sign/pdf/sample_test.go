package pdf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A kind is how a sample writes its cross references.
type kind string

const (
	table      kind = "table"
	xrefStream kind = "xref stream"
	objStreams kind = "object streams"
	hybrid     kind = "hybrid"
	linearised kind = "linearised" // the newest section is the first in the file
	gaps       kind = "gaps"       // a table with a subsection for each object
)

var kinds = []kind{table, xrefStream, objStreams, hybrid, linearised, gaps}

// streams reports whether a new section must be a stream.
func (k kind) streams() bool { return k == xrefStream || k == objStreams }

// A sample is a PDF of the project's own making: its objects by number, and how
// they are written.
type sample struct {
	kind    kind
	objects map[int]string
	trailer string // after /Root 1 0 R
	end     string // instead of the line end after %%EOF
	version string
	size    int // instead of /Size as it should be
}

// minimal returns a sample of one page. Each entry of changes replaces an
// object, or adds one; "" leaves a gap.
func minimal(k kind, changes ...map[int]string) sample {
	objects := map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
		4: "<< /Length 33 >>\nstream\n0.5 g 50 50 m 90 50 l 70 90 l h f\nendstream",
		5: "<< /Title (sample) >>",
	}
	for _, c := range changes {
		maps.Copy(objects, c)
	}
	return sample{kind: k, objects: objects, trailer: " /Info 5 0 R /ID [<31323334> <35363738>]", end: "\n", version: "1.7"}
}

// A place is where an object is: an offset, or an object stream and an index.
type place struct{ offset, container, index int }

// bytes writes the sample.
func (s sample) bytes() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%%PDF-%s\n%%\xE2\xE3\xCF\xD3\n", s.version)
	numbers := slices.Sorted(maps.Keys(s.objects))
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return s.objects[n] == "" })
	size := numbers[len(numbers)-1] + 1
	places := map[int]place{}
	write := func(n int) {
		places[n] = place{offset: out.Len()}
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", n, s.objects[n])
	}
	// pack writes the streams, and an object stream of the other objects.
	pack := func(number int) (packed []int) {
		var index, data string
		for _, n := range numbers {
			if strings.Contains(s.objects[n], "stream") {
				write(n)
				continue
			}
			index += fmt.Sprintf("%d %d ", n, len(data))
			data += s.objects[n] + "\n"
			places[n] = place{container: number, index: len(packed)}
			packed = append(packed, n)
		}
		places[number] = place{offset: out.Len()}
		fmt.Fprintf(&out, "%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s%s\nendstream\nendobj\n",
			number, len(packed), len(index), len(index)+len(data), index, data)
		return packed
	}
	trailer := func(size int) string {
		if s.size != 0 {
			size = s.size
		}
		return fmt.Sprintf("/Size %d /Root 1 0 R%s", size, s.trailer)
	}
	finish := func(at int) []byte {
		fmt.Fprintf(&out, "startxref\n%d\n%%%%EOF%s", at, s.end)
		return out.Bytes()
	}

	switch s.kind {
	case table, gaps:
		for _, n := range numbers {
			write(n)
		}
		at := out.Len()
		if s.kind == gaps {
			out.WriteString(gapped(places))
		} else {
			out.WriteString(tableOf(places, 0, size))
		}
		fmt.Fprintf(&out, "trailer\n<< %s >>\n", trailer(size))
		return finish(at)
	case xrefStream, objStreams:
		if s.kind == objStreams {
			pack(size)
			size++
		} else {
			for _, n := range numbers {
				write(n)
			}
		}
		at := out.Len()
		places[size] = place{offset: at}
		out.WriteString(streamOf(places, size, trailer(size+1)))
		return finish(at)
	case hybrid:
		packed := pack(size)
		hidden := map[int]place{}
		for _, n := range packed[1:] { // the catalog stays in the table
			hidden[n] = places[n]
			delete(places, n)
		}
		write(packed[0])
		hiddenAt := out.Len()
		hidden[size+1] = place{offset: hiddenAt}
		places[size+1] = place{offset: hiddenAt}
		out.WriteString(streamOf(hidden, size+1, trailer(size+2)))
		at := out.Len()
		out.WriteString(gapped(places))
		fmt.Fprintf(&out, "trailer\n<< %s /XRefStm %d >>\n", trailer(size+2), hiddenAt)
		return finish(at)
	case linearised:
		// The first section lists the objects from 3 on and has a fixed length.
		firstAt := out.Len()
		length := len(tableOf(map[int]place{}, 3, size)) + len(fmt.Sprintf("trailer\n<< %s /Prev %010d >>\nstartxref\n0\n%%%%EOF\n", trailer(size), 0))
		out.Write(make([]byte, length))
		for _, n := range numbers {
			write(n)
		}
		secondAt := out.Len()
		out.WriteString(tableOf(places, 0, 3))
		fmt.Fprintf(&out, "trailer\n<< /Size 3 >>\n")
		first := tableOf(places, 3, size) + fmt.Sprintf("trailer\n<< %s /Prev %010d >>\nstartxref\n0\n%%%%EOF\n", trailer(size), secondAt)
		copy(out.Bytes()[firstAt:], first)
		return finish(firstAt)
	}
	panic("unknown kind " + s.kind)
}

// tableOf returns a cross-reference table of one subsection.
func tableOf(places map[int]place, from, to int) string {
	text := fmt.Sprintf("xref\n%d %d\n", from, to-from)
	for n := from; n < to; n++ {
		if p, ok := places[n]; ok && p.container == 0 {
			text += fmt.Sprintf("%010d 00000 n \n", p.offset)
		} else {
			text += "0000000000 65535 f \n"
		}
	}
	return text
}

// gapped returns a cross-reference table without entries for missing numbers.
func gapped(places map[int]place) string {
	text := "xref\n0 1\n0000000000 65535 f \n"
	for _, n := range slices.Sorted(maps.Keys(places)) {
		if p := places[n]; p.container == 0 {
			text += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, p.offset)
		}
	}
	return text
}

// streamOf returns a cross-reference stream with the number self.
func streamOf(places map[int]place, self int, trailer string) string {
	var index string
	var data []byte
	for _, n := range slices.Sorted(maps.Keys(places)) {
		p := places[n]
		index += fmt.Sprintf("%d 1 ", n)
		if p.container != 0 {
			data = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(append(data, 2), uint32(p.container)), uint16(p.index))
		} else {
			data = append(binary.BigEndian.AppendUint32(append(data, 1), uint32(p.offset)), 0, 0)
		}
	}
	return fmt.Sprintf("%d 0 obj\n<< /Type /XRef %s /W [1 4 2] /Index [%s] /Length %d >>\nstream\n%s\nendstream\nendobj\n",
		self, trailer, index, len(data), data)
}
