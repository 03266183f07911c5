package syntax

import (
	"cmp"
	"slices"
)

// Find returns the cross-reference entry of an object number, and whether
// there is one. In a section with /XRefStm the entry of the stream counts if
// the table has none, or a free one. See [File.Err].
func (f *File) Find(number int) (Use, bool) {
	u, ok, err := f.find(number)
	if err != nil {
		f.keep(err)
		return Use{}, false
	}
	return u, ok
}

// Err returns the first error that [File.Find] or [File.Uses] met. From then on
// [File.Object] returns it as well.
func (f *File) Err() error { return f.err }

func (f *File) keep(err error) {
	if f.err == nil {
		f.err = err
	}
}

func (f *File) find(number int) (Use, bool, error) {
	for i, s := range f.sections {
		u, ok, err := f.entry(s, number)
		if err == nil && s.hidden != nil && !f.tables && (!ok || u.Free) {
			var h Use
			var hidden bool
			if h, hidden, err = f.entry(s.hidden, number); hidden {
				u, ok = h, true
			}
		}
		if ok || err != nil {
			u.Section = i
			return u, ok, err
		}
	}
	return Use{}, false, nil
}

// Uses calls yield for the entry of each object number in ascending order,
// until yield returns false. See [File.Err].
func (f *File) Uses(yield func(number int, u Use) bool) {
	next := 0
	for _, r := range f.numbers() {
		for number := max(next, r.first); number < r.first+r.count; number++ {
			u, ok, err := f.find(number)
			if err != nil {
				f.keep(err)
				return
			}
			if ok && !yield(number, u) {
				return
			}
		}
		next = max(next, r.first+r.count)
	}
}

// numbers returns the subsections of all sections, by their first numbers.
func (f *File) numbers() []subsection {
	var all []subsection
	for _, s := range f.sections {
		all = append(all, s.subsections...)
		if s.hidden != nil && !f.tables {
			all = append(all, s.hidden.subsections...)
		}
	}
	slices.SortFunc(all, func(a, b subsection) int { return cmp.Compare(a.first, b.first) })
	return all
}

// Highest returns the highest object number that any section has in use, or
// /Size - 1 if that is higher.
func (f *File) Highest() int {
	highest := 0
	for _, s := range f.sections {
		highest = max(highest, s.highest)
		if s.hidden != nil {
			highest = max(highest, s.hidden.highest)
		}
	}
	return highest
}
