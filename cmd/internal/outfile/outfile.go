// Package outfile writes a file completely or not at all. The file has no name,
// or a temporary one, until every byte is on the disk, and it replaces another
// file only on request.
//
// It does not decide what is written or how the file is named, and contains no
// messages or exit codes. Its errors have the path, the operation and the
// reason.
//
// The contract is docs/cli.md, behaviours 13 and 14. The system calls are
// described in open(2) (O_TMPFILE), linkat(2), renameat2(2) and fsync(2), and
// for Windows under MoveFileExW.
package outfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Options determines how a file is created. With the zero value it never
// replaces a file.
type Options struct {
	// Force lets [File.Commit] replace a regular file, or a symbolic link
	// itself but not its target, of the same name.
	Force bool

	// Over, if not nil, describes the only file that Force may replace, as
	// [os.Lstat] does. [File.Commit] returns [ErrMoved] if another file has the
	// name or that file was changed.
	Over fs.FileInfo

	faults faults
}

// faults injects failures that tests cannot cause from outside. The zero value
// injects none.
type faults struct {
	syncFile, syncFolder error
	write                func(written int64, b []byte) error
	named                bool // as if the folder did not support unnamed files
	noExclusiveRename    bool // as if a rename always replaced
	noLink               bool // as if the file system had no hard links
}

// A File is a file that is being written. [File.Commit] gives it its name, and
// [File.Abort] deletes it and may be called at any time. A File is not safe for
// concurrent use.
type File struct {
	path    string
	name    string
	temp    string // the temporary name, or ""
	folder  *folder
	file    *os.File
	opts    Options
	written int64
	err     error // the first error of Write, or errDone
}

// newMode is the mode of a new file, before the umask. A file that replaces a
// regular file gets the permission bits of that file.
const newMode = 0o666

// errDone is the error after [File.Commit] and [File.Abort].
var errDone = errors.New("file is committed or aborted")

// Create creates a file that [File.Commit] names path. Until then nothing at
// path changes. If the system supports it (most file systems on Linux), the
// file is not visible in the folder either, so that a process killed before
// Commit leaves nothing behind.
//
// The error is an [*ExistsError] if path names a file that only Force may
// replace, and otherwise an [*Error].
func Create(path string, opts Options) (*File, error) {
	dir, name, err := split(path)
	if err != nil {
		return nil, err
	}
	folder, err := openFolder(dir)
	if err != nil {
		return nil, &Error{Op: opFolder, Path: dir, Err: err}
	}
	old, err := examine(path, opts.Force)
	if err != nil {
		folder.close()
		return nil, err
	}
	f := &File{path: path, name: name, folder: folder, opts: opts}
	if err := f.create(); err != nil {
		folder.close()
		return nil, &Error{Op: "create", Path: path, Err: err}
	}
	if old != nil && old.Mode().IsRegular() {
		if err := f.file.Chmod(old.Mode().Perm()); err != nil {
			f.Abort()
			return nil, &Error{Op: "set permissions", Path: path, Err: err}
		}
	}
	return f, nil
}

func (f *File) create() (err error) {
	if !f.opts.faults.named {
		f.file, err = f.folder.createUnnamed(f.path, newMode)
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	name := tempName()
	if f.file, err = f.folder.create(name, newMode); err == nil {
		f.temp = name
	}
	return err
}

// tempName returns a random name, which is short whatever the final name is.
func tempName() string {
	var b [8]byte
	rand.Read(b[:])
	return ".natsuin-" + hex.EncodeToString(b[:]) + ".tmp"
}

// Write appends b. The error is an [*Error], except after [File.Commit] and
// [File.Abort]. After an error, Commit returns the same error.
func (f *File) Write(b []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.opts.faults.write != nil {
		if err := f.opts.faults.write(f.written, b); err != nil {
			f.err = &Error{Op: "write", Path: f.path, Err: err}
			return 0, f.err
		}
	}
	n, err := f.file.Write(b)
	startWriteback(f.file, f.written, f.written+int64(n))
	f.written += int64(n)
	if err != nil {
		f.err = &Error{Op: "write", Path: f.path, Err: bare(err)}
		return n, f.err
	}
	return n, nil
}

// ReadAt reads written bytes again. The error is [io.EOF] or an [*Error].
func (f *File) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.file.ReadAt(b, off)
	if err != nil && err != io.EOF {
		err = &Error{Op: "read", Path: f.path, Err: bare(err)}
	}
	return n, err
}

// Size returns how many bytes were written.
func (f *File) Size() int64 { return f.written }

// Stat describes the file, which is still the same file (see [os.SameFile])
// once it has its name.
func (f *File) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// Abort deletes the file. After [File.Commit] or another Abort it does nothing.
func (f *File) Abort() {
	if f.err == errDone {
		return
	}
	f.file.Close()
	if f.temp != "" {
		f.folder.remove(f.temp)
	}
	f.folder.close()
	f.err = errDone
}

// bare returns err without the operation and the path that package os adds,
// since [Error] has its own.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Write writes data to the file name, completely or not at all. The errors are
// those of [Create], [File.Write] and [File.Commit].
func Write(name string, data []byte, force bool) error {
	f, err := Create(name, Options{Force: force})
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
