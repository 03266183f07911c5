package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// fakeReaders is a PC/SC service that can be given faults. Its cards are
// virtual cards.
type fakeReaders struct {
	readers []pcsc.Reader
	err     error
	connect error
	card    *practice.Store
	sent    [][]byte // the commands that reached a card
}

func (f *fakeReaders) List(context.Context) ([]pcsc.Reader, error) { return f.readers, f.err }

func (f *fakeReaders) Wait(context.Context, []pcsc.Reader) error {
	return errors.New("doctor does not wait")
}

func (f *fakeReaders) Connect(_ context.Context, reader string) (access.Connection, error) {
	if f.connect != nil {
		return nil, f.connect
	}
	conn, err := f.card.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	return inReader{conn, reader, &f.sent}, nil
}

type inReader struct {
	*practice.Conn
	name string
	sent *[][]byte
}

func (c inReader) Transmit(cmd []byte) ([]byte, error) {
	*c.sent = append(*c.sent, bytes.Clone(cmd))
	return c.Conn.Transmit(cmd)
}

func (c inReader) TransmitContext(_ context.Context, cmd []byte) ([]byte, error) {
	return c.Transmit(cmd)
}

func (c inReader) Reader() string { return c.name }

// A finding is the JSON object of one run of doctor.
type finding struct {
	Code   string `json:"code"`
	Exit   int    `json:"exit"`
	Probes []struct{ ID, Result, Detail, Fix string }
	exit   int
}

func (f finding) result(id string) string {
	for _, p := range f.Probes {
		if p.ID == id {
			return p.Result
		}
	}
	return "absent"
}

func (f finding) fix(id string) string {
	for _, p := range f.Probes {
		if p.ID == id {
			return p.Fix
		}
	}
	return ""
}

type machine struct {
	readers access.Readers
	now     time.Time
	env     map[string]string
	columns int
}

func newMachine(t *testing.T) *machine {
	return &machine{readers: &fakeReaders{}, now: time.Now(), env: map[string]string{
		"XDG_DATA_HOME": t.TempDir(), "XDG_CONFIG_HOME": t.TempDir(), "LANG": "en_US.UTF-8",
	}}
}

func (m *machine) run(args ...string) (exit int, out, err string) {
	var stdout, stderr bytes.Buffer
	exit = cli.Main(&cli.Env{
		Args: args, Readers: m.readers,
		Getenv: func(name string) string { return m.env[name] },
		Now:    func() time.Time { return m.now },
		Streams: &console.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Width: m.columns,
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
	})
	return exit, stdout.String(), stderr.String()
}

func (m *machine) doctor(t *testing.T, args ...string) finding {
	t.Helper()
	exit, out, _ := m.run(append([]string{"doctor", "--json"}, args...)...)
	f := finding{exit: exit}
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if f.Exit != exit {
		t.Errorf("exit %d, but %d in JSON", exit, f.Exit)
	}
	return f
}

func store(t *testing.T, o practice.IssueOptions) *practice.Store {
	t.Helper()
	s := practice.Open(practice.Options{Dir: t.TempDir()})
	if err := s.Issue(o); err != nil {
		t.Fatal(err)
	}
	return s
}

const real = "Plain Reader 00"

func TestDoctorFindsNothingWrong(t *testing.T) {
	m := newMachine(t)
	m.readers = &fakeReaders{readers: []pcsc.Reader{{Name: real, CardPresent: true}}, card: store(t, practice.IssueOptions{})}
	f := m.doctor(t)
	if f.exit != 0 || f.Code != "ok" {
		t.Errorf("exit %d, code %s: %+v", f.exit, f.Code, f.Probes)
	}
	for _, id := range strings.Fields("build service permission readers card application kind certificates dates tries-sign tries-auth clock locale roots") {
		if f.result(id) != "passed" {
			t.Errorf("%s: %s", id, f.result(id))
		}
	}
	if f.result("practice") != "warning" {
		t.Errorf("practice: %s", f.result("practice"))
	}
	if _, err := os.Stat(filepath.Join(m.env["XDG_DATA_HOME"], "natsuin")); !errors.Is(err, os.ErrNotExist) {
		t.Error("doctor made a practice card that nobody asked for")
	}
}

func TestDoctorNamesTheFirstFailureAndGoesOn(t *testing.T) {
	withCard := []pcsc.Reader{{Name: real, CardPresent: true}}
	for _, c := range []struct {
		name    string
		readers fakeReaders
		probe   string
		code    string
	}{
		{"built without reader support", fakeReaders{err: pcsc.ErrNoSupport}, "build", "no-service"},
		{"no service", fakeReaders{err: pcsc.ErrNoService}, "service", "no-service"},
		{"no permission", fakeReaders{err: pcsc.ErrPermission}, "permission", "no-permission"},
		{"no reader", fakeReaders{}, "readers", "no-reader"},
		{"a virtual reader only", fakeReaders{readers: []pcsc.Reader{{Name: "Virtual PCD 00 00", Virtual: true, CardPresent: true}}}, "readers", "no-reader"},
		{"no card", fakeReaders{readers: []pcsc.Reader{{Name: real}}}, "card", "no-card"},
		{"busy", fakeReaders{readers: withCard, connect: pcsc.ErrBusy}, "application", "busy"},
		{"silent card", fakeReaders{readers: withCard, connect: pcsc.ErrUnresponsive}, "application", "no-card"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.readers = &c.readers
			f := m.doctor(t)
			if f.exit != 5 || f.Code != c.code || f.result(c.probe) != "failed" {
				t.Errorf("exit %d, code %s, %s %s; want 5, %s, failed", f.exit, f.Code, c.probe, f.result(c.probe), c.code)
			}
			if f.fix(c.probe) == "" {
				t.Error("no fix")
			}
			for _, after := range []string{"kind", "certificates", "dates", "tries-sign", "tries-auth"} {
				if f.result(after) != "not-done" {
					t.Errorf("%s: %s without a card", after, f.result(after))
				}
			}
			for _, apart := range []string{"clock", "locale", "roots"} {
				if f.result(apart) != "passed" {
					t.Errorf("%s: %s, though it needs no card", apart, f.result(apart))
				}
			}
		})
	}
}

func TestDoctorReadsTheCard(t *testing.T) {
	locked := store(t, practice.IssueOptions{})
	lock(t, locked)
	for _, c := range []struct {
		name string
		card *practice.Store
		exit int
		code string
		want map[string]string
	}{
		{"locked", locked, 5, "locked", map[string]string{"tries-sign": "failed", "tries-auth": "passed"}},
		{"expired", store(t, practice.IssueOptions{Kind: practice.KindExpired}), 5, "expired", map[string]string{"dates": "failed", "certificates": "passed"}},
		{"juki", store(t, practice.IssueOptions{Kind: practice.KindJuki}), 0, "ok", map[string]string{"kind": "warning", "tries-auth": "not-done", "dates": "not-done"}},
		{"phone", store(t, practice.IssueOptions{Kind: practice.KindPhone}), 0, "ok", map[string]string{"kind": "passed", "dates": "not-done"}},
		{"child", store(t, practice.IssueOptions{Kind: practice.KindNoSign}), 0, "ok", map[string]string{"certificates": "warning"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.readers = &fakeReaders{readers: []pcsc.Reader{{Name: real, CardPresent: true}}, card: c.card}
			f := m.doctor(t)
			if f.exit != c.exit || f.Code != c.code {
				t.Errorf("exit %d, code %s; want %d, %s: %+v", f.exit, f.Code, c.exit, c.code, f.Probes)
			}
			for id, result := range c.want {
				if f.result(id) != result {
					t.Errorf("%s: %s, want %s", id, f.result(id), result)
				}
			}
		})
	}
}

// lock uses up the tries of the signature password.
func lock(t *testing.T, s *practice.Store) {
	t.Helper()
	conn, err := s.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	send := func(apdu ...byte) {
		if _, err := conn.Transmit(apdu); err != nil {
			t.Fatal(err)
		}
	}
	send(0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01)
	send(0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B)
	for range 5 {
		send(append([]byte{0x00, 0x20, 0x00, 0x80, 0x06}, "WRONG1"...)...)
	}
}

func TestDoctorSendsNoSecretAndSpendsNoTry(t *testing.T) {
	card := store(t, practice.IssueOptions{})
	service := &fakeReaders{readers: []pcsc.Reader{{Name: real, CardPresent: true}}, card: card}
	m := newMachine(t)
	m.readers = service
	m.doctor(t)
	queries := 0
	for _, cmd := range service.sent {
		switch {
		case bytes.Equal(cmd, []byte{0x00, 0x20, 0x00, 0x80}): // an empty VERIFY
			queries++
		case cmd[1] == 0x20, cmd[1] == 0x24, cmd[1] == 0x2A:
			t.Errorf("sent to the card: %X", cmd)
		}
	}
	if queries != 2 {
		t.Errorf("%d counters asked, want 2", queries)
	}
	info, err := card.Show()
	if err != nil {
		t.Fatal(err)
	}
	if info.Sign.Tries != 5 || info.Auth.Tries != 3 {
		t.Errorf("tries left: sign %d, auth %d", info.Sign.Tries, info.Auth.Tries)
	}
}

func TestDoctorLooksAtThePracticeCardWhenAskedTo(t *testing.T) {
	m := newMachine(t)
	m.readers = &fakeReaders{err: pcsc.ErrNoService}
	f := m.doctor(t, "--reader", "practice")
	if f.exit != 0 || f.result("service") != "not-done" || f.result("kind") != "passed" || f.result("practice") != "passed" {
		t.Errorf("exit %d: %+v", f.exit, f.Probes)
	}
}

func TestDoctorDoubtsTheClock(t *testing.T) {
	m := newMachine(t)
	m.now = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if f := m.doctor(t, "--reader", "practice"); f.result("clock") != "failed" || f.exit != 5 {
		t.Errorf("2001: %s, exit %d", f.result("clock"), f.exit)
	}
	m = newMachine(t)
	m.now = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	if f := m.doctor(t, "--reader", "practice"); f.result("clock") != "warning" {
		t.Errorf("2040: %s", f.result("clock"))
	}
}

func TestDoctorFindsDamagedStores(t *testing.T) {
	m := newMachine(t)
	for _, file := range []string{
		filepath.Join(m.env["XDG_DATA_HOME"], "natsuin", "practice", "practice.store"),
		filepath.Join(m.env["XDG_CONFIG_HOME"], "natsuin", "roots", "broken.pem"),
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("junk"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := m.doctor(t)
	if f.result("practice") != "failed" || f.result("roots") != "failed" {
		t.Errorf("practice %s, roots %s", f.result("practice"), f.result("roots"))
	}
}

func TestDoctorWarnsOfALocaleWithoutUTF8(t *testing.T) {
	m := newMachine(t)
	m.env["LANG"] = "C"
	if f := m.doctor(t); f.result("locale") != "warning" {
		t.Errorf("locale: %s", f.result("locale"))
	}
}
