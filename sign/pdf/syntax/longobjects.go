package syntax

// longObjects holds the long objects that were read last, above all signature
// dictionaries, which are needed in each revision. The bytes at an offset are
// the same in all prefixes of a file. Streams are left out, since their lengths
// may differ.
type longObjects struct {
	objects [4]longObject
	next    int
}

type longObject struct {
	*Indirect
	cost int64 // of reading it, which is spent again whenever it is asked for
}

// An object is kept if its length in bytes is within these bounds. Longer ones
// would take too much memory.
const (
	minLong = 4 << 10
	maxLong = 1 << 20
)

// at returns the object at an offset of a file of size bytes, and what it
// costs; nil if it is not kept.
func (l *longObjects) at(offset, size int64) (*Indirect, int64) {
	for _, o := range l.objects {
		if o.Indirect != nil && o.Span.Start == offset && o.Span.End <= size {
			found := *o.Indirect
			return &found, o.cost
		}
	}
	return nil, 0
}

// keep stores an object that was read from the file itself, unless it is a
// stream or its length is out of bounds.
func (l *longObjects) keep(o *Indirect, cost int64) {
	size := o.Span.End - o.Span.Start
	if _, stream := o.Value.(*Stream); stream || size < minLong || size > maxLong {
		return
	}
	l.objects[l.next] = longObject{o, cost}
	l.next = (l.next + 1) % len(l.objects)
}
