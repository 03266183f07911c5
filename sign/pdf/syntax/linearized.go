package syntax

import "bytes"

// Linearized reports whether the file says that it is linearised and has the
// length that it says, and returns the offset of the cross reference that
// programs then take for the newest one: the first after the first "endobj"
// (ISO 32000-1 Annex F); -1 if there is none near the start.
func (f *File) Linearized() (xref int64, ok bool, err error) {
	l := f.lexer(0)
	steps := l.steps
	l.space()
	l.unsigned(MaxNumber)
	l.blank()
	l.unsigned(maxGeneration)
	l.keyword("obj")
	o, _ := l.object(0)
	d, isDict := o.(*Dict)
	if err := f.charge(l, steps); err != nil || !isDict || d.Get("Linearized") == nil || !equals(d.Get("L"), f.size) {
		if _, broken := err.(*BrokenError); broken {
			err = nil
		}
		return -1, false, err
	}
	const near = 1024
	start := make([]byte, min(f.size, near))
	if err := f.copyAt(start, 0); err != nil {
		return -1, false, err
	}
	at := bytes.Index(start, []byte("endobj"))
	if at < 0 {
		return -1, true, nil
	}
	l = f.lexer(int64(at + len("endobj")))
	steps = l.steps
	l.space()
	return l.pos, true, f.charge(l, steps)
}

// equals reports whether an object is the number n.
func equals(o Object, n int64) bool {
	switch o := o.(type) {
	case Integer:
		return int64(o) == n
	case Real:
		return o == Real(n)
	}
	return false
}
