package syntax

// Reachable calls visit for each indirect object in use that is reachable from
// o, a reference or an object with references, once and in an order that
// depends on the file alone. It stops at the first error: visit's or one of
// [File.Object].
func (f *File) Reachable(o Object, visit func(*Indirect) error) error {
	seen := make([]uint64, f.Highest()/64+1)
	var waiting []Ref
	var err error
	push := func(ref Ref) {
		if err != nil || ref.Number/64 >= len(seen) || seen[ref.Number/64]&(1<<(ref.Number%64)) != 0 {
			return
		}
		var u Use
		var ok bool
		if u, ok, err = f.find(ref.Number); ok && !u.Free && u.Generation == ref.Generation {
			seen[ref.Number/64] |= 1 << (ref.Number % 64)
			waiting = append(waiting, ref)
		}
	}
	for References(o, push); err == nil && len(waiting) > 0; {
		ref := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		var i *Indirect
		if i, err = f.Object(ref); err != nil {
			break
		}
		if err = visit(i); err == nil {
			References(i.Value, push)
		}
	}
	return err
}

// References calls found for each reference in o, which it does not follow.
func References(o Object, found func(Ref)) {
	switch o := o.(type) {
	case Ref:
		found(o)
	case Array:
		for _, e := range o {
			References(e.Value, found)
		}
	case *Stream:
		References(o.Dict, found)
	case *Dict:
		for _, e := range o.Entries {
			References(e.Value, found)
		}
	}
}
