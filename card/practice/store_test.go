package practice_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/card/practice"
	"natsuin/card/virtual"
)

const storeFile = "practice.store"

// clock is the time of the tests.
var clock = time.Date(2026, 5, 20, 3, 4, 5, 0, time.UTC)

func now() time.Time { return clock }

// defaultStore returns the file of a new store, which is generated only once.
var defaultStore = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "practice")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := practice.Open(practice.Options{Dir: dir, Now: now}).Reset(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, storeFile))
})

// folder returns a folder with the default card.
func folder(t testing.TB) string {
	t.Helper()
	content, err := defaultStore()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "practice")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, storeFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(dir string) *practice.Store {
	return practice.Open(practice.Options{Dir: dir, Now: now, Wait: 50 * time.Millisecond})
}

func connect(t testing.TB, dir string) *practice.Conn {
	t.Helper()
	conn, err := open(dir).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// talk sends commands in hexadecimal and returns the last status word.
func talk(t testing.TB, conn *practice.Conn, commands ...string) string {
	t.Helper()
	var status string
	for _, c := range commands {
		raw, err := hex.DecodeString(c)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := conn.Transmit(raw)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		status = hex.EncodeToString(answer[len(answer)-2:])
	}
	return status
}

const (
	application = "00a4040c0ad392f000260100000001"
	signPIN     = "00a4020c02001b"
	query       = "00200080"
	signCert    = "00a4020c020001"
	read        = "00b0000000"
)

func verify(secret string) string { return fmt.Sprintf("00200080%02x%x", len(secret), secret) }
func change(secret string) string { return fmt.Sprintf("00240180%02x%x", len(secret), secret) }

func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestOpenAndRootsMakeNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "practice")
	if _, _, err := open(dir).Roots(); !errors.Is(err, practice.ErrNoCard) {
		t.Errorf("Roots of nothing: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestFirstUseMakesThePublishedCard(t *testing.T) {
	dir, made := filepath.Join(t.TempDir(), "a", "practice"), 0
	store := practice.Open(practice.Options{Dir: dir, Making: func() { made++ }})
	info, err := store.Show()
	if err != nil {
		t.Fatal(err)
	}
	if info.Kind != practice.KindMyNumber || info.Sign.Secret != "RENSHU123" || info.Auth.Secret != "1234" ||
		info.Sign.Tries != 5 || info.Sign.MaxTries != 5 || info.Auth.Tries != 3 || info.Auth.MaxTries != 3 {
		t.Errorf("first card: %+v", info)
	}
	if _, err := store.Show(); err != nil || made != 1 {
		t.Errorf("Making was called %d times, %v", made, err)
	}
	if runtime.GOOS == "windows" {
		return // this system has no such permissions
	}
	for path, want := range map[string]os.FileMode{"": 0o700, storeFile: 0o600, "practice.lock": 0o600} {
		stat, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := stat.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", path, got, want)
		}
	}
}

func TestOpenFolderIsClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	dir := folder(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	connect(t, dir)
	if stat, err := os.Stat(dir); err != nil || stat.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
}

func TestTriesAndSecretsPersist(t *testing.T) {
	dir := folder(t)
	conn := connect(t, dir)
	expect(t, "wrong password", talk(t, conn, application, signPIN, verify("WRONG1")), "63c4")
	other := connect(t, dir)
	expect(t, "count seen by another", talk(t, other, application, signPIN, query), "63c4")
	expect(t, "wrong again", talk(t, other, verify("WRONG2")), "63c3")
	expect(t, "the first one's selection after that", talk(t, conn, query), "6986")
	expect(t, "change", talk(t, conn, application, signPIN, verify("RENSHU123"), change("ATARASHII1")), "9000")
	expect(t, "old password", talk(t, other, application, signPIN, verify("RENSHU123")), "63c4")
	expect(t, "new password", talk(t, other, verify("ATARASHII1")), "9000")
	info, err := open(dir).Show()
	if err != nil || info.Sign.Secret != "ATARASHII1" || info.Sign.Tries != 5 {
		t.Errorf("Show: %q, %d, %v", info.Sign.Secret, info.Sign.Tries, err)
	}
}

func TestTransactionKeepsWhatIsVerified(t *testing.T) {
	conn := connect(t, folder(t))
	for _, reset := range []bool{false, true} {
		if err := conn.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect(t, "right password", talk(t, conn, application, signPIN, verify("RENSHU123"), signCert), "9000")
		if err := conn.End(reset); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "9000", true: "6986"}[reset]
		expect(t, fmt.Sprintf("read after End(%v)", reset), talk(t, conn, read), want)
	}
	if conn.Reader() != "practice" {
		t.Errorf("reader %q", conn.Reader())
	}
	if err := conn.Close(); err != nil || !conn.Card().Fresh() {
		t.Errorf("close: %v, left reset: %v", err, conn.Card().Fresh())
	}
	if _, err := conn.Transmit([]byte{0, 0x20, 0, 0x80}); !errors.Is(err, practice.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestTransactionShutsOthersOut(t *testing.T) {
	dir := folder(t)
	conn := connect(t, dir)
	other := connect(t, dir)
	if err := conn.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := other.Begin(t.Context()); !errors.Is(err, practice.ErrBusy) {
		t.Errorf("second Begin: %v", err)
	}
	if err := open(dir).Unlock(virtual.Sign); !errors.Is(err, practice.ErrBusy) {
		t.Errorf("Unlock: %v", err)
	}
	if _, err := open(dir).Show(); err != nil {
		t.Errorf("looking needs no lock, but: %v", err)
	}
	if err := conn.End(false); err != nil {
		t.Fatal(err)
	}
	if err := other.Begin(t.Context()); err != nil {
		t.Errorf("Begin after End: %v", err)
	}
}

func TestCardOutsideATransactionKeepsNothing(t *testing.T) {
	dir := folder(t)
	conn := connect(t, dir)
	talk(t, conn, application, signPIN)
	raw, _ := hex.DecodeString(verify("WRONG1"))
	answer, err := conn.Card().Transmit(raw)
	if err != nil || !bytes.Equal(answer, []byte{0x65, 0x81}) {
		t.Errorf("answered % X, %v", answer, err)
	}
	if info, err := open(dir).Show(); err != nil || info.Sign.Tries != 5 {
		t.Errorf("%d tries, %v", info.Sign.Tries, err)
	}
}

func TestFailedWriteCostsNothing(t *testing.T) {
	dir := folder(t)
	conn := connect(t, dir)
	// A folder with the name of the temporary file makes the write fail.
	if err := os.MkdirAll(filepath.Join(dir, storeFile+".tmp", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	expect(t, "wrong password", talk(t, conn, application, signPIN, verify("WRONG1")), "6581")
	expect(t, "count", talk(t, conn, query), "63c5")
	if err := os.RemoveAll(filepath.Join(dir, storeFile+".tmp")); err != nil {
		t.Fatal(err)
	}
	expect(t, "wrong password when it can be kept", talk(t, conn, verify("WRONG1")), "63c4")
}

func TestDamagedStoreIsNeverReplacedByItself(t *testing.T) {
	good, err := defaultStore()
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{
		"empty":          {},
		"cut":            good[:len(good)/2],
		"one bit":        flipped,
		"something else": []byte("PNG\n{}"),
		"appended":       append(bytes.Clone(good), '\n'),
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			path := filepath.Join(dir, storeFile)
			write(t, path, content)
			store := open(dir)
			_, connErr := store.Connect(t.Context())
			_, showErr := store.Show()
			_, _, rootsErr := store.Roots()
			_, crlErr := store.CRL()
			for what, err := range map[string]error{
				"Connect": connErr, "Show": showErr, "Roots": rootsErr, "CRL": crlErr,
				"Unlock": store.Unlock(virtual.Sign), "Issue": store.Issue(practice.IssueOptions{}),
			} {
				var damaged *practice.DamagedError
				if !errors.As(err, &damaged) || damaged.Path != path {
					t.Errorf("%s: %v, want a *DamagedError", what, err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Error("the damaged store was touched")
			}
		})
	}
	dir := folder(t)
	write(t, filepath.Join(dir, storeFile), nil)
	if err := open(dir).Reset(); err != nil {
		t.Fatal(err)
	}
	if info, err := open(dir).Show(); err != nil || info.Sign.Tries != 5 {
		t.Errorf("after Reset: %+v, %v", info, err)
	}
}

// TestMain also runs as the child process of the tests below. The child sends
// the right password and then three wrong ones, over and over until it is
// killed, and prints the answer to each.
func TestMain(m *testing.M) {
	dir := os.Getenv("PRACTICE_TEST_CHILD")
	if dir == "" {
		os.Exit(m.Run())
	}
	conn, err := practice.Open(practice.Options{Dir: dir, Now: now}).Connect(context.Background())
	if err == nil {
		err = conn.Begin(context.Background())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("begun")
	secrets := map[bool]string{true: "RENSHU123", false: "WRONG1"}
	for i := 0; ; i++ {
		for _, c := range []string{application, signPIN, verify(secrets[i%4 == 0])} {
			raw, _ := hex.DecodeString(c)
			answer, err := conn.Transmit(raw)
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			if strings.HasPrefix(c, query) {
				fmt.Printf("%x\n", answer)
			}
		}
	}
}

// child starts the child process and returns a scanner of its output.
func child(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PRACTICE_TEST_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Fatalf("the other process says %q", lines.Text())
	}
	return cmd, lines
}

func TestAnotherProcessIsShutOutUntilItsDeathAtLatest(t *testing.T) {
	dir := folder(t)
	cmd, _ := child(t, dir)
	if _, err := open(dir).Connect(t.Context()); !errors.Is(err, practice.ErrBusy) {
		t.Errorf("Connect: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	connect(t, dir)
}

// TestNoAnswerIsAheadOfTheDisk kills the child process at different moments.
// The count on disk must never be higher than in the last answer, unless the
// right password was just being verified, which is sent after a count of 2.
func TestNoAnswerIsAheadOfTheDisk(t *testing.T) {
	dir := folder(t)
	for round := range 12 {
		cmd, lines := child(t, dir)
		last := "9000"
		for range 1 + round*3%7 {
			if lines.Scan() {
				last = lines.Text()
			}
		}
		cmd.Process.Kill()
		for lines.Scan() { // the answers until it was killed
			last = lines.Text()
		}
		cmd.Wait()
		info, err := open(dir).Show()
		if err != nil {
			t.Fatalf("round %d: the store did not survive: %v", round, err)
		}
		// The write for the next answer may have been made too: one try less,
		// or the full count after the third wrong password.
		allowed := map[string][]int{"9000": {5, 4}, "63c4": {4, 3}, "63c3": {3, 2}, "63c2": {2, 5}}[last]
		if allowed == nil || info.Sign.Tries != allowed[0] && info.Sign.Tries != allowed[1] {
			t.Errorf("round %d: the card said %s, the disk says %d", round, last, info.Sign.Tries)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 3 {
		t.Errorf("%d files are left in the folder, %v", len(entries), err)
	}
}

// FuzzStore reads stores with a correct checksum and an arbitrary body.
func FuzzStore(f *testing.F) {
	good, err := defaultStore()
	if err != nil {
		f.Fatal(err)
	}
	_, body, _ := bytes.Cut(good, []byte("\n"))
	f.Add(body)
	f.Add([]byte(`{"generations":[{}],"card":{"kind":"mynumber","person":{"birth":"1990-04-01","sex":"male"}}}`))
	dir := filepath.Join(f.TempDir(), "practice")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := practice.Decode(body); err == nil {
			t.Error("bytes without a checksum passed")
		}
		// All code that reads a store must accept or refuse the body without
		// panicking. A wrong checksum would stop it before the body.
		raw := append(fmt.Appendf(nil, "natsuin practice store 1 sha256:%x\n", sha256.Sum256(body)), body...)
		if _, err := practice.Decode(raw); err != nil {
			return
		}
		write(t, filepath.Join(dir, storeFile), raw)
		store := open(dir)
		store.Roots()
		store.Show()
		if conn, err := store.Connect(t.Context()); err == nil {
			conn.Close()
		}
	})
}
