package outfile

import (
	"errors"
	"io/fs"
	"os"
)

// Commit makes the file durable, gives it its name atomically (but see
// moveNew), and makes the name durable. If it fails, the file is removed and
// path is unchanged, with one exception: if the folder cannot be synced (Op
// "sync folder"), the whole file has its name, but may not survive a power
// failure.
//
// Errors: [*ExistsError] if path was created meanwhile; [ErrMoved]; errDone
// after Commit or [File.Abort]; otherwise [*Error].
func (f *File) Commit() error {
	if f.err != nil {
		err := f.err
		f.Abort()
		return err
	}
	defer f.Abort()
	if err := f.sync(); err != nil {
		return &Error{Op: "sync", Path: f.path, Err: bare(err)}
	}
	if !f.mayReplace() {
		return ErrMoved
	}
	err := f.publish()
	switch {
	case errors.Is(err, fs.ErrExist) && !f.opts.Force:
		return &ExistsError{Path: f.path}
	case err != nil:
		return &Error{Op: "name", Path: f.path, Err: bare(err)}
	}
	f.temp = ""
	if err := f.syncFolder(); err != nil {
		return &Error{Op: "sync folder", Path: f.path, Err: bare(err)}
	}
	return nil
}

// mayReplace reports whether the file to be replaced is still as [Options].Over
// describes it, if that is set. A change between this check and the rename goes
// unnoticed.
func (f *File) mayReplace() bool {
	over := f.opts.Over
	if over == nil {
		return true
	}
	now, err := os.Lstat(f.path)
	return err == nil && os.SameFile(over, now) && over.Size() == now.Size() && over.ModTime().Equal(now.ModTime())
}

func (f *File) sync() error {
	if f.opts.faults.syncFile != nil {
		return f.opts.faults.syncFile
	}
	return f.file.Sync()
}

func (f *File) syncFolder() error {
	if f.opts.faults.syncFolder != nil {
		return f.opts.faults.syncFolder
	}
	return f.folder.sync()
}

// publish gives the file its name.
func (f *File) publish() error {
	if f.temp == "" {
		err := f.folder.link(f.file, f.name)
		if !f.opts.Force || !errors.Is(err, fs.ErrExist) {
			return err
		}
		// A link cannot replace a file, so the file gets a temporary name
		// first. If the process is killed at that point, a complete copy is
		// left under that name.
		temp := tempName()
		if err := f.folder.link(f.file, temp); err != nil {
			return err
		}
		f.temp = temp
	}
	// Windows cannot rename an open file.
	if err := f.file.Close(); err != nil {
		return err
	}
	if f.opts.Force {
		return f.folder.replace(f.temp, f.name)
	}
	return f.moveNew()
}

// moveNew renames the file from its temporary to its final name without
// replacing a file, by the best means that the file system has. Only file
// systems with neither exclusive renames nor hard links need the last of these
// means, with which a crash can leave an empty file under the final name, but
// never a partial one.
func (f *File) moveNew() error {
	if !f.opts.faults.noExclusiveRename {
		err := f.folder.moveNew(f.temp, f.name)
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	if !f.opts.faults.noLink {
		err := f.folder.linkName(f.temp, f.name)
		if err == nil {
			f.folder.remove(f.temp)
			return nil
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	placeholder, err := f.folder.create(f.name, 0o600)
	if err != nil {
		return err
	}
	placeholder.Close()
	if err := f.folder.replace(f.temp, f.name); err != nil {
		f.folder.remove(f.name)
		return err
	}
	return nil
}
