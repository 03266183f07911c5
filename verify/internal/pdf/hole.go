package pdf

import (
	"bytes"
	"encoding/hex"

	"natsuin/sign/pdf/syntax"
)

// checkHole compares the range and its hole with the signature, as the revision
// that was signed has it. The hole must be the hexadecimal string that is
// /Contents, and nothing else.
func (f *File) checkHole(s *Signature) error {
	e := s.Dict.Entry("Contents")
	if e == nil {
		return nil // the contents are missing
	}
	a, b, end, reason := f.byteRange(s.Dict)
	if s.ByteRange = ByteRangeHole; reason != "" || e.Span != s.Hole || s.Hole != (syntax.Span{Start: a, End: b}) || s.End != end {
		return nil
	}
	raw, err := f.Raw(0, s.Hole)
	if err != nil {
		return err
	}
	contents, _ := e.Value.(syntax.String)
	if digits, found := bytes.CutPrefix(raw, []byte("<")); found {
		digits, found = bytes.CutSuffix(digits, []byte(">"))
		if bytes.ContainsFunc(digits, isSpace) {
			digits = bytes.Join(bytes.FieldsFunc(digits, isSpace), nil)
		}
		if len(digits)%2 == 1 {
			digits = append(digits, '0')
		}
		decoded := make([]byte, len(digits)/2)
		if _, err := hex.Decode(decoded, digits); found && err == nil && bytes.Equal(decoded, contents) {
			s.ByteRange = ""
		}
	}
	return nil
}

// isSpace reports whether a character is white space (ISO 32000-1 Table 1).
func isSpace(c rune) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

// checkDictionary compares the dictionary with that of each later revision.
func (f *File) checkDictionary(s *Signature) error {
	if s.ref.Number == 0 {
		return nil // the field is compared as a whole
	}
	was, _ := s.signed.Find(s.ref.Number)
	for _, r := range append(f.Revisions[:len(f.Revisions):len(f.Revisions)], syntax.Revision{End: f.Size()}) {
		if r.End <= s.End {
			continue
		}
		p, err := f.prefix(r.End)
		if err != nil {
			return err
		}
		is, _ := p.Find(s.ref.Number)
		if samePlace(was, is) {
			continue
		}
		same, err := f.equal(s.signed, p, s.ref)
		if err != nil {
			return err
		}
		if !same {
			s.Dictionary = DictionaryChanged
			return nil
		}
	}
	return s.signed.Err()
}
