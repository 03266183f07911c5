package syntax

import "fmt"

// A BrokenError means that the file would have to be repaired to be read.
type BrokenError struct {
	Offset int64  // in the file, or -1
	What   string // in English, for logs and tests
}

func (e *BrokenError) Error() string { return fmt.Sprintf("pdf: %s at byte %d", e.What, e.Offset) }

// A LimitError means that the file exceeds a limit of this package, or its
// budget of work.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return "pdf: too much: " + e.What }

// A FilterError means that a stream is encoded with a filter that this package
// does not decode.
type FilterError struct{ Filter Name }

func (e *FilterError) Error() string { return fmt.Sprintf("pdf: filter %q", string(e.Filter)) }
