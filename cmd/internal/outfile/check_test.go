package outfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"natsuin/cmd/internal/outfile"
)

// layout creates a folder with one file of each kind.
func layout(t *testing.T) (at func(string) string) {
	t.Helper()
	dir := t.TempDir()
	at = func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	put(t, at("input"), "input")
	put(t, at("old"), "old")
	if err := os.Mkdir(at("folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(at("input"), at("hard")); err != nil {
		t.Fatal(err)
	}
	symlink(t, "input", at("soft"))
	symlink(t, "nowhere", at("dangling"))
	symlink(t, "folder", at("tofolder"))
	symlink(t, os.DevNull, at("todevice"))
	return at
}

func TestCheckNamesTheReason(t *testing.T) {
	at := layout(t)
	exists := func(t *testing.T, err error, path string) {
		t.Helper()
		var e *outfile.ExistsError
		if !errors.As(err, &e) || e.Path != path {
			t.Errorf("error %v, want that %s exists", err, path)
		}
	}
	isInput := func(t *testing.T, err error, path string) {
		t.Helper()
		var e *outfile.SameFileError
		if !errors.As(err, &e) || e.Path != path || e.Other != at("input") || !e.Input {
			t.Errorf("error %v, want that %s is the input", err, path)
		}
	}
	because := func(op string, reason error) func(*testing.T, error, string) {
		return func(t *testing.T, err error, path string) {
			t.Helper()
			if op == "open folder" {
				path = filepath.Dir(path)
			}
			wantError(t, err, op, path, reason)
		}
	}
	well := func(t *testing.T, err error, path string) {
		t.Helper()
		if err != nil {
			t.Errorf("error %v", err)
		}
	}
	for _, c := range []struct {
		output         string
		without, force func(t *testing.T, err error, path string)
	}{
		{"new", well, well},
		{"folder/new", well, well},
		{"tofolder/new", well, well},
		{"old", exists, well},
		{"dangling", exists, well},
		{"input", isInput, isInput},
		{"hard", isInput, isInput},
		{"soft", isInput, isInput},
		{"folder/../input", isInput, isInput},
		{"tofolder/../input", isInput, isInput},
		{"folder", because("create", outfile.ErrIsFolder), because("create", outfile.ErrIsFolder)},
		{"tofolder", because("create", outfile.ErrIsFolder), because("create", outfile.ErrIsFolder)},
		{"todevice", because("create", outfile.ErrNotRegular), because("create", outfile.ErrNotRegular)},
		{"missing/new", because("open folder", fs.ErrNotExist), because("open folder", fs.ErrNotExist)},
		{"old/new", because("open folder", outfile.ErrNotFolder), because("open folder", outfile.ErrNotFolder)},
	} {
		path := at(c.output)
		if c.output == "folder/../input" || c.output == "tofolder/../input" {
			path = filepath.Dir(at("x")) + filepath.FromSlash("/"+c.output) // as typed, not cleaned
		}
		for force, judge := range map[bool]func(*testing.T, error, string){false: c.without, true: c.force} {
			errs := outfile.Check([]string{path}, []string{at("missing"), at("input")}, force)
			var err error
			if errs != nil {
				err = errs[0]
			}
			t.Run(c.output, func(t *testing.T) { judge(t, err, path) })
			if c.output == "input" || c.output == "hard" || c.output == "soft" || path != at(c.output) {
				continue // Create is not told the inputs
			}
			f, err := outfile.Create(path, outfile.Options{Force: force})
			if err == nil {
				f.Abort()
			}
			t.Run(c.output+" by Create", func(t *testing.T) { judge(t, err, path) })
		}
	}
	for _, path := range []string{"", ".", "..", at("folder") + string(filepath.Separator), at("new") + string(filepath.Separator)} {
		errs := outfile.Check([]string{path}, nil, true)
		if len(errs) != 1 || !errors.Is(errs[0], outfile.ErrIsFolder) {
			t.Errorf("%q: %v", path, errs)
		}
		if _, err := outfile.Create(path, outfile.Options{Force: true}); !errors.Is(err, outfile.ErrIsFolder) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestCheckFindsTwoOutputsOfOneName(t *testing.T) {
	at := layout(t)
	outputs := []string{at("a"), at("b"), at("folder/a"), at("."), at("tofolder/a"), at("a")}
	outputs[3] = filepath.Dir(at("x")) + filepath.FromSlash("/./b")
	errs := outfile.Check(outputs, nil, true)
	if len(errs) != len(outputs) {
		t.Fatalf("%d errors", len(errs))
	}
	for i, twin := range []int{-1, -1, -1, 1, 2, 0} {
		var same *outfile.SameFileError
		switch found := errors.As(errs[i], &same); {
		case twin < 0 && errs[i] != nil:
			t.Errorf("%s: %v", outputs[i], errs[i])
		case twin >= 0 && (!found || same.Path != outputs[i] || same.Other != outputs[twin] || same.Input):
			t.Errorf("%s: error %v, want the same as %s", outputs[i], errs[i], outputs[twin])
		}
	}
}

func TestCheckLeavesNoTrace(t *testing.T) {
	dir := t.TempDir()
	if errs := outfile.Check([]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}, nil, false); errs != nil {
		t.Fatal(errs)
	}
	wantFiles(t, dir)
}
