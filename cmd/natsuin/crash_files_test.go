//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Errors of files and disks, with the program itself.

func signing(args ...string) []string {
	return append([]string{"sign", "--reader", "practice", "--yes", "--json", "--pin-from", "file:@pin"}, args...)
}

// wants checks the exit code and the code, and that no try was used.
func (r result) wants(b *box, exit int, code string) {
	b.t.Helper()
	if r.exit != exit || r.Code != code {
		b.t.Errorf("exit %d, code %q; want %d, %q", r.exit, r.Code, exit, code)
	}
	if info := b.card(); info.Sign.Tries != 5 {
		b.t.Errorf("%d tries left", info.Sign.Tries)
	}
}

// smallDisk mounts a file system of the given size on a folder, or skips the
// test.
func (b *box) smallDisk(dir, size string) {
	b.t.Helper()
	b.must(os.MkdirAll(dir, 0o700))
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		b.t.Skipf("cannot mount: %v", err)
	}
	b.t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}

func TestFullDiskLeavesNoSignature(t *testing.T) {
	b := newBox(t)
	dir := b.path("small")
	b.smallDisk(dir, "256k")
	b.write("large", strings.Repeat("x", 1<<20))
	b.write("letter", "letter")
	b.command(signing("--attached", "--output-dir", "small", "@large", "@letter")...).run().wants(b, 3, "file")
	if left, _ := os.ReadDir(dir); len(left) > 1 || len(left) == 1 && left[0].Name() != "letter.p7m" {
		t.Errorf("left behind: %v", left)
	}
}

// If the disk of the practice card is full, no count is lost and no password is
// half changed.
func TestFullDiskUnderThePracticeCard(t *testing.T) {
	b := newBox(t)
	first, err := os.ReadFile(filepath.Join(b.store, "practice.store"))
	b.must(err)
	b.smallDisk(b.store, "64k")
	b.must(os.WriteFile(filepath.Join(b.store, "practice.store"), first, 0o600))
	fill, err := os.Create(filepath.Join(b.store, "fill"))
	b.must(err)
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	fill.Close()
	r := b.command("pin", "change", "sign", "--reader", "practice", "--json", "--pin-from", "file:@change").run()
	if info := b.card(); info.Sign.Tries != 5 || info.Sign.Secret != rightPIN {
		t.Errorf("%+v", info.Sign)
	}
	if r.exit == 0 || r.exit == 70 || r.Outcome == "changed" {
		t.Errorf("%+v", r)
	}
	b.must(os.Remove(fill.Name()))
	b.command("pin", "status", "--reader", "practice", "--json").run().wants(b, 0, "ok")
	b.only()
}

func TestFileSizeLimitLeavesNoSignature(t *testing.T) {
	b := newBox(t)
	b.write("large", strings.Repeat("x", 4<<20))
	p := b.command(signing("--attached", "@large")...)
	p.Args = append([]string{"sh", "-c", `ulimit -f 2048; exec "$0" "$@"`}, append([]string{b.program}, p.Args[1:]...)...)
	sh, err := exec.LookPath("sh")
	b.must(err)
	p.Path = sh
	p.run().wants(b, 3, "file")
	b.only("large")
}

// Root may write anywhere, so the program runs as nobody.
func TestReadOnlyFolderIsRefusedBeforeTheCard(t *testing.T) {
	b := newBox(t)
	if os.Geteuid() == 0 {
		b.giveTo(65534)
	}
	b.write("letter", "letter")
	b.must(os.Chmod(b.path("letter"), 0o644))
	b.must(os.Chmod(b.work, 0o555))
	t.Cleanup(func() { os.Chmod(b.work, 0o700) })
	p := b.command(signing("@letter")...)
	if os.Geteuid() == 0 {
		p.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	p.run().wants(b, 3, "file")
	b.only("letter")
}

// giveTo gives the box to another user, with a copy of the program that this
// user can run.
func (b *box) giveTo(id int) {
	b.t.Helper()
	home, err := os.MkdirTemp("", "natsuin-box")
	b.must(err)
	b.t.Cleanup(func() { os.RemoveAll(home) })
	b.must(os.CopyFS(home, os.DirFS(b.home)))
	program, err := os.ReadFile(b.program)
	b.must(err)
	b.program = filepath.Join(home, "natsuin")
	b.must(os.WriteFile(b.program, program, 0o755))
	b.store = strings.Replace(b.store, b.home, home, 1)
	b.work = strings.Replace(b.work, b.home, home, 1)
	b.home = home
	b.must(filepath.WalkDir(home, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, id, id)
	}))
	b.must(os.Chmod(b.path("pin"), 0o600)) // CopyFS widens the mode
	b.must(os.Chmod(b.store, 0o700))
}

// A FIFO among the inputs stops the run after it has checked the flags and read
// the secret, while it hashes the other files. So a file that is changed before
// the test writes to the FIFO is changed during the run.
func TestFilesThatChangeDuringTheRun(t *testing.T) {
	const content = "from a pipe"
	for _, c := range []struct {
		name   string
		args   []string
		change func(*box)
		exit   int
		code   string
		left   []string // files, in addition to pipe and letter
		intact func(*box) bool
	}{
		{"nothing changes", nil, func(*box) {}, 0, "ok", []string{"pipe.p7s", "letter.p7s"}, nil},
		{"the output folder is removed", []string{"--output-dir", "@out"}, func(b *box) { b.must(os.Remove(b.path("out"))) }, 3, "file", nil, nil},
		{"the input grows", nil, func(b *box) { b.write("letter", "letter and more") }, 3, "changed-while-read", []string{"pipe.p7s"}, nil},
		{"the input is truncated", nil, func(b *box) { b.must(os.Truncate(b.path("letter"), 2)) }, 3, "changed-while-read", []string{"pipe.p7s"}, nil},
		{"the input is another file", nil, func(b *box) {
			b.write("new", "letter")
			b.must(os.Rename(b.path("new"), b.path("letter")))
		}, 3, "changed-while-read", []string{"pipe.p7s"}, nil},
		{"the input is gone", nil, func(b *box) {
			b.must(os.Remove(b.path("letter")))
		}, 3, "file", []string{"pipe.p7s"}, nil},
		{"the output appears", nil, func(b *box) { b.write("letter.p7s", "mine") }, 3, "exists", []string{"pipe.p7s", "letter.p7s"}, kept("letter.p7s")},
		{"a link appears at the output", nil, func(b *box) {
			b.write("victim", "mine")
			b.must(os.Symlink("victim", b.path("letter.p7s")))
		}, 3, "exists", []string{"pipe.p7s", "letter.p7s", "victim"}, kept("victim")},
		{"a link is replaced itself", []string{"--force"}, func(b *box) {
			b.write("victim", "mine")
			b.must(os.Symlink("victim", b.path("letter.p7s")))
		}, 0, "ok", []string{"pipe.p7s", "letter.p7s", "victim"}, kept("victim")},
		{"a folder appears at the output", []string{"--force"}, func(b *box) { b.must(os.Mkdir(b.path("letter.p7s"), 0o700)) }, 3, "", []string{"pipe.p7s", "letter.p7s"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t)
			b.must(os.Mkdir(b.path("out"), 0o700))
			b.must(unix.Mkfifo(b.path("pipe"), 0o600))
			b.write("letter", "letter")
			p := b.command(append(signing(copyOf(c.args)...), b.path("pipe"), b.path("letter"))...)
			b.must(p.Start())
			pipe, err := os.OpenFile(b.path("pipe"), os.O_WRONLY, 0) // waits until the program opens the pipe
			b.must(err)
			c.change(b)
			_, err = pipe.WriteString(content)
			b.must(err)
			b.must(pipe.Close())
			r := p.end()
			if c.code == "" {
				c.code = r.Code
			}
			r.wants(b, c.exit, c.code)
			if c.intact != nil && !c.intact(b) {
				t.Error("a file of somebody else is not as it was")
			}
			b.only(append(c.left, "pipe", "letter", "out")...)
			if c.exit == 0 { // the pipe is empty now, so its content is written next to the signature
				b.must(os.Remove(b.path("pipe")))
				b.write("pipe", content)
				if !b.signed("pipe") || !b.signed("letter") {
					t.Error("a signature is missing")
				}
			}
		})
	}
}

func kept(name string) func(*box) bool {
	return func(b *box) bool {
		content, err := os.ReadFile(b.path(name))
		return err == nil && string(content) == "mine"
	}
}

// If two runs at the same time have the same output, one succeeds, and the
// other reports that the file exists.
func TestTwoRunsWithOneOutput(t *testing.T) {
	for range 8 {
		b := newBox(t).inputs()
		results := b.together(signing("@a"), signing("@a"))
		won := 0
		for _, r := range results {
			switch {
			case r.exit == 0:
				won++
			case r.exit != 3 || r.Code != "exists":
				t.Errorf("%+v", r)
			}
		}
		if won != 1 || !b.signed("a") {
			t.Errorf("%d runs say that they made the one file", won)
		}
		b.only("a", "b", "c", "a.p7s")
		if info := b.card(); info.Sign.Tries != 5 {
			t.Errorf("%d tries left", info.Sign.Tries)
		}
	}
}

// If two runs at the same time use one practice card and a wrong password, each
// used try is reported by one of them, and neither uses more tries than it may.
func TestTwoRunsWithOneCard(t *testing.T) {
	for range 8 {
		b := newBox(t).inputs()
		b.write("wrong", "WRONG1\n")
		wrong := func(name string) []string {
			return []string{"sign", "--reader", "practice", "--yes", "--json", "--pin-from", "file:@wrong", name}
		}
		told := 0
		for _, r := range b.together(wrong("@a"), wrong("@b")) {
			switch {
			case r.exit == 6:
				told++
			case r.exit != 8 && r.Code != "card-removed": // the counter had changed
				t.Errorf("%+v", r)
			}
		}
		if info := b.card(); 5-info.Sign.Tries != told || told != 1 {
			t.Errorf("%d tries left, and %d runs told of a wrong password", info.Sign.Tries, told)
		}
		b.only("a", "b", "c", "wrong")
	}
}

// If two runs change a password at the same time, one succeeds, the other
// fails, and both report correctly what they did.
func TestTwoChangesWithOneCard(t *testing.T) {
	for range 8 {
		b := newBox(t)
		change := []string{"pin", "change", "sign", "--reader", "practice", "--json", "--pin-from", "file:@change"}
		changed, wrong := 0, 0
		for _, r := range b.together(change, change) {
			if r.Outcome == "changed" {
				changed++
			}
			if r.exit == 6 {
				wrong++
			}
			if r.exit == 70 || r.exit == 9 {
				t.Errorf("%+v", r)
			}
		}
		if info := b.card(); info.Sign.Secret != freshPIN || changed != 1 || 5-info.Sign.Tries != wrong {
			t.Errorf("%d changed, %d wrong, and the card says %+v", changed, wrong, info.Sign)
		}
	}
}

// together starts the runs at the same time and waits for all of them.
func (b *box) together(runs ...[]string) []result {
	b.t.Helper()
	results := make([]result, len(runs))
	var wait sync.WaitGroup
	for i, args := range runs {
		p := b.command(copyOf(args)...)
		b.must(p.Start())
		wait.Go(func() { results[i] = p.end() })
	}
	wait.Wait()
	return results
}
