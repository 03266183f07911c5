package outfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/outfile"
)

// If the system supports it, a new file is not visible under a temporary name.
func TestNothingIsToBeSeenBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	if fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY, 0o600); err != nil {
		t.Skipf("no unnamed files in %s: %v", dir, err)
	} else {
		unix.Close(fd)
	}
	f := create(t, filepath.Join(dir, "out"), outfile.Options{}, "new")
	defer f.Abort()
	wantFiles(t, dir)
}

func TestNewFilesObeyTheUmask(t *testing.T) {
	old := unix.Umask(0o027)
	defer unix.Umask(old)
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		path := filepath.Join(dir, "out")
		if err := create(t, path, opts, "new").Commit(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%v, %v; want -rw-r-----", info.Mode(), err)
		}
	})
}

// asNobody runs test on a thread with another user's rights to files, because
// root may do anything.
func asNobody(t *testing.T, test func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		test()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	defer unix.Setfsuid(0)
	test()
}

func TestAFolderThatMayNotBeWrittenIsSeenEarly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "out")
	for d := filepath.Dir(dir); d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, func() {
		errs := outfile.Check([]string{path}, nil, false)
		if len(errs) != 1 {
			t.Fatalf("%d errors", len(errs))
		}
		wantError(t, errs[0], "open folder", dir, fs.ErrPermission)
		_, err := outfile.Create(path, outfile.Options{})
		wantError(t, err, "create", path, fs.ErrPermission)
	})
}

// mount mounts a file system on a new folder, or skips the test.
func mount(t *testing.T, kind, data string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, kind, 0, data); err != nil {
		t.Skipf("cannot mount %s (%v): covered by the injected faults", kind, err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	if flags != 0 {
		if err := unix.Mount("none", dir, kind, flags|unix.MS_REMOUNT, data); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFullDiskLeavesNothing(t *testing.T) {
	dir := mount(t, "tmpfs", "size=256k", 0)
	for name, faults := range ways {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "out")
			f, err := outfile.Create(path, outfile.Options{}.With(faults))
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = f.Write(make([]byte, 100<<10))
			}
			wantError(t, err, "write", path, outfile.ErrNoSpace)
			wantError(t, f.Commit(), "write", path, outfile.ErrNoSpace)
			wantFiles(t, dir)
			var st unix.Statfs_t
			if err := unix.Statfs(dir, &st); err != nil || st.Bfree != st.Blocks {
				t.Errorf("%d of %d blocks are free (%v)", st.Bfree, st.Blocks, err)
			}
		})
	}
}

func TestAReadOnlyFileSystemIsSeenEarly(t *testing.T) {
	dir := mount(t, "tmpfs", "size=256k", unix.MS_RDONLY)
	path := filepath.Join(dir, "out")
	errs := outfile.Check([]string{path}, nil, false)
	if len(errs) != 1 {
		t.Fatalf("%d errors", len(errs))
	}
	wantError(t, errs[0], "open folder", dir, outfile.ErrReadOnly)
	_, err := outfile.Create(path, outfile.Options{})
	wantError(t, err, "create", path, outfile.ErrReadOnly)
}

func TestTheFileSizeLimitIsAnErrorAndNoCrash(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 100 << 10, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &old)
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := outfile.Create(path, outfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(make([]byte, 200<<10))
	wantError(t, err, "write", path, outfile.ErrTooLarge)
	f.Abort()
	wantFiles(t, dir)
}

func TestEveryReasonOfTheSystemHasItsName(t *testing.T) {
	for errno, reason := range map[unix.Errno]error{
		unix.ENOSPC: outfile.ErrNoSpace, unix.EDQUOT: outfile.ErrQuota, unix.EFBIG: outfile.ErrTooLarge,
		unix.EROFS: outfile.ErrReadOnly, unix.EACCES: fs.ErrPermission, unix.EPERM: fs.ErrPermission,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "out")
		fault := outfile.NewFaults(nil, nil, func(int64, []byte) error { return errno })
		f, err := outfile.Create(path, outfile.Options{}.With(fault))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write([]byte("x"))
		wantError(t, err, "write", path, reason)
		f.Abort()
		wantFiles(t, dir)
	}
	if err := error(&outfile.Error{Err: unix.EIO}); errors.Is(err, outfile.ErrNoSpace) || errors.Is(err, nil) {
		t.Error("EIO passes for something else")
	}
}

func TestTwoRunsAtOnceGiveOneWholeFile(t *testing.T) {
	inEveryWay(t, func(t *testing.T, dir string, opts outfile.Options) {
		path := filepath.Join(dir, "out")
		results := make(chan error, 8)
		var files []*outfile.File
		for i := range cap(results) {
			files = append(files, create(t, path, opts, strings.Repeat(string(rune('a'+i)), 1000)))
		}
		for _, f := range files {
			go func() { results <- f.Commit() }()
		}
		won := 0
		for range cap(results) {
			var exists *outfile.ExistsError
			switch err := <-results; {
			case err == nil:
				won++
			case !errors.As(err, &exists):
				t.Error(err)
			}
		}
		content, err := os.ReadFile(path)
		if won != 1 || err != nil || len(content) != 1000 || strings.Count(string(content), string(content[:1])) != 1000 {
			t.Errorf("%d succeeded, content %.10q of %d (%v)", won, content, len(content), err)
		}
		wantFiles(t, dir, "out")
	})
}
