//go:build linux

package main_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"natsuin/card/practice"
	"natsuin/verify"
)

// built returns the path of the program itself, without the changes of
// runProgram. It is built once.
var built = sync.OnceValues(func() (string, error) {
	self, err := exec.LookPath("natsuin")
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "built")
	out, err := exec.Command("go", "build", "-trimpath", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// firstStore returns the store of a new practice card. Its keys are generated
// once for all boxes.
var firstStore = sync.OnceValues(func() (string, error) {
	self, err := exec.LookPath("natsuin")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(self), "store")
	_, err = practice.Open(practice.Options{Dir: dir}).Show()
	return dir, err
})

// A box is a home directory with a new practice card, and a working folder.
type box struct {
	t       *testing.T
	program string
	home    string
	work    string
	store   string
}

const (
	rightPIN = "RENSHU123" // the password of the practice card
	freshPIN = "ATARASHII7"
)

// heardHangup stops this process from ignoring SIGHUP, as it does under nohup:
// the programs that we start would ignore it too, and a SIGHUP that comes
// before they listen must end them.
var heardHangup = sync.OnceFunc(func() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) })

func newBox(t *testing.T) *box {
	t.Helper()
	heardHangup()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	first, err := firstStore()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	b := &box{t: t, program: program, home: home, work: filepath.Join(home, "work"), store: filepath.Join(home, "data", "natsuin", "practice")}
	b.must(os.Mkdir(b.work, 0o700))
	b.must(os.MkdirAll(b.store, 0o700))
	b.must(os.CopyFS(b.store, os.DirFS(first)))
	b.write("pin", rightPIN+"\n")
	b.write("change", rightPIN+"\n"+freshPIN+"\n")
	return b
}

func (b *box) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// path returns the path of a file in the working folder. Files with secrets are
// in the home directory.
func (b *box) path(name string) string {
	if name == "pin" || name == "change" {
		return filepath.Join(b.home, name)
	}
	return filepath.Join(b.work, name)
}

func (b *box) write(name, content string) string {
	b.t.Helper()
	b.must(os.WriteFile(b.path(name), []byte(content), 0o600))
	return b.path(name)
}

// A process is one run of the program.
type process struct {
	*exec.Cmd
	box      *box
	out, err bytes.Buffer
}

// command prepares a run of the program without a terminal. In the arguments,
// @NAME stands for the path of a file.
func (b *box) command(args ...string) *process {
	for i, arg := range args {
		if prefix, name, ok := strings.Cut(arg, "@"); ok {
			args[i] = prefix + b.path(name)
		}
	}
	p := &process{Cmd: exec.Command(b.program, args...), box: b}
	p.Dir, p.Stdout, p.Stderr = b.work, &p.out, &p.err
	p.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.home, "LANG=en_US.UTF-8",
		"XDG_DATA_HOME=" + filepath.Join(b.home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(b.home, "config"),
	}
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return p
}

// A result is the part of the JSON object that these tests need, and how the
// process ended.
type result struct {
	Code    string
	Outcome string
	Files   []struct {
		OK   bool
		Code string
	}
	exit   int            // -1 if a signal ended the process
	signal syscall.Signal // that signal
}

func (p *process) end() (r result) {
	p.box.t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.box.t.Fatal(err)
	}
	r.exit = p.ProcessState.ExitCode()
	if status := p.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		r.signal = status.Signal()
	}
	if p.out.Len() > 0 && r.signal == 0 {
		if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
			p.box.t.Errorf("%v: %q", err, p.out.String())
		}
	}
	return r
}

func (p *process) run() result {
	p.box.t.Helper()
	p.box.must(p.Start())
	return p.end()
}

// card returns the state of the practice card, read without the program.
func (b *box) card() practice.Info {
	b.t.Helper()
	info, err := practice.Open(practice.Options{Dir: b.store}).Show()
	if err != nil {
		b.t.Errorf("the practice card is lost: %v", err)
	}
	return info
}

// signed reports whether there is a signature of a file. If there is one, it
// must be whole.
func (b *box) signed(name string) bool {
	b.t.Helper()
	signature, err := os.ReadFile(b.path(name + ".p7s"))
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	b.must(err)
	content, err := os.Open(b.path(name))
	b.must(err)
	defer content.Close()
	roots, _, err := practice.Open(practice.Options{Dir: b.store}).Roots()
	b.must(err)
	report, err := verify.Detached(b.t.Context(), signature, content, verify.Policy{Anchors: anchorsOf(roots)})
	b.must(err)
	if report.Verdict != verify.Valid {
		b.t.Errorf("%s.p7s is %v", name, report.Verdict)
	}
	return true
}

func anchorsOf(roots []*x509.Certificate) (list []verify.Anchor) {
	for _, root := range roots {
		list = append(list, verify.Anchor{Certificate: root, Kind: verify.AnchorPractice})
	}
	return list
}

// only fails the test if the folders contain other files than these.
func (b *box) only(names ...string) {
	b.t.Helper()
	for _, dir := range []struct {
		path  string
		names []string
	}{{b.work, names}, {b.store, []string{"practice.store", "practice.lock"}}} {
		entries, err := os.ReadDir(dir.path)
		b.must(err)
		for _, e := range entries {
			known := false
			for _, name := range dir.names {
				known = known || name == e.Name()
			}
			if !known {
				b.t.Errorf("%s is left behind", e.Name())
			}
		}
	}
}
