package syntax

import (
	"bufio"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"io"
)

// maxFilters bounds the filters of a stream.
const maxFilters = 8

// Decode returns the decoded data of a stream: FlateDecode with predictors,
// ASCIIHexDecode and ASCII85Decode, or no filter. Errors: *[BrokenError],
// *[LimitError], *[FilterError] for another filter, those of the reader,
// wrapped.
func (f *File) Decode(s *Stream) ([]byte, error) {
	return f.decode(s, f.Resolve)
}

func (f *File) decode(s *Stream, resolve func(Object) (Object, error)) ([]byte, error) {
	if s.Get("F") != nil {
		return nil, &BrokenError{s.Start, "data of a stream in another file"}
	}
	filters, err := list(s.Get("Filter"), resolve)
	if err != nil {
		return nil, err
	}
	parameters, err := list(s.Get("DecodeParms"), resolve)
	if err != nil {
		return nil, err
	}
	if len(filters) > maxFilters {
		return nil, &LimitError{"filters of a stream"}
	}
	source := &source{r: io.NewSectionReader(f.r, s.Start, s.Length)}
	var r io.Reader = &meter{source, f.shared}
	for i, filter := range filters {
		var p Object
		if i < len(parameters) {
			p = parameters[i]
		}
		if r, err = f.filter(r, filter, p, resolve); err != nil {
			break
		}
		r = &meter{r, f.shared}
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, MaxDecoded+1))
	}
	var limit *LimitError
	var unknown *FilterError
	switch {
	case source.err != nil:
		return nil, source.err
	case errors.As(err, &limit), errors.As(err, &unknown):
		return nil, err
	case err != nil:
		return nil, &BrokenError{s.Start, "encoded data of a stream: " + err.Error()}
	case len(data) > MaxDecoded:
		return nil, &LimitError{"bytes of a decoded stream"}
	}
	return data, nil
}

// list returns the resolved elements of o if it is an array, nothing if it is
// null, and otherwise o alone.
func list(o Object, resolve func(Object) (Object, error)) ([]Object, error) {
	o, err := resolve(o)
	if o == nil || err != nil {
		return nil, err
	}
	a, ok := o.(Array)
	if !ok {
		return []Object{o}, nil
	}
	objects := make([]Object, len(a))
	for i := range a {
		if objects[i], err = resolve(a[i].Value); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// filter returns a reader of what a filter with its parameters decodes from r.
func (f *File) filter(r io.Reader, filter, parameters Object, resolve func(Object) (Object, error)) (io.Reader, error) {
	name, ok := filter.(Name)
	if !ok {
		return nil, errors.New("no filter")
	}
	d, ok := parameters.(*Dict)
	if !ok && parameters != nil {
		return nil, errors.New("parameters are no dictionary")
	}
	switch name {
	case "FlateDecode":
		z, err := zlib.NewReader(bufio.NewReader(r))
		if err != nil {
			return nil, err
		}
		return predicted(z, d, resolve)
	case "ASCIIHexDecode":
		return &hexReader{r: bufio.NewReader(r)}, nil
	case "ASCII85Decode":
		return ascii85.NewDecoder(&endReader{r: bufio.NewReader(r)}), nil
	}
	return nil, &FilterError{name}
}

// A source keeps a read error of the file, so that it is not taken for an error
// in the content.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// A meter counts the bytes that are read through it against the budget of work.
type meter struct {
	r      io.Reader
	shared *shared
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if limit := m.shared.spend(int64(n)); limit != nil {
		return n, limit
	}
	return n, err
}

// A hexReader decodes ASCIIHexDecode (ISO 32000-1 §7.4.2).
type hexReader struct {
	r     *bufio.Reader
	ended bool
}

func (h *hexReader) Read(b []byte) (int, error) {
	for n := range b {
		high := h.digit()
		if high < 0 {
			if !h.ended {
				return n, errors.New("malformed hexadecimal data")
			}
			return n, io.EOF
		}
		low := h.digit()
		if low < 0 {
			if !h.ended {
				return n, errors.New("malformed hexadecimal data")
			}
			low = 0
		}
		b[n] = byte(high<<4 | low)
	}
	return len(b), nil
}

// digit returns the value of the next digit, or -1 at the end of the data and
// for any other character.
func (h *hexReader) digit() int {
	for !h.ended {
		c, err := h.r.ReadByte()
		switch {
		case err == nil && isSpace(int(c)):
			continue
		case err == nil && c != '>':
			return hexDigit(int(c))
		}
		h.ended = true
	}
	return -1
}

// An endReader ends at the "~>" of ASCII85Decode (ISO 32000-1 §7.4.3).
type endReader struct {
	r     *bufio.Reader
	ended bool
}

func (e *endReader) Read(b []byte) (int, error) {
	for n := range b {
		c, err := e.r.ReadByte()
		if err == nil && c == '~' || e.ended {
			e.ended, err = true, io.EOF
		}
		if err != nil {
			return n, err
		}
		b[n] = c
	}
	return len(b), nil
}
