package syntax

// maxContainers bounds the bytes of decoded object streams that are kept,
// except that each half may hold a single larger one.
const maxContainers = 32 << 20

// A container is a decoded object stream (ISO 32000-1 §7.5.7).
type container struct {
	data    []byte
	objects []member
}

// A member is an object of an object stream.
type member struct{ number, offset int32 }

// size returns the bytes that c takes, roughly.
func (c *container) size() int { return 256 + len(c.data) + 8*len(c.objects) }

// containers keeps object streams in two halves: those used since the newer
// half was last full, and those used before.
type containers struct {
	newer, older map[containerKey]*container
	size         int // of newer
}

type containerKey struct {
	f      *File // prefixes may have another object stream of that number
	number int
}

func (cs *containers) get(key containerKey) *container {
	if c := cs.newer[key]; c != nil {
		return c
	}
	c := cs.older[key]
	if c != nil {
		cs.keep(key, c)
	}
	return c
}

func (cs *containers) keep(key containerKey, c *container) {
	if cs.newer == nil || cs.size+c.size() > maxContainers/2 {
		cs.newer, cs.older, cs.size = map[containerKey]*container{}, cs.newer, 0
	}
	cs.newer[key] = c
	cs.size += c.size()
}

// container returns an object stream.
func (f *File) container(number int) (*container, error) {
	cs := &f.containers
	key := containerKey{f, number}
	c := cs.get(key)
	if c == nil {
		u, ok, err := f.find(number)
		if err != nil {
			return nil, err
		}
		if !ok || u.Free || u.Generation != 0 || u.Container != 0 {
			return nil, &BrokenError{-1, "no object stream where one should be"}
		}
		o, err := f.Object(Ref{Number: number})
		if err != nil {
			return nil, err
		}
		if c, err = f.readContainer(o); err != nil {
			return nil, err
		}
		cs.keep(key, c)
	}
	return c, nil
}

func (f *File) readContainer(o *Indirect) (*container, error) {
	broken := &BrokenError{o.Span.Start, "malformed object stream"}
	s, ok := o.Value.(*Stream)
	if !ok || s.Get("Type") != Name("ObjStm") {
		return nil, broken
	}
	n, err := f.Resolve(s.Get("N"))
	if err != nil {
		return nil, err
	}
	first, err := f.Resolve(s.Get("First"))
	if err != nil {
		return nil, err
	}
	c := &container{}
	if c.data, err = f.Decode(s); err != nil {
		return nil, err
	}
	size := int64(len(c.data))
	count, ok1 := n.(Integer)
	start, ok2 := first.(Integer)
	if !ok1 || !ok2 || start < 0 || int64(start) > size || count < 0 || int64(count) > (int64(start)+1)/4 {
		return nil, broken
	}
	l := newLexer(0, int64(start))
	l.window, l.inner = c.data[:start], true
	c.objects = make([]member, count)
	for i := range c.objects {
		l.space()
		number := l.unsigned(MaxNumber)
		l.space()
		offset := l.unsigned(size - int64(start))
		c.objects[i] = member{int32(number), int32(offset + int64(start))}
	}
	if l.err != nil {
		return nil, broken
	}
	return c, nil
}

// inner reads an object of an object stream.
func (f *File) inner(ref Ref, u Use) (*Indirect, error) {
	c, err := f.container(u.Container)
	if err != nil {
		return nil, err
	}
	if u.Index >= len(c.objects) || int(c.objects[u.Index].number) != ref.Number {
		return nil, &BrokenError{-1, "another object in an object stream than the cross reference says"}
	}
	l := newLexer(int64(c.objects[u.Index].offset), int64(len(c.data)))
	l.window, l.inner = c.data, true
	steps := l.steps
	o, span := l.object(0)
	if err := f.charge(l, steps+objectWork); err != nil {
		return nil, err
	}
	return &Indirect{Ref: ref, Value: o, Span: span, Body: span.Start, Container: u.Container}, nil
}
