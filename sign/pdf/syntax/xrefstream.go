package syntax

// xrefStream reads a cross-reference stream (ISO 32000-1 §7.5.8).
func (f *File) xrefStream(offset int64) (*section, error) {
	o, err := f.indirect(offset, directLength)
	if err != nil {
		return nil, err
	}
	stream, ok := o.Value.(*Stream)
	if !ok || stream.Get("Type") != Name("XRef") {
		return nil, &BrokenError{offset, "no cross reference"}
	}
	s := &section{
		Section: Section{Kind: XRefStream, Offset: offset, Trailer: stream.Dict},
		span:    o.Span,
		end:     o.Span.End,
		highest: o.Ref.Number,
	}
	if s.rows, err = f.decode(stream, direct); err != nil {
		return nil, err
	}
	if f.rows += int64(len(s.rows)); f.rows > maxRows {
		return nil, &LimitError{"bytes of cross-reference streams"}
	}
	w, _ := stream.Get("W").(Array)
	if len(w) < 3 {
		return nil, &BrokenError{offset, "malformed W"}
	}
	for i := range s.width {
		n, ok := w[i].Value.(Integer)
		if !ok || n < 0 || n > 8 {
			return nil, &BrokenError{offset, "malformed W"}
		}
		s.width[i] = int(n)
	}
	if err := f.index(s, stream); err != nil {
		return nil, err
	}
	if err := f.settle(s); err != nil {
		return nil, err
	}
	return s, s.check()
}

// direct refuses references, because a cross-reference stream is read before
// any can be resolved.
func direct(o Object) (Object, error) {
	if _, ok := o.(Ref); ok {
		return nil, &BrokenError{-1, "reference in a cross-reference stream"}
	}
	return o, nil
}

// index adds the subsections of /Index, which must have as many entries as
// there are rows.
func (f *File) index(s *section, stream *Stream) error {
	broken := &BrokenError{s.Offset, "malformed Index"}
	index, ok := stream.Get("Index").(Array)
	if stream.Get("Index") == nil {
		index, ok = Array{{Value: Integer(0)}, {Value: stream.Get("Size")}}, true
	}
	at, size := int64(0), int64(s.rowSize())
	if !ok || len(index)%2 != 0 || size == 0 {
		return broken
	}
	for i := 0; i < len(index); i += 2 {
		first, ok1 := index[i].Value.(Integer)
		count, ok2 := index[i+1].Value.(Integer)
		if !ok1 || !ok2 || first < 0 || count < 0 || int64(count) > (int64(len(s.rows))-at)/size {
			return broken
		}
		if err := f.add(s, int64(first), int64(count), at); err != nil {
			return err
		}
		at += int64(count) * size
	}
	if at != int64(len(s.rows)) {
		return broken
	}
	return nil
}

// check checks each row, so that none fails later.
func (s *section) check() error {
	for _, r := range s.subsections {
		for n := range r.count {
			u, ok := s.row(r.at + int64(n*s.rowSize()))
			if !ok {
				return &BrokenError{s.Offset, "malformed entry of a cross-reference stream"}
			}
			if !u.Free {
				s.highest = max(s.highest, r.first+n)
			}
		}
	}
	return nil
}

func (s *section) rowSize() int { return s.width[0] + s.width[1] + s.width[2] }

// row returns the entry at offset at of the rows, and whether its numbers are
// in range.
func (s *section) row(at int64) (Use, bool) {
	b := s.rows[at:]
	var field [3]uint64
	for i, n := range s.width {
		for _, c := range b[:n] {
			field[i] = field[i]<<8 | uint64(c)
		}
		b = b[n:]
	}
	if s.width[0] == 0 {
		field[0] = 1
	}
	switch field[0] {
	case 1:
		return Use{Offset: int64(field[1]), Generation: int(field[2])},
			field[1] < 1<<63 && field[2] <= maxGeneration
	case 2:
		return Use{Container: int(field[1]), Index: int(field[2])},
			field[1] > 0 && field[1] <= MaxNumber && field[2] <= MaxDecoded
	}
	// Free, or of a type that means null (ISO 32000-1 §7.5.8.3).
	return Use{Free: true, Generation: int(min(field[2], maxGeneration))}, true
}
