package syntax

import (
	"fmt"
	"io"
)

// A file may cost baseWork units, and workPerByte for each of its bytes. A unit
// is a byte read as syntax or decoded.
const (
	baseWork    = 256 << 20
	workPerByte = 8
	objectWork  = 32 // for each object, besides its bytes
	sectionWork = 12 // for each lookup of a number in a section
)

const (
	pageSize  = 4 << 10
	pageCount = 128
)

// shared is what a [File] has in common with its prefixes.
type shared struct {
	r      io.ReaderAt
	size   int64
	pages  [pageCount]page
	work   int64 // left to spend
	nested int   // objects being read, each because of the one before
	err    error // the first that Find or Uses could not return

	known       map[int64]*section // by offset
	trailers    int64              // bytes of all trailers
	rows        int64              // bytes of all decoded cross-reference streams
	subsections int

	containers containers
	long       longObjects
}

func startWork(size int64) int64 { return baseWork + min(size, 1<<50)*workPerByte }

type page struct {
	number int64
	data   []byte
}

// spend takes n units from what may be spent on the file.
func (s *shared) spend(n int64) error {
	if s.work -= n; s.work < 0 {
		s.work = 0
		return &LimitError{"work"}
	}
	return nil
}

// at returns the bytes from offset, which is in the file, to the end of its
// page. They are never overwritten, because lexers use them while other pages
// are read.
func (s *shared) at(offset int64) ([]byte, error) {
	number := offset / pageSize
	start := number * pageSize
	p := &s.pages[number%pageCount]
	if p.data == nil || p.number != number {
		data := make([]byte, min(pageSize, s.size-start))
		if err := readFull(s.r, data, start); err != nil {
			return nil, err
		}
		*p = page{number, data}
	}
	return p.data[offset-start:], nil
}

func readFull(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read pdf: %w", err)
}

// copyAt fills b from offset through the pages.
func (s *shared) copyAt(b []byte, offset int64) error {
	for len(b) > 0 {
		have, err := s.at(offset)
		if err != nil {
			return err
		}
		n := copy(b, have)
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}
