package outfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"natsuin/cmd/internal/outfile"
)

// ways lists the ways in which a file can get its name. All must pass the same
// tests.
var ways = map[string]outfile.Faults{
	"best":             {},
	"exclusive rename": outfile.Faults{}.Named(false, false),
	"link and unlink":  outfile.Faults{}.Named(true, false),
	"placeholder":      outfile.Faults{}.Named(true, true),
}

func inEveryWay(t *testing.T, test func(t *testing.T, dir string, opts outfile.Options)) {
	for name, faults := range ways {
		t.Run(name, func(t *testing.T) { test(t, t.TempDir(), outfile.Options{}.With(faults)) })
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func wantFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	if got := list(t, dir); !slices.Equal(got, names) {
		t.Errorf("in the folder: %q, want %q", got, names)
	}
}

func wantContent(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("%s: %q, %v; want %q", filepath.Base(path), got, err, content)
	}
}

func put(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func create(t *testing.T, path string, opts outfile.Options, content string) *outfile.File {
	t.Helper()
	f, err := outfile.Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCommitMakesTheFileAndNothingElse(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		path := filepath.Join(dir, "out.p7s")
		f := create(t, path, opts, "new")
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("before Commit: %v", err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		f.Abort() // does nothing any more
		wantFiles(t, dir, "out.p7s")
		wantContent(t, path, "new")
		if err := f.Commit(); err == nil {
			t.Error("a second Commit succeeded")
		}
		if _, err := f.Write([]byte("x")); err == nil {
			t.Error("a Write after Commit succeeded")
		}
		wantContent(t, path, "new")
	})
}

func TestAbortLeavesNothing(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		f := create(t, filepath.Join(dir, "out"), opts, "new")
		f.Abort()
		f.Abort()
		wantFiles(t, dir)
		if err := f.Commit(); err == nil {
			t.Error("Commit after Abort succeeded")
		}
		wantFiles(t, dir)
	})
}

func TestCreateRefusesWhatExists(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		path := put(t, filepath.Join(dir, "out"), "old")
		_, err := outfile.Create(path, opts)
		var exists *outfile.ExistsError
		if !errors.As(err, &exists) || exists.Path != path || !errors.Is(err, fs.ErrExist) {
			t.Errorf("error %v", err)
		}
		wantFiles(t, dir, "out")
		wantContent(t, path, "old")
	})
}

// Another program creates a file of the same name while ours is being written.
func TestCommitNeverReplacesWhatCameMeanwhile(t *testing.T) {
	for what, appear := range map[string]func(t *testing.T, path string){
		"file":             func(t *testing.T, path string) { put(t, path, "theirs") },
		"dangling symlink": func(t *testing.T, path string) { symlink(t, "nowhere", path) },
		"folder": func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
				path := filepath.Join(dir, "out")
				f := create(t, path, opts, "ours")
				appear(t, path)
				before, err := os.Lstat(path)
				if err != nil {
					t.Fatal(err)
				}
				var exists *outfile.ExistsError
				if err := f.Commit(); !errors.As(err, &exists) {
					t.Errorf("error %v", err)
				}
				wantFiles(t, dir, "out")
				if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
					t.Errorf("it was replaced: %v", err)
				}
			})
		})
	}
}

func symlink(t *testing.T, target, path string) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return path
}

func TestForceReplacesAFileAndKeepsItsPermissions(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		opts.Force = true
		path := put(t, filepath.Join(dir, "out"), "old and longer")
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		f := create(t, path, opts, "new")
		wantContent(t, path, "old and longer")
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, "out")
		wantContent(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
}

func TestForceReplacesALinkAndNotItsTarget(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		opts.Force = true
		target := put(t, filepath.Join(dir, "target"), "precious")
		link := symlink(t, "target", filepath.Join(dir, "link"))
		if err := create(t, link, opts, "new").Commit(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, "link", "target")
		wantContent(t, target, "precious")
		wantContent(t, link, "new")
		if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
}

// With Over, only that file is replaced, and only if it has not changed.
func TestOverReplacesNoOtherFile(t *testing.T) {
	for what, c := range map[string]struct {
		change func(t *testing.T, path string)
		err    error
		left   string // "": no file
	}{
		"as it was": {func(*testing.T, string) {}, nil, "new"},
		"another": {func(t *testing.T, path string) {
			put(t, path+"2", "them")
			if err := os.Rename(path+"2", path); err != nil {
				t.Fatal(err)
			}
		}, outfile.ErrMoved, "them"},
		"longer": {func(t *testing.T, path string) { put(t, path, "older") }, outfile.ErrMoved, "older"},
		"touched": {func(t *testing.T, path string) {
			if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}, outfile.ErrMoved, "old"},
		"removed": {func(t *testing.T, path string) { os.Remove(path) }, outfile.ErrMoved, ""},
	} {
		t.Run(what, func(t *testing.T) {
			inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
				path := put(t, filepath.Join(dir, "out"), "old")
				over, err := os.Lstat(path)
				if err != nil {
					t.Fatal(err)
				}
				opts.Force, opts.Over = true, over
				f := create(t, path, opts, "new")
				c.change(t, path)
				if err := f.Commit(); err != c.err {
					t.Errorf("error %v, want %v", err, c.err)
				}
				f.Abort()
				if c.left == "" {
					wantFiles(t, dir)
					return
				}
				wantFiles(t, dir, "out")
				wantContent(t, path, c.left)
			})
		})
	}
}

// Stat describes a file before Commit as [os.Lstat] does afterwards, so that
// Over accepts it.
func TestStatOfAFileIsThatOfItsOutput(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		path := filepath.Join(dir, "out")
		f := create(t, path, opts, "first")
		before, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		opts.Force, opts.Over = true, before
		if err := create(t, path, opts, "second").Commit(); err != nil {
			t.Error(err)
		}
		wantContent(t, path, "second")
	})
}

func TestForceWithoutAnythingToReplaceMakesTheFile(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		opts.Force = true
		if err := create(t, filepath.Join(dir, "out"), opts, "new").Commit(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, "out")
	})
}

func TestForceKeepsTheOldFileWhenAborted(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		opts.Force = true
		path := put(t, filepath.Join(dir, "out"), "old")
		create(t, path, opts, "new").Abort()
		wantFiles(t, dir, "out")
		wantContent(t, path, "old")
	})
}

func TestAFailedWriteCanNeverBeCommitted(t *testing.T) {
	broken := errors.New("broken")
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		faults := outfile.NewFaults(nil, nil, func(written int64, b []byte) error {
			if written > 0 {
				return broken
			}
			return nil
		})
		path := filepath.Join(dir, "out")
		f := create(t, path, opts.With(faults), "first")
		_, err := f.Write([]byte("second"))
		wantError(t, err, "write", path, broken)
		_, err = f.Write([]byte("third"))
		wantError(t, err, "write", path, broken)
		wantError(t, f.Commit(), "write", path, broken)
		wantFiles(t, dir)
	})
}

func wantError(t *testing.T, err error, op, path string, reason error) {
	t.Helper()
	var e *outfile.Error
	if !errors.As(err, &e) || e.Op != op || e.Path != path || !errors.Is(err, reason) {
		t.Errorf("error %#v (%v), want %s of %s because: %v", err, err, op, path, reason)
	}
	if errors.Is(err, outfile.ErrFolder) != (op == "open folder") {
		t.Errorf("error %v: wrong about whether it is the folder's", err)
	}
}

func TestAFailedSyncLeavesNothing(t *testing.T) {
	broken := errors.New("medium error")
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "out")
		if force {
			put(t, path, "old")
		}
		f := create(t, path, outfile.Options{Force: force}.With(outfile.NewFaults(broken, nil, nil)), "new")
		wantError(t, f.Commit(), "sync", path, broken)
		if force {
			wantContent(t, path, "old")
		} else {
			wantFiles(t, dir)
		}
	}
}

func TestAFailedFolderSyncIsReportedOverAWholeFile(t *testing.T) {
	broken := errors.New("medium error")
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f := create(t, path, outfile.Options{}.With(outfile.NewFaults(nil, broken, nil)), "new")
	wantError(t, f.Commit(), "sync folder", path, broken)
	wantFiles(t, dir, "out")
	wantContent(t, path, "new")
}

func TestTheFolderRemovedMeanwhileIsAnError(t *testing.T) {
	inEveryWay(t, func(t *testing.T, parent string, opts outfile.Options) {
		dir := filepath.Join(parent, "dir")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "out")
		f := create(t, path, opts, "new")
		if err := os.RemoveAll(dir); err != nil {
			t.Skipf("an open folder stays here: %v", err)
		}
		wantError(t, f.Commit(), "name", path, fs.ErrNotExist)
		wantFiles(t, parent)
	})
}

func TestLongNamesLeaveRoomForThePassingName(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		name := string(slices.Repeat([]byte("n"), 255))
		if err := create(t, filepath.Join(dir, name), opts, "new").Commit(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, name)
	})
}

// In link/.., the system follows the link before it goes to the parent folder.
func TestAFolderAfterALinkIsTheSystemsOwn(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		if err := os.MkdirAll(filepath.Join(dir, "far", "away"), 0o700); err != nil {
			t.Fatal(err)
		}
		symlink(t, filepath.Join("far", "away"), filepath.Join(dir, "link"))
		path := dir + filepath.FromSlash("/link/../out")
		if errs := outfile.Check([]string{path}, nil, false); errs != nil {
			t.Error(errs)
		}
		if err := create(t, path, opts, "new").Commit(); err != nil {
			t.Fatal(err)
		}
		wantContent(t, filepath.Join(dir, "far", "out"), "new")
	})
}

func TestAPathWithoutAFolderIsInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if errs := outfile.Check([]string{"out"}, nil, false); errs != nil {
		t.Error(errs)
	}
	if err := create(t, "out", outfile.Options{}, "new").Commit(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, ".", "out")
}
