package cli_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"natsuin/card/pcsc"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/pdftest"
	"natsuin/cmd/internal/terminal"
)

// The secrets of these tests. No output may contain the passwords.
const (
	marked      = "MARK7SECRET42X"
	markedNew   = "FRESH8MARK53Y"
	markedWrong = "WRONG9MARK64Z"
	markedPIN   = "7294"
)

// An act is one run of the program.
type act struct {
	name  string
	args  []string
	stdin string // what --pin-from stdin reads
	given int    // the number of secrets given that may be sent
	files int    // the number of files to sign
	pdf   bool   // whether they are PDFs
}

// input returns the name and the content of a file to sign.
func (a act) input(i int) (name string, content []byte) {
	if a.pdf {
		return fmt.Sprintf("file%d.pdf", i), pdftest.Sample(fmt.Sprint("application ", i))
	}
	return fmt.Sprintf("file%d", i), fmt.Appendf(nil, "application %d\n", i)
}

// output returns the name of the signed file, or of the signature.
func (a act) output(i int) string {
	if a.pdf {
		return fmt.Sprintf("file%d_signed.pdf", i)
	}
	return fmt.Sprintf("file%d.p7s", i)
}

var acts = []act{
	{name: "sign", args: []string{"sign", "--yes", "--pin-from", "stdin"}, stdin: marked + "\n", given: 1, files: 1},
	{name: "sign 3 files", args: []string{"sign", "--yes", "--pin-from", "stdin"}, stdin: marked + "\n", given: 1, files: 3},
	{name: "sign, wrong password", args: []string{"sign", "--yes", "--pin-from", "stdin"}, stdin: markedWrong + "\n", given: 1, files: 1},
	{name: "sign 2 PDFs", args: []string{"sign", "--pdf", "--yes", "--pin-from", "stdin"}, stdin: marked + "\n", given: 1, files: 2, pdf: true},
	{name: "pin change", args: []string{"pin", "change", "sign", "--pin-from", "stdin"}, stdin: marked + "\n" + markedNew + "\n", given: 1},
	{name: "pin change, wrong password", args: []string{"pin", "change", "sign", "--pin-from", "stdin"}, stdin: markedWrong + "\n" + markedNew + "\n", given: 1},
	{name: "pin change auth", args: []string{"pin", "change", "auth", "--pin-from", "stdin"}, stdin: markedPIN + "\n5807\n", given: 1},
	{name: "pin status", args: []string{"pin", "status"}},
	{name: "fingerprint sign", args: []string{"fingerprint", "sign", "--pin-from", "stdin"}, stdin: marked + "\n", given: 1},
	{name: "cert show sign", args: []string{"cert", "show", "sign", "--pin-from", "stdin"}, stdin: marked + "\n", given: 1},
}

// A run is the result of one act.
type run struct {
	act     act
	dir     string // holds the files to sign
	before  virtual.State
	card    *virtual.Card
	lang    string
	exit    int
	out     string
	err     string
	invalid []string // what is wrong with the run
}

func (r *run) wrong(format string, args ...any) {
	r.invalid = append(r.invalid, fmt.Sprintf(format, args...))
}

// perform runs the act as a script, with the card in the reader.
func perform(a act, dir string, readers access.Readers, card *virtual.Card, flags ...string) *run {
	nobody := func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }
	return performAt(nobody, a, dir, readers, card, flags...)
}

func performAt(terminal func() (*terminal.Terminal, error), a act, dir string, readers access.Readers, card *virtual.Card, flags ...string) *run {
	r := &run{act: a, dir: dir, card: card, before: card.State()}
	if i := slices.Index(flags, "--lang"); i >= 0 {
		r.lang = flags[i+1]
	}
	args := slices.Concat(a.args, []string{"--reader", "reader"}, flags) // the last --reader is used
	for i := range a.files {
		name, _ := a.input(i)
		args = append(args, filepath.Join(dir, name))
	}
	var stdout, stderr bytes.Buffer
	r.exit = cli.Main(&cli.Env{
		Args: args, Readers: readers, Now: time.Now, Getenv: func(string) string { return "" },
		Streams: &console.Streams{In: strings.NewReader(a.stdin), Out: &stdout, Err: &stderr, Terminal: terminal},
	})
	r.out, r.err = stdout.String(), stderr.String()
	return r
}

// An object holds the fields of the JSON object that the tests read.
type object struct {
	Code    string
	Exit    int
	Outcome string
	Tries   json.RawMessage `json:"tries_left"`
	Files   []file
	Message string
}

type file struct {
	Output string
	OK     bool
	Code   string
}

// check compares the output of the run with the state of the card and the disk.
// It returns the run's code.
func (r *run) check() string {
	var o object
	if err := json.Unmarshal([]byte(r.out), &o); err != nil {
		r.wrong("stdout is not one JSON object: %q", r.out)
	}
	switch {
	case o.Exit != r.exit || outcome.Code(o.Code).Exit() != r.exit:
		r.wrong("exit %d, with code %q and exit %d in JSON", r.exit, o.Code, o.Exit)
	case r.exit == 70:
		r.wrong("taken for a bug: %s", o.Message)
	}
	r.checkTries(o)
	r.checkChange(o)
	r.checkFiles(o)
	r.checkWords(o.Message)
	return o.Code
}

// checkTries checks that there were no more VERIFYs than secrets, also counting
// those whose answer was lost, and that every lost try was reported.
func (r *run) checkTries(o object) {
	verifies, changes := 0, 0
	for _, e := range r.card.Log() {
		switch e.Op {
		case virtual.OpVerify:
			verifies++
			if (e.Lost || e.Outcome == virtual.Nothing) && r.exit != 9 {
				r.wrong("a VERIFY was sent that says nothing of the secret, and the exit code is %d", r.exit)
			}
		case virtual.OpChange:
			changes++
		}
	}
	tally := r.card.Tally()
	if verifies > r.act.given || changes > 1 || tally.Wrong > r.act.given {
		r.wrong("%d VERIFYs, %d of them wrong, %d CHANGEs, with %d secrets given", verifies, tally.Wrong, changes, r.act.given)
	}
	if tally.Wrong > 0 && r.exit != 6 && r.exit != 7 && r.exit != 9 {
		r.wrong("a try is gone, and the exit code is %d", r.exit)
	}
	if verifies == 0 && (r.exit == 6 || r.exit == 9) {
		r.wrong("nothing was sent, and the exit code is %d", r.exit)
	}
	if r.exit == 0 && tally.Wrong > 0 {
		r.wrong("done, with a wrong secret")
	}
}

// checkChange checks that the reported outcome of a change is true. With exit
// code 9 the outcome is "unknown" if CHANGE may have been sent, and
// "not-changed" if it was not. The tries left are unknown then.
func (r *run) checkChange(o object) {
	if !strings.HasPrefix(r.act.name, "pin change") {
		return
	}
	after := r.card.State()
	changed := !bytes.Equal(r.before.Sign.Secret, after.Sign.Secret) || !bytes.Equal(r.before.Auth.Secret, after.Auth.Secret)
	switch o.Outcome {
	case "changed":
		if !changed || r.exit != 0 {
			r.wrong("told as changed with exit %d; changed is %t", r.exit, changed)
		}
	case "not-changed":
		if changed || r.exit == 0 {
			r.wrong("told as not changed with exit %d; changed is %t", r.exit, changed)
		}
	case "unknown":
		if r.exit != 9 || r.card.Tally().Right == 0 {
			r.wrong("told as unknown with exit %d, and %d right VERIFYs before", r.exit, r.card.Tally().Right)
		}
	default:
		r.wrong("outcome %q", o.Outcome)
	}
	sent := slices.ContainsFunc(r.card.Log(), func(e virtual.Entry) bool { return e.Op == virtual.OpChange })
	if r.exit == 9 && (o.Outcome == "changed" || o.Outcome == "not-changed" && sent || string(o.Tries) != "null") {
		r.wrong("exit 9 with outcome %q and %s tries left; CHANGE reached the card: %t", o.Outcome, o.Tries, sent)
	}
}

// checkFiles checks that each signature is whole and valid, or absent, as the
// run reports, and that there are no other files.
func (r *run) checkFiles(o object) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		r.wrong("%v", err)
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	for i := range r.act.files {
		name, content := r.act.input(i)
		output := r.act.output(i)
		made := there[output]
		there[name], there[output] = false, false
		if r.exit == 0 && !made {
			r.wrong("done, but there is no signature of %s", name)
		}
		if now, err := os.ReadFile(filepath.Join(r.dir, name)); err != nil || !bytes.Equal(now, content) {
			r.wrong("%s is not as it was: %v", name, err)
		}
		if made {
			r.checkSignature(content, output)
		}
		if o.Files != nil && o.Files[i].OK != made {
			r.wrong("%s: ok is %t, and the file exists: %t", name, o.Files[i].OK, made)
		}
		if o.Files != nil && !made && o.Files[i].Code == "ok" {
			r.wrong("%s is not there, with code ok", name)
		}
	}
	for name, extra := range there {
		if extra {
			r.wrong("%s is left behind", name)
		}
	}
}

// checkSignature checks the signature with another implementation, against the
// citizen's certificate.
func (r *run) checkSignature(content []byte, name string) {
	output, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.wrong("%v", err)
		return
	}
	message, err := r.act.message(content, output)
	if err != nil {
		r.wrong("%s does not verify: %v", name, err)
		return
	}
	signer := message.GetOnlySigner()
	switch {
	case signer == nil || !bytes.Equal(signer.Raw, r.before.Sign.Certificate):
		r.wrong("%s is under another certificate", name)
	case !slices.ContainsFunc(message.Certificates, func(c *x509.Certificate) bool { return bytes.Equal(c.Raw, r.before.Sign.CA) }):
		r.wrong("%s is without the CA's certificate", name)
	}
}

// message returns the CMS of an output, verified.
func (a act) message(content, output []byte) (*pkcs7.PKCS7, error) {
	if a.pdf {
		return pdftest.Signature(content, output)
	}
	message, err := pkcs7.Parse(output)
	if err != nil {
		return nil, err
	}
	message.Content = content
	return message, message.Verify()
}

// ids matches message ids, which are shown if a message is missing: a word with
// which an id of the catalogues begins, and more words. It also matches what is
// shown if a variable is missing.
var ids = sync.OnceValue(func() *regexp.Regexp {
	files, _ := filepath.Glob("../i18n/messages/*.en.json")
	beginnings := map[string]bool{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		for _, m := range regexp.MustCompile(`(?m)^  "([a-z-]+)\.`).FindAllSubmatch(b, -1) {
			beginnings[string(m[1])] = true
		}
		if err != nil {
			panic(err)
		}
	}
	return regexp.MustCompile(`\b(` + strings.Join(slices.Sorted(maps.Keys(beginnings)), "|") + `)\.[a-z]+[a-z0-9.-]*|<no value>|%!`)
})

var (
	// inner matches the text of errors of Go and of our own libraries.
	inner = regexp.MustCompile(`pcsc: |virtual card|card: |apdu: |practice: |asn1: |x509: |crypto/|goroutine|panic|runtime|nil pointer|exchange \d|answer of \d+ bytes|outcome unknown: `)
	// japanese matches a character that only Japanese text contains.
	japanese = regexp.MustCompile(`\p{Hiragana}`)
)

// checkWords checks that the output contains no secret, no message id and no
// error text of a library.
func (r *run) checkWords(message string) {
	for _, text := range []string{message, r.out, r.err} {
		if found := ids().FindString(text); found != "" {
			r.wrong("no words for %q in %q", found, text)
		}
		for _, secret := range []string{marked, markedNew, markedWrong} {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%X", secret)) {
				r.wrong("the secret is shown: %q", text)
			}
		}
	}
	if found := inner.FindString(message); found != "" {
		r.wrong("inner words %q in %q", found, message)
	}
	if r.lang == "ja" && r.exit != 0 && message != "" && !japanese.MatchString(message) {
		r.wrong("not worded: %q", message)
	}
}

// inputs creates a new folder with the files that the act signs.
func inputs(t testing.TB, a act) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "natsuin-faults") // in memory, since syncing thousands of files to a disk takes minutes
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for i := range a.files {
		name, content := a.input(i)
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// clean removes the results of the previous run.
func clean(t testing.TB, dir string, a act) {
	t.Helper()
	for i := range a.files {
		os.Remove(filepath.Join(dir, a.output(i)))
	}
}

// TestFaultMatrix runs every act with every fault at every exchange, and with a
// failure at the start of every transaction, in this process. Of the
// faults at exchanges it may be a sample. `go test -v -run
// TestFaultMatrix ./cmd/internal/cli` prints the tables of docs/reliability.md.
func TestFaultMatrix(t *testing.T) {
	var mu sync.Mutex
	byAct, byFault := ledger{}, ledger{}
	t.Run("acts", func(t *testing.T) {
		for _, a := range acts {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				faultsOf(t, a, func(fault, code string) {
					mu.Lock()
					defer mu.Unlock()
					byAct.enter(a.name, code)
					byFault.enter(fault, code)
				})
			})
		}
	})
	t.Logf("by act:\n%s\nby fault:\n%s", byAct, byFault)
	if n := byAct.total(); n < 1000 && !testing.Short() && !t.Failed() {
		t.Errorf("only %d cases", n)
	}
}

// A ledger counts the codes with which runs ended, by act or by fault.
type ledger map[string]map[string]int

func (l ledger) enter(name, code string) {
	if l[name] == nil {
		l[name] = map[string]int{}
	}
	l[name][code]++
}

func (l ledger) total() (n int) {
	for _, codes := range l {
		for _, k := range codes {
			n += k
		}
	}
	return n
}

// String returns the ledger as a table in Markdown.
func (l ledger) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l)) {
		var ends []string
		for _, code := range slices.Sorted(maps.Keys(l[name])) {
			ends = append(ends, fmt.Sprintf("%s %d", code, l[name][code]))
		}
		fmt.Fprintf(&b, "| %s | %d | %s |\n", name, ledger{name: l[name]}.total(), strings.Join(ends, ", "))
	}
	fmt.Fprintf(&b, "| all | %d | |\n", l.total())
	return b.String()
}

// faultsOf runs one act with every fault, and passes the code of each run to
// enter.
func faultsOf(t *testing.T, a act, enter func(fault, code string)) {
	dir := inputs(t, a)
	once := func(s *faultyService, flags ...string) *run {
		clean(t, dir, a)
		r := perform(a, dir, s, s.card, flags...)
		r.invalid = append(r.invalid, s.owes()...)
		return r
	}
	undisturbed := &faultyService{card: newCard(t)}
	calm := once(undisturbed, "--json", "--lang", "ja")
	code := calm.check()
	if want := map[bool]string{true: "wrong-pin", false: "ok"}[strings.Contains(a.name, "wrong")]; code != want || calm.invalid != nil {
		t.Fatalf("without a fault: %s, %v: %s%s", code, calm.invalid, calm.out, calm.err)
	}
	log := undisturbed.card.Log()
	sampling := newSampling(t)
	for _, f := range faults {
		for at, entry := range log {
			if !sampling.next() {
				continue
			}
			disturbed := func() *faultyService {
				s := &faultyService{card: newCard(t)}
				s.card.Inject(virtual.Fault{At: at, Effect: f.strike(s)})
				return s
			}
			r := once(disturbed(), "--json", "--lang", "ja")
			got := r.check()
			allowed := f.codes
			if entry.Op == virtual.OpVerify || entry.Op == virtual.OpChange {
				allowed = f.secret
			}
			if got != code && !slices.Contains(allowed, got) {
				r.wrong("code %s, want one of %v", got, allowed)
			}
			if got == "not-jpki" && entry.Op != virtual.OpSelectApplication {
				r.wrong("called no JPKI card, after its application was selected")
			}
			talk := once(disturbed(), "--lang", "ja", "-v")
			talk.checkTries(object{})
			talk.checkFiles(object{})
			talk.checkWords("")
			if talk.exit != r.exit {
				talk.wrong("exit %d, and %d with --json", talk.exit, r.exit)
			}
			if problems := append(r.invalid, talk.invalid...); problems != nil {
				t.Errorf("%s, %s at exchange %d (%v): %s\n%s%s", a.name, f.name, at, entry.Op, strings.Join(problems, "; "), r.out, talk.err)
			}
			enter(f.name, got)
		}
	}
	beginsOf(t, a, once, undisturbed.begins, enter)
}

// beginsOf runs one act with a failure at the start of each transaction.
func beginsOf(t *testing.T, a act, once func(*faultyService, ...string) *run, begins int, enter func(fault, code string)) {
	for _, f := range []struct {
		name, code string
		strike     func(*faultyService) error
	}{
		{"busy", "busy", func(*faultyService) error { return &pcsc.Error{Op: "begin", Reader: real, Err: pcsc.ErrBusy} }},
		{"reset again and again", "card-removed", func(*faultyService) error {
			return &pcsc.Error{Op: "begin", Reader: real, Code: 0x80100068, Err: pcsc.ErrReset}
		}},
		{"removed", "card-removed", func(s *faultyService) error { s.lifted = true; return nil }},
		{"reader unplugged", "card-removed", func(s *faultyService) error { s.unplugged = true; return nil }},
		{"service stopped", "no-service", func(s *faultyService) error { s.stopped = true; return nil }},
	} {
		for at := range begins {
			s := &faultyService{card: newCard(t)}
			s.atBegin = map[int]func() error{at: func() error { return f.strike(s) }}
			r := once(s, "--json", "--lang", "ja")
			got := r.check()
			if got != f.code {
				r.wrong("code %s, want %s", got, f.code)
			}
			if r.invalid != nil {
				t.Errorf("%s, %s at begin %d: %s\n%s%s", a.name, f.name, at, strings.Join(r.invalid, "; "), r.out, r.err)
			}
			enter("at begin: "+f.name, got)
		}
	}
}
