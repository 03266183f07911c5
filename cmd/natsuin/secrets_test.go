//go:build linux

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/practice"
	"natsuin/card/virtual"
)

// The marked secrets, for which the tests search everywhere.
const (
	marked    = "MARKED7SECRET42X"
	markedNew = "FRESH8MARKED53YZ"
)

// A heldCard stops at one command, which the test chooses, until it is
// released. It is in a reader of the real PC/SC service, and its memory belongs
// to the test and not to the program.
type heldCard struct {
	*virtual.Card
	once    sync.Once
	reached chan struct{}
	release chan struct{}
}

func newHeldCard(t *testing.T, dir string) *heldCard {
	t.Helper()
	conn, err := practice.Open(practice.Options{Dir: dir}).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	state := conn.Card().State()
	state.Sign.Secret = []byte(marked)
	return &heldCard{Card: virtual.New(virtual.Options{State: state}), reached: make(chan struct{}), release: make(chan struct{})}
}

func (c *heldCard) hold() {
	c.once.Do(func() { close(c.reached) })
	<-c.release
}

// afterVerify stops at the first command after the VERIFY.
func (c *heldCard) afterVerify() {
	sent := false
	c.Inject(virtual.Fault{
		When: func(i int, command []byte) bool {
			before := sent
			sent = sent || virtual.On(virtual.OpVerify)(i, command)
			return before
		},
		Effect: func(x *virtual.Exchange) ([]byte, error) {
			c.hold()
			return x.Run(), nil
		},
	})
}

// Reset stops at the reset after the CHANGE, which is the last command.
func (c *heldCard) Reset() {
	if c.Tally().Changes > 0 {
		c.hold()
	}
	c.Card.Reset()
}

// secretActs lists runs in which a person types marked secrets.
var secretActs = []struct {
	name  string
	args  []string
	typed []string // in the order of the prompts
	wait  []string // the beginning of each prompt
	hold  func(*heldCard)
}{
	{"sign", []string{"sign", "--yes", "@a"}, []string{marked}, []string{"Signature password: "}, (*heldCard).afterVerify},
	{"cert show", []string{"cert", "show", "sign"}, []string{marked}, []string{"Signature password: "}, (*heldCard).afterVerify},
	{"pin change", []string{"pin", "change", "sign"}, []string{marked, markedNew, markedNew},
		[]string{"Current ", "New ", "Repeat "}, func(*heldCard) {}},
}

// After a marked secret was sent, it is nowhere: not in the writable memory of
// the process, its arguments, its environment, the screen with -v, the JSON
// object, the files that it wrote, or its output when it crashes.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	for _, act := range secretActs {
		for _, way := range []string{"typed", "from a script", "crash"} {
			t.Run(act.name+", "+way, func(t *testing.T) {
				b := newBox(t).inputs()
				card := newHeldCard(t, b.store)
				b.must(os.RemoveAll(b.store)) // the store of another card
				act.hold(card)
				service := pcscdtest.UseOne(t)
				service.Insert(card)
				var let sync.Once
				release := func() { let.Do(func() { close(card.release) }) }
				defer release()

				args := append(copyOf(act.args), "--reader", service.Reader(), "-v")
				var s *screen
				if way == "from a script" {
					args = append(args, "--json", "--pin-from", "stdin")
				}
				p := b.command(args...)
				if way == "from a script" {
					p.Stdin = strings.NewReader(strings.Join(act.typed[:min(2, len(act.typed))], "\n") + "\n")
					b.must(p.Start())
				} else {
					s = newScreen(t)
					p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
					p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
					p.Env = append(p.Env, "GOTRACEBACK=all")
					b.must(p.Start())
					for i, typed := range act.typed {
						s.await(act.wait[i])
						s.master.WriteString(typed + "\r")
					}
				}
				select {
				case <-card.reached:
				case <-time.After(patience):
					p.Process.Kill()
					t.Fatalf("the card is not reached: %s%s", p.err.String(), s.shown())
				}
				b.searchProcess(p.Process.Pid)
				if way == "crash" {
					p.Process.Signal(syscall.SIGABRT)
					p.Wait()
					release()
					if shown := s.whole(); !strings.Contains(shown, "SIGABRT") {
						t.Errorf("no crash: %s", shown)
					}
				} else {
					release()
					if r := p.end(); r.exit != 0 {
						t.Errorf("exit %d: %s%s%s", r.exit, p.out.String(), p.err.String(), s.whole())
					}
				}
				b.search("stdout and stderr", append(p.out.Bytes(), p.err.Bytes()...))
				b.search("the screen", []byte(s.whole()))
				b.searchFiles()
			})
		}
	}
}

// search looks for the secrets, as text and in hexadecimal.
func (b *box) search(where string, data []byte) {
	b.t.Helper()
	for _, secret := range []string{marked, markedNew} {
		for _, form := range []string{secret, fmt.Sprintf("%X", secret), fmt.Sprintf("% X", secret), fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret))} {
			if i := bytes.Index(data, []byte(form)); i >= 0 {
				b.t.Errorf("%s holds %s at %d: %q", where, form, i, data[max(0, i-80):min(len(data), i+80)])
			}
		}
	}
}

// searchProcess searches the arguments, the environment and the writable memory
// of a running process, and checks that core dumps are off.
func (b *box) searchProcess(pid int) {
	b.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", pid)
	for _, file := range []string{"cmdline", "environ", "limits"} {
		data, err := os.ReadFile(proc + file)
		if err != nil && os.Geteuid() != 0 {
			continue // the files of a process that may not be dumped belong to root
		}
		b.must(err)
		b.search(file, data)
		if file == "limits" && !bytes.Contains(bytes.Join(bytes.Fields(data), []byte(" ")), []byte("Max core file size 0 ")) {
			b.t.Errorf("core dumps are allowed: %s", data)
		}
	}
	b.must(syscall.Kill(pid, syscall.SIGSTOP))
	defer syscall.Kill(pid, syscall.SIGCONT)
	memory, err := os.Open(proc + "mem")
	if err != nil && os.Geteuid() != 0 {
		b.t.Log("only root can look into the memory")
		return
	}
	b.must(err)
	defer memory.Close()
	maps, err := os.ReadFile(proc + "maps")
	b.must(err)
	looked := 0
	for _, line := range strings.Split(strings.TrimSpace(string(maps)), "\n") {
		var from, to int64
		var mode string
		fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode)
		if !strings.HasPrefix(mode, "rw") || to-from > 1<<30 {
			continue // read-only memory is older than the secret
		}
		data := make([]byte, to-from)
		n, _ := memory.ReadAt(data, from)
		looked += n
		b.search("memory "+line, data[:n])
	}
	if looked < 1<<20 {
		b.t.Errorf("only %d bytes of memory were read", looked)
	}
}

// searchFiles searches every file in the home directory.
func (b *box) searchFiles() {
	b.t.Helper()
	b.must(filepath.WalkDir(b.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if strings.HasPrefix(d.Name(), "core") {
			b.t.Errorf("a core dump: %s", path)
		}
		data, err := os.ReadFile(path)
		b.search(path, data)
		return err
	}))
}

// A screen is a terminal that keeps its output.
type screen struct {
	t      *testing.T
	master *os.File
	slave  *os.File
	mu     sync.Mutex
	text   bytes.Buffer
	seen   int
	ended  chan struct{} // closed when there is no more output
}

func newScreen(t *testing.T) *screen {
	s := &screen{t: t, ended: make(chan struct{})}
	s.master, s.slave = openTerminal(t)
	t.Cleanup(func() { s.slave.Close(); s.master.Close() })
	go func() {
		defer close(s.ended)
		buf := make([]byte, 4096)
		for {
			n, err := s.master.Read(buf)
			s.mu.Lock()
			s.text.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *screen) shown() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// whole returns all that was shown, once no process has the terminal open any
// more.
func (s *screen) whole() string {
	if s == nil {
		return ""
	}
	s.slave.Close()
	<-s.ended
	return s.shown()
}

// await waits for text after the last match.
func (s *screen) await(text string) {
	s.t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if i := strings.Index(s.shown()[s.seen:], text); i >= 0 {
			s.seen += i + len(text)
			return
		}
		if time.Now().After(limit) {
			s.t.Fatalf("waited for %q: %s", text, s.shown())
		}
	}
}
