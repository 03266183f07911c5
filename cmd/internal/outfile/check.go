package outfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Check returns nil if all outputs can be written, and otherwise an error or
// nil for each output, in order. Where output i is made from input i, an error
// about two outputs of one input says so. Check leaves no files behind.
//
// The error is an [*Error] if the folder is missing or not writable, or if the
// name is that of a folder, a device or the like; an [*ExistsError] if it is
// that of another file, unless force is set; and a [*SameFileError] if the
// output is the same file as an input, through any link, or as an earlier
// output.
//
// The result may change before [Create] and [File.Commit], which check again.
func Check(outputs, inputs []string, force bool) []error {
	c := checker{force: force, taken: map[place]taken{}}
	for _, in := range inputs {
		info, _ := os.Stat(in) // nil, which is not the same file as any other
		c.inputs = append(c.inputs, input{in, info})
	}
	errs := make([]error, len(outputs))
	failed := false
	for i, out := range outputs {
		errs[i] = c.check(i, out)
		failed = failed || errs[i] != nil
	}
	if !failed {
		return nil
	}
	return errs
}

// CheckLeftOut returns a [*SameFileError] if output is the same file as one of
// leftOut, the inputs that the run neither reads nor may lose. The exception is
// a file for which made returns true: it contains nothing but what the run
// makes anew.
func CheckLeftOut(output string, leftOut []string, made func(r io.ReaderAt, size int64) bool) error {
	old, err := os.Stat(output)
	if err != nil {
		return nil // there is nothing to replace
	}
	for _, name := range leftOut {
		if info, err := os.Stat(name); err == nil && os.SameFile(info, old) && !holds(name, made) {
			return &SameFileError{Path: output, Other: name, Input: true}
		}
	}
	return nil
}

// holds reports whether name is a regular file for which made returns true.
func holds(name string, made func(r io.ReaderAt, size int64) bool) bool {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && made(f, info.Size())
}

type checker struct {
	force   bool
	inputs  []input
	folders []checkedFolder
	taken   map[place]taken
}

// taken is the output that already uses a place.
type taken struct {
	path  string
	index int
}

type input struct {
	path string
	info fs.FileInfo
}

type checkedFolder struct {
	path  string
	info  fs.FileInfo
	first int   // the index of the first path to the same folder
	err   error // why no file can be created there
}

// place identifies an output by its folder, however the path is written, and
// its name there.
type place struct {
	folder int
	name   string
}

func (c *checker) check(index int, out string) error {
	dir, name, err := split(out)
	if err != nil {
		return err
	}
	folder := c.folder(dir)
	if folder.info == nil {
		return folder.err
	}
	at := place{folder.first, foldName(name)}
	if other, ok := c.taken[at]; ok {
		return &SameFileError{Path: out, Other: other.path, Source: c.source(index, other.index)}
	}
	c.taken[at] = taken{out, index}
	if info, err := os.Stat(out); err == nil {
		for _, in := range c.inputs {
			if os.SameFile(in.info, info) {
				return &SameFileError{Path: out, Other: in.path, Input: true}
			}
		}
	}
	if _, err := examine(out, c.force); err != nil {
		return err
	}
	return folder.err
}

// source returns the input of both outputs, or "" if their inputs differ.
func (c *checker) source(a, b int) string {
	if max(a, b) < len(c.inputs) && os.SameFile(c.inputs[a].info, c.inputs[b].info) {
		return c.inputs[a].path
	}
	return ""
}

// folder checks a folder, once for all outputs in it.
func (c *checker) folder(path string) checkedFolder {
	for _, f := range c.folders {
		if f.path == path {
			return f
		}
	}
	f := checkedFolder{path: path, first: len(c.folders)}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		f.err = &Error{Op: opFolder, Path: path, Err: bare(err)}
	case !info.IsDir():
		f.err = &Error{Op: opFolder, Path: path, Err: ErrNotFolder}
	default:
		f.info = info
		if err := writable(path); err != nil {
			f.err = &Error{Op: opFolder, Path: path, Err: bare(err)}
		}
		for i, other := range c.folders {
			if other.info != nil && os.SameFile(other.info, info) {
				f.first = i
				break
			}
		}
	}
	c.folders = append(c.folders, f)
	return f
}

// split splits path into a folder and a name, as the system resolves it.
// filepath.Dir would take "link/.." for the folder that contains the link.
func split(path string) (dir, name string, err error) {
	dir, name = filepath.Split(path)
	if name == "" || name == "." || name == ".." {
		return "", "", &Error{Op: "create", Path: path, Err: ErrIsFolder}
	}
	switch volume := filepath.VolumeName(path); {
	case dir == volume:
		dir += "."
	case len(dir) > len(volume)+1:
		dir = dir[:len(dir)-1]
	}
	return dir, name, nil
}

// foldName maps names that differ only in case to the same string on systems
// whose usual file systems treat them as equal. If a file system treats other
// names as equal, [File.Commit] without Force still replaces no file.
func foldName(name string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(name)
	}
	return name
}

// examine returns the file at path, or nil if there is none, and an error if it
// must not be replaced. Without force, no file may be replaced; with force,
// regular files and symbolic links, but never a folder, a device, a pipe, or a
// link to one, such as /dev/null or /dev/stdout.
func examine(path string, force bool) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Op: "create", Path: path, Err: bare(err)}
	}
	target := info
	if info.Mode().Type() == fs.ModeSymlink {
		if followed, err := os.Stat(path); err == nil {
			target = followed
		}
	}
	switch {
	case target.IsDir():
		return nil, &Error{Op: "create", Path: path, Err: ErrIsFolder}
	case !target.Mode().IsRegular() && target.Mode().Type() != fs.ModeSymlink:
		return nil, &Error{Op: "create", Path: path, Err: ErrNotRegular}
	case !force:
		return nil, &ExistsError{Path: path}
	}
	return info, nil
}
