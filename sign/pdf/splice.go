package pdf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// An edit replaces the bytes from start to end.
type edit struct {
	start, end int64
	text       string
}

// A change is an indirect object with its edits, whose positions are those that
// syntax reports for it.
type change struct {
	object *syntax.Indirect
	edits  []edit
	whole  string // the new value instead of edits, if it is not empty
	twice  bool   // whole was given two different values
}

// changes holds the objects that an update changes, by number.
type changes map[int]*change

// An object is an object of the update as it is written.
type object struct {
	number, generation int
	body               []byte // from the object number to the line after endobj
}

func (c changes) of(in *syntax.Indirect) *change {
	if c[in.Ref.Number] == nil {
		c[in.Ref.Number] = &change{object: in}
	}
	return c[in.Ref.Number]
}

// set gives key in a dictionary a new value.
func (c changes) set(d dict, key syntax.Name, value string) {
	if e := d.Entry(key); e != nil {
		c.edit(d.in, edit{e.Span.Start, e.Span.End, " " + value})
		return
	}
	end := d.Span.End - int64(len(">>"))
	c.edit(d.in, edit{end, end, " /" + string(key) + " " + value})
}

// edit records an edit once: the same edit again comes from an object with two
// roles, such as an array that is both /Fields and /Annots.
func (c changes) edit(in *syntax.Indirect, e edit) {
	if ch := c.of(in); !slices.Contains(ch.edits, e) {
		ch.edits = append(ch.edits, e)
	}
}

// replace gives an indirect object another value.
func (c changes) replace(in *syntax.Indirect, value string) {
	ch := c.of(in)
	ch.twice = ch.twice || ch.whole != "" && ch.whole != value
	ch.whole = value
}

// add appends an element to the array at key in a dictionary, or makes the
// array. If the array is an indirect object, only that changes.
func (d *Document) add(c changes, to dict, key syntax.Name, element string) error {
	array, in, err := d.array(to, to.Get(key))
	switch {
	case err != nil:
		return err
	case len(array) > 0:
		end := array[len(array)-1].Span.End
		c.edit(in, edit{end, end, " " + element})
	case in != nil && in != to.in: // an empty array
		c.replace(in, "["+element+"]")
	default:
		c.set(to, key, "["+element+"]")
	}
	return nil
}

// render returns the changed objects in ascending order. An object from an
// object stream becomes an object of its own.
func (d *Document) render(c changes) ([]object, error) {
	var all []object
	for number, ch := range c {
		body, err := d.splice(ch)
		if err != nil {
			return nil, err
		}
		all = append(all, object{number, ch.object.Ref.Generation, body})
	}
	slices.SortFunc(all, func(a, b object) int { return cmp.Compare(a.number, b.number) })
	return all, nil
}

// splice returns the whole object with its edits; every other byte after "obj"
// is as it was.
func (d *Document) splice(ch *change) ([]byte, error) {
	in := ch.object
	if ch.whole != "" {
		if ch.twice || len(ch.edits) > 0 {
			return nil, refuse(ReasonBroken, "object %d has two roles", in.Ref.Number)
		}
		return wrap(in.Ref, []byte(ch.whole)), nil
	}
	raw, err := d.file.Raw(in.Container, in.Span)
	if err != nil {
		return nil, refusal(err)
	}
	slices.SortStableFunc(ch.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	at := in.Body
	if in.Container == 0 {
		fmt.Fprintf(&out, "%d %d obj", in.Ref.Number, in.Ref.Generation)
	}
	for _, e := range ch.edits {
		if e.start < at || e.end < e.start || e.end > in.Span.End {
			return nil, refuse(ReasonBroken, "object %d has two roles", in.Ref.Number)
		}
		out.Write(raw[at-in.Span.Start : e.start-in.Span.Start])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(raw[at-in.Span.Start:])
	if in.Container != 0 {
		return wrap(in.Ref, out.Bytes()), nil
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// wrap returns an indirect object with this value.
func wrap(ref syntax.Ref, value []byte) []byte {
	return fmt.Appendf(nil, "%d %d obj\n%s\nendobj\n", ref.Number, ref.Generation, value)
}
