//go:build linux

package main_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"natsuin/card/practice"
	"natsuin/card/virtual"
)

var update = flag.Bool("update", false, "write the screens of docs/guide/screens.*.md anew")

// example matches a screen on a page: the name of the scene, and the contents
// of the fence.
var example = regexp.MustCompile("(?ms)^<!-- screen: (\\S+) -->\n```console\n(.*?)^```$")

// TestScreens plays every scene of docs/guide/screens.{ja,en}.md at a terminal,
// with the program itself and a real PC/SC service, and compares the screens
// with the pages. With -update it writes the pages instead:
//
//	go test ./cmd/natsuin -run TestScreens -update
func TestScreens(t *testing.T) {
	needService(t)
	for _, lang := range languages {
		t.Run(lang.code, func(t *testing.T) {
			page := filepath.Join("..", "..", "docs", "guide", "screens."+lang.code+".md")
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			st := newStage(t, lang, 80)
			st.openServices()
			shown := map[string]string{}
			for _, sc := range scenes {
				shown[sc.name] = st.play(sc)
			}
			fresh := example.ReplaceAllStringFunc(string(text), func(block string) string {
				m := example.FindStringSubmatch(block)
				screen, ok := shown[m[1]]
				if !ok {
					t.Errorf("%s: no scene is called %s, or it stands there twice", page, m[1])
					return block
				}
				delete(shown, m[1])
				if screen != m[2] && !*update {
					t.Errorf("%s, %s: the page shows\n%s\nbut the program\n%s", page, m[1], m[2], screen)
				}
				return strings.Replace(block, "```console\n"+m[2], "```console\n"+screen, 1)
			})
			for name := range shown {
				t.Errorf("%s does not show the scene %s", page, name)
			}
			if *update && fresh != string(text) {
				if err := os.WriteFile(page, []byte(fresh), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A language is the language of the person. index selects its text in a pair.
type language struct {
	code, locale string
	index        int
}

var languages = []language{{"ja", "ja_JP.UTF-8", 0}, {"en", "en_US.UTF-8", 1}}

// A scene is a few commands at one terminal, one after the other.
type scene struct {
	name     string
	set      func(*stage) // prepares the stage
	commands []command
}

type command struct {
	typed string
	exit  int
	steps []step
}

// A step waits for the end of a prompt, in Japanese or English. It then calls
// do and types its keys.
type step struct {
	wait   [2]string
	do     func(*stage)
	paste  string    // the name of a value that is pasted in groups of four
	answer [2]string // typed, followed by Enter
	keys   string
	shown  [2]string // what the page shows in ⟨⟩ because it is not echoed
}

// A stage is the home directory, the terminal, the service and the card of a
// person.
type stage struct {
	*box
	lang    language
	columns int
	values  map[string]string // the values that can be pasted, by name
	exampleValues

	socket  string   // of the service that the commands use
	empty   *service // has no reader
	service *service
	card    *virtual.Card
}

func newStage(t *testing.T, lang language, columns int) *stage {
	st := &stage{box: newBox(t), lang: lang, columns: columns, values: map[string]string{}}
	st.socket = filepath.Join(st.home, "nobody")
	st.setExamples()
	return st
}

// openServices starts the services, and gets the practice card.
func (st *stage) openServices() {
	st.empty, st.service = newService(st.t, false), newService(st.t, true)
	conn, err := practice.Open(practice.Options{Dir: st.store}).Connect(context.Background())
	st.must(err)
	defer conn.Close()
	st.must(conn.Begin(context.Background()))
	st.card = virtual.New(virtual.Options{State: conn.Card().State()})
}

// play plays a scene and returns what the terminal then shows.
func (st *stage) play(sc scene) string {
	st.t.Helper()
	if sc.set != nil {
		sc.set(st)
	}
	var all strings.Builder
	for _, c := range sc.commands {
		all.WriteString("$ " + c.typed + "\r\n" + st.run(c))
	}
	text, err := render(all.String(), st.columns)
	if err != nil {
		st.t.Fatalf("%s: %v", sc.name, err)
	}
	return inOrder(st.asExample(text))
}

// signed matches the line about a file that was signed.
var signed = regexp.MustCompile(`(?m)^(?:signed|署名しました): .*\n`)

// inOrder sorts the lines about signed files. They come as each file is durable
// (docs/cli.md, behaviour 17), so a busy disk changes their order.
func inOrder(screen string) string {
	lines := signed.FindAllString(screen, -1)
	slices.Sort(lines)
	return signed.ReplaceAllStringFunc(screen, func(string) string {
		first := lines[0]
		lines = lines[1:]
		return first
	})
}

// run runs a command at a terminal of its own. It returns the bytes that the
// terminal got, with marks for input that is not shown.
func (st *stage) run(c command) string {
	st.t.Helper()
	s := newScreen(st.t)
	st.must(unix.IoctlSetWinsize(int(s.slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(st.columns)}))
	p := exec.Command("sh", "-c", "exec "+c.typed)
	p.Dir = st.work
	p.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + st.home, "LANG=" + st.lang.locale, "TERM=xterm-256color", atTerminal + "=1",
		"XDG_DATA_HOME=" + filepath.Join(st.home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(st.home, "config"),
		"XDG_CACHE_HOME=" + filepath.Join(st.home, "cache"), "GORACE=" + os.Getenv("GORACE"),
		"PCSCLITE_CSOCK_NAME=" + st.socket,
	}
	p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	st.must(p.Start())
	defer p.Process.Kill()
	type mark struct {
		at   int
		text string
	}
	var marks []mark
	for _, step := range c.steps {
		s.await(step.wait[st.lang.index])
		if text := step.shown[st.lang.index]; text != "" {
			marks = append(marks, mark{s.seen, "⟨" + text + "⟩"})
		}
		if step.do != nil {
			step.do(st)
		}
		_, err := s.master.WriteString(step.typing(st))
		st.must(err)
	}
	exit := st.exitOf(p)
	text := s.whole()
	if exit != c.exit {
		st.t.Fatalf("%s: exit code %d, want %d:\n%s", c.typed, exit, c.exit, text)
	}
	for i := len(marks) - 1; i >= 0; i-- {
		text = text[:marks[i].at] + marks[i].text + text[marks[i].at:]
	}
	return text
}

// typing returns all that the step types.
func (s step) typing(st *stage) string {
	keys := groups(st.values[s.paste])
	if answer := s.answer[st.lang.index]; answer != "" {
		keys += answer + "\r"
	}
	return keys + s.keys
}

// groups formats hexadecimal digits as they are published.
func groups(hex string) string { return strings.TrimSpace(fourDigits.ReplaceAllString(hex, "$0 ")) }

func (st *stage) exitOf(p *exec.Cmd) int {
	st.t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		st.t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// left gives the card n tries of the signature password.
func left(n int) func(*stage) {
	return func(st *stage) {
		st.card.Replace(func(s *virtual.State) { s.Sign.Tries = n })
	}
}

// file writes a file into the folder in which the commands run.
func file(name, content string) func(*stage) {
	return func(st *stage) { st.write(name, content) }
}

func all(do ...func(*stage)) func(*stage) {
	return func(st *stage) {
		for _, f := range do {
			f(st)
		}
	}
}
