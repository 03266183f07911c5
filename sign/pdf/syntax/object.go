package syntax

// An Object is a PDF object (ISO 32000-1 §7.3): nil for null, or a bool,
// [Integer], [Real], [Name], [String], [Array], *[Dict], *[Stream] or [Ref].
type Object any

// An Integer is an integer object.
type Integer int64

// A Real is a real number.
type Real float64

// A Name is a name object without its slash, with #xx decoded.
type Name string

// A String is a literal or hexadecimal string, decoded.
type String []byte

// A Ref refers to an indirect object.
type Ref struct {
	Number     int
	Generation int
}

// A Span is where an object was read: file offsets, or offsets in the decoded
// object stream for an object from one. End is the offset of the first byte
// after the object.
type Span struct{ Start, End int64 }

// An Element is an element of an [Array].
type Element struct {
	Value Object
	Span  Span
}

// An Array is an array object.
type Array []Element

// An Entry is an entry of a [Dict].
type Entry struct {
	Key   Name
	Value Object
	Span  Span  // of the value
	Start int64 // of the key's slash
}

// A Dict is a dictionary. Its keys differ; a dictionary with equal keys is
// refused as broken.
type Dict struct {
	Entries []Entry // in the order of the file
	Span    Span    // from << to after >>
}

// A Stream is a stream object. Its data is not read until [File.Decode].
type Stream struct {
	*Dict
	Start  int64 // file offset of the first byte of the encoded data
	Length int64 // in bytes, as /Length says
}

// Get returns the value of key, or nil.
func (d *Dict) Get(key Name) Object {
	if e := d.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns the entry with key, or nil.
func (d *Dict) Entry(key Name) *Entry {
	if d == nil {
		return nil
	}
	for i := range d.Entries {
		if d.Entries[i].Key == key {
			return &d.Entries[i]
		}
	}
	return nil
}
