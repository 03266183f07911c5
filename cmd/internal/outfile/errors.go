package outfile

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrFolder is found by errors.Is in an *Error about the folder of an output,
// whatever the reason; Path is then the folder's.
var ErrFolder = errors.New("folder of the output")

// Reasons that errors.Is finds in an *Error, beside fs.ErrPermission and
// fs.ErrNotExist.
var (
	ErrNoSpace    = errors.New("no space left on the device")
	ErrQuota      = errors.New("disk quota exceeded")
	ErrTooLarge   = errors.New("file larger than the system allows")
	ErrReadOnly   = errors.New("file system is read-only")
	ErrIsFolder   = errors.New("is a folder")
	ErrNotFolder  = errors.New("folder of the output is not a folder")
	ErrNotRegular = errors.New("is not a regular file")
)

// Error says what could not be done to which output and why.
type Error struct {
	Op   string // "open folder", "create", "set permissions", "write", "sync", "name", "sync folder"
	Path string // of the output, or of its folder: ErrFolder
	Err  error  // the system's own error, or one of the reasons above
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// opFolder is the one operation on a folder and not on the output.
const opFolder = "open folder"

// Is knows the reasons above in the clothes of each system, and ErrFolder.
func (e *Error) Is(target error) bool {
	if target == ErrFolder {
		return e.Op == opFolder
	}
	return target != nil && reason(e.Err) == target
}

// ExistsError says that something of that name is there and Force was not
// given. It is an fs.ErrExist.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return fmt.Sprintf("create: %s: exists", e.Path) }

// Unwrap returns fs.ErrExist.
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// SameFileError says that an output would be an input, or two outputs one
// file, under whatever names.
type SameFileError struct {
	Path  string // the output
	Other string // the input, or the output named before
	Input bool   // Other is an input
	// Source is the one input of which both outputs are made, if it is one.
	Source string
}

func (e *SameFileError) Error() string {
	return fmt.Sprintf("create: %s: is the same file as %s", e.Path, e.Other)
}
