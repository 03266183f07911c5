package access

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

func TestALineWithASecretIsRead(t *testing.T) {
	longest := strings.Repeat("A", len(byteOrderMark)+longestSecret+2)
	broken := io.MultiReader(strings.NewReader("AB"), iotest.ErrReader(errBroken))
	for _, test := range []struct {
		what  string
		in    io.Reader
		first bool
		want  string
		id    string
	}{
		{"LF", strings.NewReader("ABC123\nrest"), true, "ABC123", ""},
		{"CRLF", strings.NewReader("ABC123\r\n"), true, "ABC123", ""},
		{"the end", strings.NewReader("ABC123"), true, "ABC123", ""},
		{"with the end", iotest.DataErrReader(strings.NewReader("ABC123\n")), true, "ABC123", ""},
		{"a byte order mark", strings.NewReader("\ufeffABC123\n"), true, "ABC123", ""},
		{"a byte order mark in the second line", strings.NewReader("\ufeffABC123\n"), false, "\ufeffABC123", ""},
		{"the longest", strings.NewReader(longest + "\n"), true, longest, ""},
		{"longer", strings.NewReader(longest + "A\n"), true, "", "err.secret.long"},
		{"nothing", strings.NewReader(""), true, "", "err.secret.empty"},
		{"an empty line", strings.NewReader("\n"), true, "", "err.secret.empty"},
		{"UTF-16, little-endian", strings.NewReader("\xff\xfeA\x00"), true, "", "err.secret.utf16"},
		{"UTF-16, big-endian", strings.NewReader("\xfe\xff\x30\x42"), true, "", "err.secret.utf16"},
		{"a zero byte at the beginning", strings.NewReader("\x00A\n"), true, "", "err.secret.utf16"},
		{"a read error", broken, true, "", "err.pin-from.file"},
	} {
		a, _ := newAccess(t, Flags{PINFrom: "file:x"}, "")
		s, err := a.readSecretLine(test.in, test.first)
		wantID(t, test.what, err, test.id)
		if want := card.NewSecret([]byte(test.want)); err == nil && !s.Equal(want) {
			t.Errorf("%s: another secret", test.what)
		}
	}
}

func TestSecretsAreReadFromAFile(t *testing.T) {
	two := "\ufeffABC123\n\ufeffDEF456\n"
	for _, test := range []struct {
		text string
		n    int
		last string
		id   string
	}{
		{"ABC123\n", 1, "ABC123", ""},
		{"ABC123\n\n", 1, "", "err.pin-from.lines"},
		{"ABC123\nD", 1, "", "err.pin-from.lines"},
		{two, 2, "\ufeffDEF456", ""},
		{"ABC123\n", 2, "", "err.secret.empty"},
	} {
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		a, _ := newAccess(t, Flags{PINFrom: "file:" + name}, "")
		list, err := a.ScriptSecrets(t.Context(), test.n)
		wantID(t, test.text, err, test.id)
		if err == nil && !list[test.n-1].Equal(card.NewSecret([]byte(test.last))) {
			t.Errorf("%q: another secret", test.text)
		}
	}
	a, _ := newAccess(t, Flags{}, "")
	if list, err := a.ScriptSecrets(t.Context(), 1); list != nil || err != nil {
		t.Errorf("without --pin-from: %d secrets, %v", len(list), err)
	}
}

// A file with a secret is not an input of the same run, whatever its name, and
// nobody but its owner may read or write it.
func TestAFileWithASecretIsForItsOwnerAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte("ABC123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(name, link); err != nil {
		t.Fatal(err)
	}
	a, _ := newAccess(t, Flags{PINFrom: "file:" + name}, "")
	_, err := a.ScriptSecrets(t.Context(), 1, filepath.Dir(name), link)
	wantID(t, "an input", err, "err.pin-from.stdin-taken")
	_, err = a.ScriptSecrets(t.Context(), 1, filepath.Dir(name), filepath.Join(t.TempDir(), "none"), "-")
	wantID(t, "another input", err, "")
	if runtime.GOOS == "windows" {
		return
	}
	for _, mode := range []os.FileMode{0o600, 0o400, 0o700, 0o611, 0o640, 0o620, 0o604, 0o602} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		id := ""
		if mode&0o066 != 0 {
			id = "err.pin-from.mode"
		}
		_, err := a.ScriptSecrets(t.Context(), 1)
		wantID(t, mode, err, id)
	}
}

// Standard input that is redirected from a file is the same file as the input
// of that name.
func TestAStreamIsUsedOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte("ABC123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, test := range []struct {
		from, input string
		taken       bool
		id          string
	}{
		{"stdin", name, false, "err.pin-from.stdin-taken"},
		{"stdin", "-", false, "err.pin-from.stdin-taken"},
		{"stdin", filepath.Dir(name), true, "err.pin-from.stdin-taken"},
		{"stdin", filepath.Dir(name), false, ""},
		{"file:" + name, "-", false, "err.pin-from.stdin-taken"},
	} {
		a, _ := newAccess(t, Flags{PINFrom: test.from}, "")
		a.Streams.In, a.StdinTaken = f, test.taken
		_, err := a.ScriptSecrets(t.Context(), 1, test.input)
		wantID(t, test, err, test.id)
	}
}

func TestAWeakSecretIsAllowedOnRequest(t *testing.T) {
	old := card.NewSecret([]byte("KAKIGORI9"))
	for _, test := range []struct {
		new   string
		allow bool
		code  outcome.Code
	}{
		{"HANKO789", false, outcome.CodeOK},
		{"AAAAAA1", false, outcome.CodeBadSecretForm},
		{"AAAAAA1", true, outcome.CodeOK},
		{"KAKIGORI9", true, outcome.CodeBadSecretForm},
		{"ABC", true, outcome.CodeBadSecretForm},
	} {
		err := CheckNew(card.SignPassword, old, card.NewSecret([]byte(test.new)), test.allow)
		if got := outcome.CodeOf(err); got != test.code {
			t.Errorf("%s, allowed: %t: %s (%v), want %s", test.new, test.allow, got, err, test.code)
		}
	}
}

func TestWhatBecomesOfAnEntryIsSaid(t *testing.T) {
	for typed, id := range map[string]string{
		"HANKO789": "", "HANKOHANKO": "secret.single-class", "hanko789": "secret.raised", "ＨＡＮＫＯ７８９": "secret.folded",
	} {
		a, said := newAccess(t, Flags{}, "")
		if _, err := a.Normalize(card.SignPassword, card.NewSecret([]byte(typed))); err != nil {
			t.Fatal(err)
		}
		want := ""
		if id != "" {
			want = a.T(id) + "\n"
		}
		if said.String() != want {
			t.Errorf("%s: %q, want %q", typed, said, want)
		}
	}
}
