package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
	"natsuin/sign/timestamp/tsatest"
	"natsuin/verify"
)

// practiceStore makes the keys of a practice card once for all tests.
var practiceStore = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "natsuin-practice")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if _, err := practice.Open(practice.Options{Dir: dir}).Show(); err != nil {
		panic(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "practice.store"))
	if err != nil {
		panic(err)
	}
	return data
})

// A stampMachine is a machine with a practice card, two files, and an
// authority.
type stampMachine struct {
	*machine
	t         *testing.T
	dir       string
	authority *tsatest.Authority
	url       string
	signals   chan os.Signal
}

func newStampMachine(t *testing.T) *stampMachine {
	t.Helper()
	d := &stampMachine{machine: newMachine(t), t: t, dir: t.TempDir(), signals: make(chan os.Signal, 1)}
	folder := filepath.Join(d.env["XDG_DATA_HOME"], "natsuin", "practice")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(filepath.Join(folder, "practice.store"), practiceStore())
	d.write(d.path("pin"), []byte("RENSHU123\n"))
	d.write(d.path("a"), []byte("a letter\n"))
	d.write(d.path("b"), bytes.Repeat([]byte("another letter\n"), 5000))
	var err error
	if d.authority, err = tsatest.New(d.now); err != nil {
		t.Fatal(err)
	}
	d.write(d.path("tsa.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.authority.Root.Raw}))
	d.url = d.serve(d.authority)
	return d
}

func (d *stampMachine) path(name string) string { return filepath.Join(d.dir, name) }

func (d *stampMachine) write(path string, data []byte) {
	d.t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *stampMachine) read(name string) []byte {
	d.t.Helper()
	data, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return data
}

func (d *stampMachine) serve(h http.Handler) string {
	server := httptest.NewServer(h)
	d.t.Cleanup(server.Close)
	return server.URL
}

// An answerOf holds the fields of the JSON object that these tests read.
type answerOf struct {
	Code    string
	Exit    int
	Verdict string
	Files   []struct {
		Input, Code string
		OK          bool
		Timestamp   *struct {
			Time, Policy, Authority string
			Remarks                 []string
		}
		Timestamps []struct {
			Time, Authority, Reason       string
			Accuracy                      *float64
			Verified, Unchanged, Practice bool
			Remarks                       []string
			Whole                         bool `json:"covers_whole_file"`
		}
		Output         string
		TimestampError string `json:"timestamp_error"`
		Reason         string
		Signers        []struct {
			Verdict   string
			Timestamp *struct {
				Verified, Practice      bool
				Reason, Time, Authority string
				Accuracy                *float64
				Remarks                 []string
			}
			Reference struct{ From string }
		}
	}
	raw, talk string
}

// ask runs natsuin with --json. In the arguments, @NAME stands for the path of
// a file in the folder.
func (d *stampMachine) ask(args ...string) answerOf {
	d.t.Helper()
	exit, out, talk := d.say(append(args, "--json")...)
	a := answerOf{raw: out, talk: talk}
	if err := json.Unmarshal([]byte(out), &a); err != nil || a.Exit != exit {
		d.t.Fatalf("exit %d, %v: %s%s", exit, err, out, talk)
	}
	return a
}

func (d *stampMachine) say(args ...string) (int, string, string) {
	args = slices.Clone(args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "@", d.dir+"/")
	}
	var out, talk transcript
	exit := cli.Main(&cli.Env{
		Args: args, Readers: d.readers, Signals: d.signals,
		Getenv: func(name string) string { return d.env[name] },
		Now:    func() time.Time { return d.now },
		Streams: &console.Streams{In: strings.NewReader(""), Out: &out, Err: &talk,
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
	})
	return exit, out.String(), talk.String()
}

// signing returns the arguments of sign with a stamp of the authority at
// address.
func (d *stampMachine) signing(address string, more ...string) []string {
	return append([]string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin",
		"--timestamp", address, "--timestamp-policy", tsatest.Policy, "--tsa-ca", "@tsa.pem"}, more...)
}

// whole checks that a signature is VALID and, as stamped says, has a verified
// time stamp or none.
func (d *stampMachine) whole(name string, stamped bool) {
	d.t.Helper()
	a := d.ask("verify", "--ca", "practice", "--tsa-ca", "@tsa.pem", "@"+name)
	if a.Exit != 0 || len(a.Files) != 1 || len(a.Files[0].Signers) != 1 {
		d.t.Fatalf("%s: %s", name, a.raw)
	}
	stamp := a.Files[0].Signers[0].Timestamp
	if (stamp != nil) != stamped || stamped && !stamp.Verified {
		d.t.Errorf("%s: stamp %+v, want %v", name, stamp, stamped)
	}
}

// only checks that the folder holds these files besides those of
// newStampMachine, and that no try was used.
func (d *stampMachine) only(names ...string) {
	d.t.Helper()
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	want := append([]string{"a", "b", "pin", "tsa.pem"}, names...)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		d.t.Errorf("files %v, want %v", have, want)
	}
	info, err := d.practiceCard().Show()
	if err != nil || info.Sign.Tries != 5 {
		d.t.Errorf("%d tries, %v", info.Sign.Tries, err)
	}
}

func TestEachFormIsStamped(t *testing.T) {
	d := newStampMachine(t)
	a := d.ask(d.signing(d.url, "@a", "@b")...)
	if a.Exit != 0 || a.Files[0].Timestamp == nil || a.Files[1].Timestamp == nil || a.Files[0].TimestampError != "" {
		t.Fatalf("%s%s", a.raw, a.talk)
	}
	if got := a.Files[0].Timestamp; got.Policy != tsatest.Policy || got.Authority != "CN=Test authority" || got.Time != d.now.UTC().Format(time.RFC3339) {
		t.Errorf("%+v", got)
	}
	d.ask(d.signing(d.url, "--attached", "@b")...)
	d.ask(d.signing(d.url, "--pem", "-o", "@pem.p7s", "@b")...)
	d.ask(d.signing(d.url, "--attached", "--pem", "--timestamp-required", "-o", "@pem.p7m", "@b")...)
	_, out, _ := d.say(d.signing(d.url, "-o", "-", "@a")...)
	d.write(d.path("out.p7s"), []byte(out))
	d.write(d.path("out"), d.read("a"))
	d.write(d.path("pem"), d.read("b"))
	for _, name := range []string{"a.p7s", "b.p7s", "b.p7m", "pem.p7s", "pem.p7m", "out.p7s"} {
		d.whole(name, true)
	}
	if n := len(d.authority.Requests()); n != 6 {
		t.Errorf("%d requests for 6 signatures", n)
	}
	d.only("a.p7s", "b.p7s", "b.p7m", "pem", "pem.p7s", "pem.p7m", "out", "out.p7s")
}

// A refused stamp leaves a good signature in a whole file or, with
// --timestamp-required, no file. A file that existed before stays as it is.
// JSON and the message name the reason. This holds for each reason to refuse a
// stamp; TestASignalWhileWaiting covers the answer that takes too long.
func TestARefusedStampLeavesAGoodSignature(t *testing.T) {
	numbers := map[int]bool{}
	for _, fault := range tsatest.Faults() {
		if fault.Slow { // it takes 30 seconds
			numbers[fault.Number] = true
			continue
		}
		if testing.Short() && numbers[fault.Number] {
			continue
		}
		numbers[fault.Number] = true
		t.Run(fmt.Sprint(fault.Number, " ", fault.Name), func(t *testing.T) {
			d := newStampMachine(t)
			d.authority.Break(fault)
			inputs, last := []string{"@a"}, "a.p7s"
			if fault.Code == "repeated" { // the first answer cannot repeat anything
				inputs, last = []string{"@b", "@a"}, "a.p7s"
			}
			a := d.ask(d.signing(d.url, inputs...)...)
			file := a.Files[len(a.Files)-1]
			if a.Exit != 0 || !file.OK || file.Timestamp != nil || file.TimestampError != fault.Code || !strings.Contains(a.raw, `"timestamp":null`) {
				t.Fatalf("%s%s", a.raw, a.talk)
			}
			d.whole(last, false)
			for _, lang := range []string{"ja", "en"} {
				exit, _, talk := d.say(d.signing(d.url, append(inputs, "--force", "--lang", lang)...)...)
				if lines := strings.Count(talk, map[string]string{"ja": "注意: ", "en": "Warning: "}[lang]); exit != 0 || lines == 0 ||
					strings.Contains(talk, "timestamp.") || strings.Contains(talk, "reason.") || strings.Contains(talk, "\x1b") {
					t.Errorf("exit %d: %s", exit, talk)
				}
			}
			if fault.Code == "repeated" {
				return // another run does not know the first token, and refuses the nonce instead
			}
			before := d.read(last)
			a = d.ask("timestamp", "--timestamp", d.url, "--timestamp-policy", tsatest.Policy, "--tsa-ca", "@tsa.pem", "--force", "@"+last)
			if a.Exit != 5 || a.Code != "no-timestamp" || a.Files[0].TimestampError != fault.Code || !bytes.Equal(d.read(last), before) {
				t.Errorf("added later: %s", a.raw)
			}
			os.Remove(d.path(last))
			a = d.ask(d.signing(d.url, append(inputs, "--timestamp-required")...)...)
			if a.Exit != 5 || a.Code != "no-timestamp" || a.Files[0].OK || a.Files[0].Code != "no-timestamp" {
				t.Errorf("required: %s", a.raw)
			}
			d.only()
		})
	}
	for n := 1; n <= 16; n++ {
		if !numbers[n] {
			t.Errorf("no fault for refusal %d", n)
		}
	}
}

// Without --tsa-ca the authority is not checked, and a message says so. If
// --tsa-ca names the root of another authority, the stamps are refused.
func TestTheAuthorityIsCheckedIfItsRootIsGiven(t *testing.T) {
	d := newStampMachine(t)
	args := []string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--timestamp", d.url, "--force", "@a"}
	exit, _, talk := d.say(append(args, "--lang", "en")...)
	if exit != 0 || !strings.Contains(talk, "authority's identity was not checked") || !strings.Contains(talk, "time stamp added") {
		t.Errorf("exit %d: %s", exit, talk)
	}
	if a := d.ask(args...); a.Files[0].Timestamp == nil || !strings.Contains(a.raw, `"authority_checked":false`) {
		t.Errorf("%s", a.raw)
	}
	a := d.ask(append(args, "--tsa-ca", "practice")...)
	if a.Files[0].Timestamp != nil || a.Files[0].TimestampError != "chain" {
		t.Errorf("%s", a.raw)
	}
	d.whole("a.p7s", false)
}

func TestOdditiesOfAStampAreSaid(t *testing.T) {
	d := newStampMachine(t)
	for _, odd := range tsatest.Oddities() {
		d.authority.Break(odd)
		a := d.ask(d.signing(d.url, "--force", "@a")...)
		if a.Files[0].Timestamp == nil || !strings.Contains(a.raw, `"`+odd.Code+`"`) {
			t.Errorf("%s: %s", odd.Name, a.raw)
		}
		_, _, talk := d.say(d.signing(d.url, "--force", "--lang", "en", "@a")...)
		if want := map[string]string{"type": "media type", "clock": "clock by more than 10", "accuracy": "worse than a minute"}[odd.Code]; !strings.Contains(talk, want) {
			t.Errorf("%s: %s", odd.Name, talk)
		}
	}
}

// -q hides what was done as asked for, and keeps on standard error what the
// result lacks or what qualifies it.
func TestQuietKeepsWhatQualifiesTheResult(t *testing.T) {
	d := newStampMachine(t)
	down := d.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	rehearsing := []string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--force"}
	if exit, _, talk := d.say(append(rehearsing, "--lang", "en", "@a")...); exit != 0 || !strings.Contains(talk, "signed: ") {
		t.Fatalf("exit %d: %s", exit, talk)
	}
	fast := tsatest.Oddities()[slices.IndexFunc(tsatest.Oddities(), func(o tsatest.Fault) bool { return o.Code == "clock" })]
	inReader := []string{"sign", "--yes", "--pin-from", "file:@pin", "--force"}
	for _, c := range []struct {
		name  string
		fault tsatest.Fault
		args  []string
		want  []string
		years int
	}{
		{"nothing to say", tsatest.Fault{}, append(rehearsing, "@a"), nil, 0},
		{"no stamp", tsatest.Fault{}, append(rehearsing, "--timestamp", down, "@a"), []string{"has no time stamp"}, 0},
		{"no stamp, to stdout", tsatest.Fault{}, append(rehearsing, "--timestamp", down, "-o", "-", "@a"), []string{"has no time stamp"}, 0},
		{"authority not checked", tsatest.Fault{}, append(rehearsing, "--timestamp", d.url, "@a"), []string{"identity was not checked"}, 0},
		{"revocation not checked", tsatest.Fault{}, d.signing(d.url, "--force", "@a"), []string{"revocation of the time-stamp authority not checked"}, 0},
		{"off the clock", fast, d.signing(d.url, "--force", "@a"), []string{"revocation of", "differs from this computer's clock"}, 0},
		{"added later, not checked", tsatest.Fault{}, []string{"timestamp", "--timestamp", d.url, "--force", "@a.p7s"}, []string{"identity was not checked"}, 0},
		{"none added later", tsatest.Fault{}, []string{"timestamp", "--timestamp", down, "--force", "@a.p7s"}, []string{"error: no time stamp", "hint: "}, 0},
		{"practice that nobody asked for", tsatest.Fault{}, append(inReader, "@a"), []string{"PRACTICE / 練習: "}, 0},
		{"expired", tsatest.Fault{}, append(rehearsing, "--allow-expired", "@a"), []string{"will not count as valid"}, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.authority.Break(c.fault)
			d.readers = &fakeReaders{readers: []pcsc.Reader{{Name: real, CardPresent: true}}, card: d.practiceCard()}
			defer func(now time.Time) { d.now = now }(d.now)
			d.now = d.now.AddDate(c.years, 0, 0)
			exit, _, talk := d.say(append(c.args, "-q", "--lang", "en")...)
			lines := strings.Split(strings.TrimSuffix(talk, "\n"), "\n")
			if talk == "" {
				lines = nil
			}
			if (exit != 0) != (c.name == "none added later") || len(lines) != len(c.want) {
				t.Fatalf("exit %d: %s", exit, talk)
			}
			for i := range lines {
				if !strings.Contains(lines[i], c.want[i]) {
					t.Errorf("%q, want %q", lines[i], c.want[i])
				}
			}
		})
	}
}

// An authority that is down is asked once, whatever the number of files, and no
// signature is lost.
func TestAnAuthorityThatIsDown(t *testing.T) {
	d := newStampMachine(t)
	var visits atomic.Int64
	down := d.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		visits.Add(1)
		panic(http.ErrAbortHandler)
	}))
	a := d.ask(d.signing(down, "@a", "@b")...)
	if a.Exit != 0 || a.Files[0].TimestampError != "unreached" || a.Files[1].TimestampError != "unreached" || visits.Load() != 1 {
		t.Errorf("%d visits: %s", visits.Load(), a.raw)
	}
	d.whole("a.p7s", false)
	d.whole("b.p7s", false)
	a = d.ask(d.signing(down, "-o", "@c.p7s", "--timestamp-required", "@a")...)
	if a.Exit != 5 || a.Code != "no-timestamp" {
		t.Errorf("%s", a.raw)
	}
	exit, out, _ := d.say(d.signing(down, "-o", "-", "@b")...)
	d.write(d.path("b.p7s"), []byte(out))
	if d.whole("b.p7s", false); exit != 0 {
		t.Errorf("to standard output: exit %d", exit)
	}
	d.only("a.p7s", "b.p7s")
}

// A truncated answer is refused, wherever it ends, and the file stays whole.
func TestAnAnswerThatIsCut(t *testing.T) {
	d := newStampMachine(t)
	step := 100
	if testing.Short() {
		step = 500
	}
	for n := 0; n < 850; n += step { // a complete answer has about 880 bytes
		d.authority.Break(tsatest.Cut(n))
		a := d.ask(d.signing(d.url, "--attached", "--force", "@b")...)
		if a.Exit != 0 || a.Files[0].TimestampError != "malformed" {
			t.Fatalf("at %d: %s", n, a.raw)
		}
		d.whole("b.p7m", false)
	}
	d.only("b.p7m")
}

// A signal while the authority does not answer ends the run. The signature
// exists without a stamp, but is not written with --timestamp-required or to
// standard output.
func TestASignalWhileWaiting(t *testing.T) {
	for _, more := range [][]string{{"@a", "@b"}, {"--attached", "@b"}, {"--timestamp-required", "@a", "@b"}, {"-o", "-", "@a"}} {
		t.Run(strings.Join(more, " "), func(t *testing.T) {
			d := newStampMachine(t)
			d.authority.Break(tsatest.Fault{Slow: true})
			go func() {
				for len(d.authority.Requests()) == 0 {
					time.Sleep(time.Millisecond)
				}
				d.signals <- os.Interrupt
			}()
			switch more[0] {
			case "-o":
				exit, out, _ := d.say(d.signing(d.url, more...)...)
				if exit != 130 || out != "" {
					t.Errorf("exit %d, %d bytes", exit, len(out))
				}
				d.only()
			case "--timestamp-required":
				if a := d.ask(d.signing(d.url, more...)...); a.Exit != 130 || a.Files[0].OK || a.Files[0].Code != "not-done" {
					t.Errorf("%s", a.raw)
				}
				d.only()
			default:
				a := d.ask(d.signing(d.url, more...)...)
				var left []string
				for _, f := range a.Files {
					name := filepath.Base(f.Input) + map[bool]string{true: ".p7m", false: ".p7s"}[more[0] == "--attached"]
					left = append(left, name)
					if d.whole(name, false); !f.OK || f.TimestampError != "interrupted" {
						t.Errorf("%+v", f)
					}
				}
				if d.only(left...); a.Exit != 130 || a.Code != "interrupted" {
					t.Errorf("%s", a.raw)
				}
			}
		})
	}
}

// After a signal while the stamp is being written, the file is whole, with the
// stamp or without, and the folder contains no other file.
func TestASignalWhileTheStampIsWritten(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for i := range rounds {
		d := newStampMachine(t)
		d.write(d.path("b"), bytes.Repeat([]byte("another letter\n"), 200000))
		signals := d.signals
		address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d.authority.ServeHTTP(w, r)
			go func() {
				time.Sleep(time.Duration(i) * 500 * time.Microsecond)
				signals <- os.Interrupt
			}()
		}))
		a := d.ask(d.signing(address, "--attached", "@b")...)
		d.signals = nil // it may come after the run
		if a.Exit != 130 && a.Exit != 0 || !a.Files[0].OK {
			t.Fatalf("%s", a.raw)
		}
		d.whole("b.p7m", a.Files[0].Timestamp != nil)
		d.only("b.p7m")
	}
}

// A file that another program has meanwhile put in place of the signature is
// not replaced.
func TestAFileThatWasMovedIsNotReplaced(t *testing.T) {
	for name, change := range map[string]func(*stampMachine){
		"replaced": func(d *stampMachine) { os.Remove(d.path("a.p7s")); d.write(d.path("a.p7s"), []byte("theirs")) },
		"removed":  func(d *stampMachine) { os.Remove(d.path("a.p7s")) },
		"changed":  func(d *stampMachine) { d.write(d.path("a.p7s"), []byte("theirs")) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newStampMachine(t)
			address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				change(d)
				d.authority.ServeHTTP(w, r)
			}))
			a := d.ask(d.signing(address, "@a")...)
			if a.Exit != 0 || a.Files[0].Timestamp != nil || a.Files[0].TimestampError != "moved" {
				t.Errorf("%s", a.raw)
			}
			if name == "removed" {
				d.only()
			} else if got := string(d.read("a.p7s")); got != "theirs" {
				t.Errorf("%q", got)
			}
		})
	}
}

// A file that another program has put in place of the second signature, while
// the first one was being stamped, is not replaced either.
func TestALaterFileThatWasMovedIsNotReplaced(t *testing.T) {
	d := newStampMachine(t)
	address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(d.authority.Requests()) == 0 {
			os.Remove(d.path("b.p7s"))
			d.write(d.path("b.p7s"), []byte("theirs"))
		}
		d.authority.ServeHTTP(w, r)
	}))
	a := d.ask(d.signing(address, "@a", "@b")...)
	if a.Exit != 0 || a.Files[0].Timestamp == nil || a.Files[1].TimestampError != "moved" {
		t.Errorf("%s", a.raw)
	}
	if got := string(d.read("b.p7s")); got != "theirs" {
		t.Errorf("%q", got)
	}
}

// Content that changes while the authority is asked is not put into a stamped
// attached signature. The signature that was written before stays.
func TestAContentThatChangesMeanwhile(t *testing.T) {
	d := newStampMachine(t)
	address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.write(d.path("b"), []byte("something else"))
		d.authority.ServeHTTP(w, r)
	}))
	a := d.ask(d.signing(address, "--attached", "@b")...)
	if a.Exit != 0 || a.Files[0].TimestampError != "changed-while-read" {
		t.Errorf("%s", a.raw)
	}
	d.whole("b.p7m", false)
	d.only("b.p7m")
}

func (d *stampMachine) practiceCard() *practice.Store {
	return practice.Open(practice.Options{Dir: filepath.Join(d.env["XDG_DATA_HOME"], "natsuin", "practice")})
}

// practiceAuthority serves the practice authority, and returns its address.
func (d *stampMachine) practiceAuthority() string {
	d.t.Helper()
	handler, err := d.practiceCard().TSA()
	if err != nil {
		d.t.Fatal(err)
	}
	d.now = d.now.Add(2 * time.Second) // by then the authority's certificate is valid
	return d.serve(handler)
}

// Years later, when the signer's certificate has expired, the stamp of the
// practice authority shows that the signature is older, without any network.
func TestAStampOutlivesTheCertificate(t *testing.T) {
	d := newStampMachine(t)
	address := d.practiceAuthority()
	a := d.ask("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--timestamp", address, "--tsa-ca", "practice", "@a", "@b")
	if a.Exit != 0 || a.Files[0].Timestamp == nil {
		t.Fatalf("%s", a.raw)
	}
	os.Remove(d.path("b.p7s"))
	d.ask("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@b")
	d.now = d.now.AddDate(7, 0, 0)
	for _, c := range []struct {
		args []string
		exit int
	}{
		{[]string{"--tsa-ca", "practice", "@a.p7s"}, 0},
		{[]string{"@a.p7s"}, 4},
		{[]string{"--tsa-ca", "@tsa.pem", "@a.p7s"}, 4},
		{[]string{"--tsa-ca", "practice", "@b.p7s"}, 4},
	} {
		a := d.ask(append([]string{"verify", "--ca", "practice"}, c.args...)...)
		if a.Exit != c.exit || c.exit == 0 && a.Files[0].Signers[0].Reference.From != "timestamp" {
			t.Errorf("%v: %s", c.args, a.raw)
		}
	}
}

// timestamp adds stamps to existing signatures, in place or in another file,
// and sends no request about a file that it refuses.
func TestStampsAreAddedLater(t *testing.T) {
	d := newStampMachine(t)
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a", "@b")
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--attached", "@b")
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--pem", "-o", "@text.p7s", "@a")
	d.write(d.path("doc.pdf"), []byte("%PDF-1.7\n"))
	before := d.read("a.p7s")
	later := func(args ...string) answerOf {
		t.Helper()
		return d.ask(append([]string{"timestamp", "--timestamp", d.url, "--timestamp-policy", tsatest.Policy, "--tsa-ca", "@tsa.pem"}, args...)...)
	}
	spoilt := bytes.Clone(before)
	spoilt[len(spoilt)-1] ^= 1
	d.write(d.path("spoilt.p7s"), spoilt)
	d.write(d.path("spoilt"), d.read("a"))
	for _, c := range []struct {
		args []string
		exit int
		code string
	}{
		{[]string{"@a.p7s"}, 3, "exists"},
		{[]string{"-o", "@b.p7s", "@a.p7s"}, 3, "exists"},
		{[]string{"-o", "@a.p7s", "--force", "@a.p7s"}, 2, "usage"},
		{[]string{"-o", "@c", "@a.p7s", "@b.p7s"}, 2, "usage"},
		{[]string{"--force", "@a.p7s", "@a.p7s"}, 2, "usage"},
		{[]string{"--force", "@spoilt.p7s"}, 1, "invalid"},
		{[]string{"--force", "@a.p7s", "@spoilt.p7s"}, 1, "invalid"},
		{[]string{"--force", "@a"}, 3, "unsuitable"},
		{[]string{"--force", "@doc.pdf"}, 3, "unsuitable"},
		{[]string{"--force", "@text.p7s"}, 3, "unsuitable"},
		{[]string{"--force", "@nothing.p7s"}, 3, "file"},
		{[]string{"--force", "@"}, 3, "file"},
		{[]string{"-o", "-", "@a.p7s"}, 2, "usage"}, // with --json
	} {
		if a := later(c.args...); a.Exit != c.exit || a.Code != c.code {
			t.Errorf("%v: %s", c.args, a.raw)
		}
	}
	if n := len(d.authority.Requests()); n != 0 || !bytes.Equal(d.read("a.p7s"), before) {
		t.Errorf("%d requests for files that were refused", n)
	}
	if a := later("-o", "@c.p7s", "@a.p7s"); a.Exit != 0 || len(a.Files[0].Timestamps) != 1 || !bytes.Equal(d.read("a.p7s"), before) {
		t.Errorf("%s", a.raw)
	}
	d.write(d.path("c"), d.read("a"))
	if a := later("--force", "@a.p7s", "@b.p7s", "@b.p7m"); a.Exit != 0 || len(a.Files) != 3 {
		t.Errorf("%s", a.raw)
	}
	_, out, _ := d.say("timestamp", "--timestamp", d.url, "-o", "-", "@b.p7m")
	d.write(d.path("again.p7m"), []byte(out))
	for _, name := range []string{"a.p7s", "b.p7s", "b.p7m", "c.p7s", "again.p7m"} {
		d.whole(name, true)
	}
	d.only("a.p7s", "b.p7s", "b.p7m", "c", "c.p7s", "again.p7m", "text.p7s", "doc.pdf", "spoilt", "spoilt.p7s")
	if r, err := verify.Detached(context.Background(), d.read("a.p7s"), bytes.NewReader(d.read("a")), verify.Policy{}); err != nil || len(r.Signers) != 1 {
		t.Errorf("%v", err)
	}
}

// A signature that is stamped in place is replaced only if it is still the file
// that was verified. If the name is a link, its target is replaced.
func TestASignatureIsStampedInItsPlace(t *testing.T) {
	d := newStampMachine(t)
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a", "@b")
	if err := os.Symlink("a.p7s", d.path("link")); err != nil {
		t.Fatal(err)
	}
	if a := d.ask("timestamp", "--timestamp", d.url, "--force", "@link"); a.Exit != 0 {
		t.Errorf("%s", a.raw)
	}
	d.whole("a.p7s", true)
	if info, err := os.Lstat(d.path("link")); err != nil || info.Mode().IsRegular() {
		t.Errorf("the link was replaced: %v", err)
	}
	address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		os.Remove(d.path("b.p7s"))
		d.write(d.path("b.p7s"), []byte("theirs"))
		d.authority.ServeHTTP(w, r)
	}))
	if a := d.ask("timestamp", "--timestamp", address, "--force", "@b.p7s"); a.Exit != 3 || a.Code != "changed-while-read" {
		t.Errorf("%s", a.raw)
	}
	if got := string(d.read("b.p7s")); got != "theirs" {
		t.Errorf("%q", got)
	}
}

// A signal ends timestamp as it ends sign, and the file stays as it was.
func TestASignalWhileAStampIsAddedLater(t *testing.T) {
	d := newStampMachine(t)
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a")
	before := d.read("a.p7s")
	d.authority.Break(tsatest.Fault{Slow: true})
	go func() {
		for len(d.authority.Requests()) == 0 {
			time.Sleep(time.Millisecond)
		}
		d.signals <- os.Interrupt
	}()
	if a := d.ask("timestamp", "--timestamp", d.url, "--force", "@a.p7s"); a.Exit != 130 || !bytes.Equal(d.read("a.p7s"), before) {
		t.Errorf("%s", a.raw)
	}
	d.only("a.p7s")
}

// Policies are compared as object identifiers, so leading zeros in an arc do
// not matter. Text that is not an object identifier is refused before anything
// is sent.
func TestAPolicyIsComparedAsAnObjectIdentifier(t *testing.T) {
	d := newStampMachine(t)
	for _, c := range []struct {
		policy string
		exit   int
	}{
		{tsatest.Policy, 0},
		{"1.2.3.04.001", 0},
		{"1.2.3.4.2", 5},
		{"1.2.3.4", 5},
		{"1.2.3.4.1.", 2},
		{"1.2.3.4.1 ", 2},
		{" 1.2.3.4.1", 2},
		{"1.2.3.4.+1", 2},
		{"1.2.3,4.1", 2},
		{"3.2.3.4.1", 2},
		{"1", 2},
		{"", 2},
	} {
		before := len(d.authority.Requests())
		args := []string{"--timestamp-required", "--force", "--timestamp", d.url, "--timestamp-policy", c.policy, "@a"}
		a := d.ask(append([]string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin"}, args...)...)
		asked := len(d.authority.Requests()) - before
		if a.Exit != c.exit || asked > 1 || (asked == 0) != (c.exit == 2) {
			t.Errorf("%q: %d requests: %s", c.policy, asked, a.raw)
		}
		if c.exit == 5 && !strings.Contains(a.raw, "does not have the policy") {
			t.Errorf("%q: %s", c.policy, a.raw)
		}
		if c.exit == 2 && a.Code != "usage" {
			t.Errorf("%q: %s", c.policy, a.raw)
		}
	}
	d.only("a.p7s")
}

// Without --timestamp nothing is sent over the network, and with it nothing is
// sent unless a signature was made.
func TestNoStampWithoutASignature(t *testing.T) {
	d := newStampMachine(t)
	for _, c := range []struct {
		args []string
		exit int
	}{
		{[]string{"--dry-run", "@a"}, 0},
		{[]string{"--raw", "@a"}, 2},
		{[]string{"@nothing"}, 3},
		{[]string{"--tsa-ca", "@nothing.pem", "@a"}, 3},
		{[]string{"--timestamp-policy", "not an OID", "@a"}, 2},
		{[]string{"--timestamp", "http://me:secret@127.0.0.1/", "@a"}, 2},
		{[]string{"--timestamp", "ftp://127.0.0.1/", "@a"}, 2},
	} {
		a := d.ask(d.signing(d.url, c.args...)...)
		if a.Exit != c.exit || strings.Contains(a.raw, "secret") {
			t.Errorf("%v: %s", c.args, a.raw)
		}
	}
	for _, flag := range [][]string{{"--timestamp-required"}, {"--timestamp-policy", "1.2.3"}, {"--tsa-ca", "@tsa.pem"}} {
		if a := d.ask(append([]string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a"}, flag...)...); a.Exit != 2 {
			t.Errorf("%v: %s", flag, a.raw)
		}
	}
	if a := d.ask("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a"); a.Exit != 0 || strings.Contains(a.raw, "timestamp") {
		t.Errorf("%s", a.raw)
	}
	if n := len(d.authority.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	d.only("a.p7s")
}

// onePage is a PDF of one empty page.
const onePage = `%PDF-1.7
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>
endobj
xref
0 4
0000000000 65535 f 
0000000009 00000 n 
0000000058 00000 n 
0000000115 00000 n 
trailer
<< /Size 4 /Root 1 0 R >>
startxref
186
%%EOF
`

var byteRange = regexp.MustCompile(`/ByteRange ?\[ ?(\d+) +(\d+) +(\d+) +(\d+) *\]`)

// inside verifies the only signature of a PDF: its CMS over its ByteRange.
func (d *stampMachine) inside(name string) verify.Signer {
	d.t.Helper()
	data := d.read(name)
	m := byteRange.FindAllSubmatch(data, -1)
	if len(m) != 1 {
		d.t.Fatalf("%s: %d byte ranges", name, len(m))
	}
	var at [4]int
	for i := range at {
		at[i], _ = strconv.Atoi(string(m[0][i+1]))
	}
	contents, err := hex.DecodeString(string(data[at[0]+at[1]+1 : at[2]-1]))
	if err != nil {
		d.t.Fatal(err)
	}
	var cms asn1.RawValue
	if _, err := asn1.Unmarshal(contents, &cms); err != nil {
		d.t.Fatal(err)
	}
	content := io.MultiReader(bytes.NewReader(data[:at[1]]), bytes.NewReader(data[at[2]:at[2]+at[3]]))
	r, err := verify.Detached(context.Background(), cms.FullBytes, content, verify.Policy{Now: d.now, TSAAnchors: []*x509.Certificate{d.authority.Root}})
	if err != nil || len(r.Signers) != 1 || at[2]+at[3] != len(data) {
		d.t.Fatalf("%s: %v", name, err)
	}
	if check, _ := r.Signers[0].Check(verify.CheckMessageDigest); check.Result != verify.Passed {
		d.t.Errorf("%s: %+v", name, check)
	}
	if check, _ := r.Signers[0].Check(verify.CheckSignature); check.Result != verify.Passed {
		d.t.Errorf("%s: %+v", name, check)
	}
	return r.Signers[0]
}

// The stamp of a signed PDF is in its CMS, and with --pades as in PAdES B-T. If
// the stamp is refused, the PDF is signed without it; with --timestamp-required
// no PDF is written.
func TestAPDFIsStampedWithin(t *testing.T) {
	d := newStampMachine(t)
	d.write(d.path("a"), []byte(onePage))
	for _, form := range []string{"--pdf", "--pades"} {
		d.authority.Break(tsatest.Fault{})
		a := d.ask(d.signing(d.url, form, "--force", "-o", "@signed.pdf", "@a")...)
		if a.Exit != 0 || a.Files[0].Timestamp == nil {
			t.Fatalf("%s%s", a.raw, a.talk)
		}
		if stamp := d.inside("signed.pdf").Timestamp; stamp == nil || !stamp.Verified {
			t.Errorf("%s: %+v", form, stamp)
		}
		d.authority.Break(tsatest.Faults()[0])
		a = d.ask(d.signing(d.url, form, "--force", "-o", "@signed.pdf", "@a")...)
		if stamp := d.inside("signed.pdf").Timestamp; stamp != nil || a.Exit != 0 || a.Files[0].TimestampError != "rejected" {
			t.Errorf("%s: %+v, %s", form, stamp, a.raw)
		}
		a = d.ask(d.signing(d.url, form, "--timestamp-required", "-o", "@required.pdf", "@a")...)
		if a.Exit != 5 || a.Code != "no-timestamp" {
			t.Errorf("%s: %s", form, a.raw)
		}
		d.authority.Break(tsatest.Large())
		a = d.ask(d.signing(d.url, form, "--force", "-o", "@signed.pdf", "@a")...)
		if stamp := d.inside("signed.pdf").Timestamp; stamp != nil || a.Exit != 0 || a.Files[0].TimestampError != "too-large" {
			t.Errorf("%s: %+v, %s", form, stamp, a.raw)
		}
		a = d.ask(d.signing(d.url, form, "--timestamp-required", "-o", "@required.pdf", "@a")...)
		if a.Exit != 5 || a.Code != "no-timestamp" {
			t.Errorf("%s: %s", form, a.raw)
		}
	}
	asked := len(d.authority.Requests())
	if a := d.ask(d.signing(d.url, "--pdf", "--profile", "touki", "-o", "@touki.pdf", "@a")...); a.Exit != 2 {
		t.Errorf("%s", a.raw)
	}
	if n := len(d.authority.Requests()); n != asked {
		t.Errorf("%d requests", n-asked)
	}
	d.only("signed.pdf")
}
