package outfile

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrMoved means that the file to be replaced ([Options].Over) is no longer
// there, or was changed.
var ErrMoved = errors.New("the file to be replaced was changed or moved")

// ErrFolder is found by [errors.Is] in an [*Error] about the folder of an
// output, whatever the reason. Path is then the path of the folder.
var ErrFolder = errors.New("folder of the output")

// The reasons that [errors.Is] finds in an [*Error], in addition to
// [fs.ErrPermission] and [fs.ErrNotExist].
var (
	ErrNoSpace    = errors.New("no space left on the device")
	ErrQuota      = errors.New("disk quota exceeded")
	ErrTooLarge   = errors.New("file larger than the system allows")
	ErrReadOnly   = errors.New("file system is read-only")
	ErrIsFolder   = errors.New("is a folder")
	ErrNotFolder  = errors.New("folder of the output is not a folder")
	ErrNotRegular = errors.New("is not a regular file")
)

// An Error means that an operation on an output failed.
type Error struct {
	Op   string // "open folder", "create", "set permissions", "write", "read", "sync", "name", "sync folder"
	Path string // of the output or, with ErrFolder, of its folder
	Err  error  // the error of the system, or one of the reasons above
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the error of the system.
func (e *Error) Unwrap() error { return e.Err }

// opFolder is the operation of an error whose Path is a folder.
const opFolder = "open folder"

// Is reports whether target is the reason of the error on this system, or
// [ErrFolder].
func (e *Error) Is(target error) bool {
	if target == ErrFolder {
		return e.Op == opFolder
	}
	return target != nil && reason(e.Err) == target
}

// An ExistsError means that a file of that name exists and must not be
// replaced. It matches [fs.ErrExist].
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return fmt.Sprintf("create: %s: exists", e.Path) }

// Unwrap returns fs.ErrExist.
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// A SameFileError means that an output is the same file as an input or as
// another output, even if its name differs.
type SameFileError struct {
	Path  string // the output
	Other string // the input, or the earlier output
	Input bool   // Other is an input
	// Source is the input from which both outputs are made, or "" if their
	// inputs differ.
	Source string
}

func (e *SameFileError) Error() string {
	return fmt.Sprintf("create: %s: is the same file as %s", e.Path, e.Other)
}
