//go:build unix

package practice_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"natsuin/card/practice"
)

// If a file in the practice folder is a link, its target is not changed, and
// the error names the link.
func TestNoSymbolicLinkIsFollowed(t *testing.T) {
	for _, name := range []string{"practice.store", "practice.lock"} {
		for _, target := range []string{"there", "dangling"} {
			t.Run(name+", "+target, func(t *testing.T) {
				dir, victim := folder(t), filepath.Join(t.TempDir(), "victim")
				content, err := defaultStore()
				if err != nil {
					t.Fatal(err)
				}
				if target == "there" {
					must(t, os.WriteFile(victim, content, 0o644))
				}
				_ = os.Remove(filepath.Join(dir, name))
				must(t, os.Symlink(victim, filepath.Join(dir, name)))
				for what, err := range map[string]error{
					"Connect": second(open(dir).Connect(t.Context())),
					"Renew":   open(dir).Renew(practice.RenewOptions{}),
				} {
					var link *practice.LinkError
					if !errors.As(err, &link) || link.Path != filepath.Join(dir, name) {
						t.Errorf("%s: %v", what, err)
					}
				}
				_, err = os.Stat(victim)
				if target == "dangling" && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the target was made: %v", err)
				}
				if now, _ := os.ReadFile(victim); target == "there" && string(now) != string(content) {
					t.Error("the target was changed")
				}
			})
		}
	}
}

func TestALinkInThePlaceOfTheFolderIsRefused(t *testing.T) {
	victim, dir := folder(t), filepath.Join(t.TempDir(), "practice")
	must(t, os.Chmod(victim, 0o755))
	must(t, os.Symlink(victim, dir))
	_, _, err := open(dir).Roots()
	for _, err := range []error{second(open(dir).Show()), open(dir).Reset(), err} {
		if !errors.As(err, new(*practice.LinkError)) {
			t.Error(err)
		}
	}
	if info, err := os.Stat(victim); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the mode of the link's target was changed: %v, %v", info.Mode(), err)
	}
}

// A link above the practice folder is the person's own choice.
func TestALinkAboveTheFolderIsFollowed(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	must(t, os.Symlink(filepath.Dir(folder(t)), home))
	if _, err := open(filepath.Join(home, "practice")).Show(); err != nil {
		t.Error(err)
	}
}

func TestALinkUnderTheTemporaryNameIsNotWrittenThrough(t *testing.T) {
	dir, victim := folder(t), filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("kept"), 0o600))
	must(t, os.Symlink(victim, filepath.Join(dir, "practice.store.tmp")))
	must(t, open(dir).Renew(practice.RenewOptions{}))
	if now, err := os.ReadFile(victim); err != nil || string(now) != "kept" {
		t.Errorf("the target: %q, %v", now, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }
