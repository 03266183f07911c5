package syntax

import "fmt"

// A BrokenError means that the file would have to be repaired to be read.
type BrokenError struct {
	Offset int64  // in the file; -1 if within a decoded stream
	What   string // in English, for logs and tests
}

// ErrHeader is the *[BrokenError] of [Open] for a file that does not begin with
// "%PDF-" and a version (ISO 32000-1 §7.5.2).
var ErrHeader error = &BrokenError{What: "no header"}

func (e *BrokenError) Error() string {
	if e.Offset < 0 {
		return "pdf: " + e.What
	}
	return fmt.Sprintf("pdf: %s at byte %d", e.What, e.Offset)
}

// A LimitError means that the file exceeds a limit of this package, or its
// budget of work.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return "pdf: too much: " + e.What }

// A FilterError means that a stream is encoded with a filter that this package
// does not decode.
type FilterError struct{ Filter Name }

func (e *FilterError) Error() string { return fmt.Sprintf("pdf: filter %q", string(e.Filter)) }
