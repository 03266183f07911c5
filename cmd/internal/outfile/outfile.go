// Package outfile writes a file whole or not at all: it has no name, or a
// passing one, until every byte is on the disk, and it never takes the place of
// another file unless that was asked for.
//
// It does not decide what is written nor what it is called, knows no messages
// and no exit codes; its errors carry the facts (path, operation, reason).
//
// The contract is docs/cli.md 13 and 14. The system calls behind it are
// described in open(2) (O_TMPFILE), linkat(2), renameat2(2) and fsync(2), and
// for Windows in MoveFileExW.
package outfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
)

// Options say how a file comes into being. The zero value never replaces
// anything.
type Options struct {
	// Force lets Commit replace a regular file or a symbolic link (the link
	// itself, not what it points to) of the same name.
	Force bool

	faults faults
}

// faults let tests break what cannot be broken from outside. Zero: nothing.
type faults struct {
	syncFile, syncFolder error
	write                func(written int64, b []byte) error
	named                bool // as if the folder had no unnamed files
	noExclusiveRename    bool // as if renaming could not refuse to replace
	noLink               bool // as if the file system had no hard links
}

// File is a file on its way. Write to it, then Commit; Abort at any time. It is
// not for use by several goroutines at once.
type File struct {
	path    string
	name    string
	temp    string // the passing name; empty while the file has none
	folder  *folder
	file    *os.File
	opts    Options
	written int64
	err     error // the first that befell a Write, or the end
}

// newMode holds the permission bits of a new file, less the umask. A replaced
// regular file passes its own bits on.
const newMode = 0o666

// errDone is the state after Commit and Abort.
var errDone = errors.New("file is committed or aborted")

// Create begins the file that will be path. Until Commit, path is not touched,
// and where the system allows (Linux, most file systems) nothing is to be seen
// in its folder, so that not even a killed process leaves anything.
//
// Errors: *ExistsError without Force, *Error else.
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

// tempName is short and always new, whatever the length of the final name.
func tempName() string {
	var b [8]byte
	rand.Read(b[:])
	return ".natsuin-" + hex.EncodeToString(b[:]) + ".tmp"
}

// Write appends b. After an error there is nothing left but Abort: Commit will
// give the same error again.
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

// Abort leaves nothing behind. After Commit, or a second time, it does nothing.
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

// bare takes the operation and path of the os package off err: Error has its
// own.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Write writes a small file, whole or not at all.
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
