package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// foundFolder holds situations that people reported about other programs. It
// may be absent.
const foundFolder = "../../../../shared/data/found"

// runAsPerson runs a command without a terminal, and returns its output and
// exit code.
func runAsPerson(t *testing.T, stdin []byte, args ...string) (shown string, exit int) {
	t.Helper()
	home := t.TempDir()
	var out bytes.Buffer
	env := &cli.Env{
		Args: args, Now: func() time.Time { return time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) }, Readers: newFakeService(),
		Getenv: func(name string) string { return map[string]string{"HOME": home, "LANG": "C"}[name] },
		Streams: &console.Streams{
			In: bytes.NewReader(stdin), Out: &out, Err: &out, Now: time.Now,
			Env:      func(string) string { return "" },
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal },
		},
	}
	exit = cli.Main(env)
	return out.String(), exit
}

// TestFoundSituations verifies files of each situation, and expects the exit
// code and the words of this table.
func TestFoundSituations(t *testing.T) {
	if _, err := os.Stat(foundFolder); err != nil {
		t.Skip("tier 5: the messages of other people are not part of the project: ", err)
	}
	for _, c := range []struct {
		folder, args string // ROOT stands for --ca root.pem
		exit         int
		has, lacks   string // separated by |
	}{
		{"01", "ROOT 01-original.eml", 0, "the signed part|other headers are not signed", "before it|after it"},
		{"01", "ROOT 02-forged.eml", 0, "the signed part|before it|after it|minister@example.go.jp", "file unchanged"},
		{"01", "ROOT from-match.eml", 0, "yamada@example.jp (an address in", "is not in the certificate"},
		{"01", "ROOT from-other.eml", 0, "boss@other.example, is not in the certificate", ""},
		{"03", "ROOT 06-ml-wrapped-mixed.eml", 0, "after it", "without signature"},
		{"03", "ROOT 07-forwarded-rfc822.eml", 0, "before it|yamada@example.jp", "without signature"},
		{"03", "ROOT 25-plain-mail-with-p7s-attachment.eml", 4, "a.pdf.p7s", "do not rely"},
		{"04", "ROOT b1.eml", 0, "", ""},
		{"04", "ROOT as2.eml", 0, "", ""},
		{"05", "a.txt.p7s.txt a.txt", 4, "practice", "signed file was not found"},
		{"05", "invoice.xml.pk7 a.txt", 4, "practice", "signed file was not found"},
		{"05", "- a.txt", 4, "practice", "signed file was not found"},
		{"05", "a.txt", 3, "natsuin verify a.txt.p7s", "INVALID"},
		{"06", "A.TXT.P7S", 4, "\"A.TXT\" was not found|a.txt", ""},
		{"06", "申請書が.txt.p7s", 4, `"申請書が.txt" was not found`, ""},
		{"07", "--ca root-bom.pem 02-bom-pem.p7s", 4, `"02-bom-pem" was not found`, ""},
		{"07", "03-utf16le-pem.p7s", 3, "UTF-16|-o FILE", "INVALID|do not rely"},
		{"07", "--ca root-utf16.pem 02-bom-pem.p7s", 3, "UTF-16|-o FILE", ""},
		{"09", "ROOT 05-no-intermediate.p7s msg.txt", 4, "CN=Test CA|--cert", "hint: the certificate of the issuer CN=Test CA,O=Test,C=JP is missing: give it with --ca"},
		{"12", "ROOT lf.txt.p7s lf.txt", 1, "with CRLF line ends|-binary", "do not rely"},
		{"12", "ROOT lf.txt.p7s crlf.txt", 0, "", ""},
		{"14", "ROOT 10-qp.eml", 0, "", ""},
		{"14", "ROOT 15-micalg-list.eml", 0, "", ""},
		{"14", "ROOT 16-boundary-with-tspecials-unquoted.eml", 0, "", ""},
		{"14", "ROOT 30-double-signed.p7m", 0, "itself a signed message", ""},
		{"14", "ROOT 44-nul-appended-pem.p7s msg.txt", 1, "cut it off", "do not rely"},
		{"14", "ROOT 74-trailing-newline.p7s msg.txt", 1, "cut it off", "do not rely"},
		{"14", "ROOT 75-trailing-zeros.p7s msg.txt", 1, "cut", "do not rely"},
		{"14", "ROOT enveloped.p7m", 3, "encrypted", "INVALID|not a signature file"},
	} {
		t.Run(c.folder+" "+c.args, func(t *testing.T) {
			folders, err := filepath.Glob(filepath.Join(foundFolder, c.folder+"-*"))
			if err != nil || len(folders) != 1 {
				t.Fatal(folders, err)
			}
			stdin, _ := os.ReadFile(filepath.Join(folders[0], "a.txt.p7s"))
			t.Chdir(folders[0])
			args := append([]string{"verify"}, strings.Fields(strings.Replace(c.args, "ROOT", "--ca root.pem", 1))...)
			shown, exit := runAsPerson(t, stdin, args...)
			if exit != c.exit {
				t.Errorf("exit code %d, want %d", exit, c.exit)
			}
			for _, words := range strings.Split(c.has, "|") {
				if !strings.Contains(shown, words) {
					t.Errorf("not said: %s", words)
				}
			}
			for _, words := range strings.Split(c.lacks, "|") {
				if words != "" && strings.Contains(shown, words) {
					t.Errorf("said: %s", words)
				}
			}
			if t.Failed() {
				t.Log(shown)
			}
		})
	}
}

// For a mail, the JSON object says what no signature covers and whether the
// sender is in the certificate. For anything else it has null.
func TestMailInJSON(t *testing.T) {
	if _, err := os.Stat(foundFolder); err != nil {
		t.Skip("tier 5: the messages of other people are not part of the project: ", err)
	}
	folder := filepath.Join(foundFolder, "01-mail-headers-and-outside-text")
	for file, want := range map[string]string{
		"from-match.eml": "yamada@example.jp true [headers]", "from-other.eml": "boss@other.example false [headers]",
		"02-forged.eml": "minister@example.go.jp <nil> [headers text-before text-after]",
	} {
		shown, _ := runAsPerson(t, nil, "verify", "--json", "--ca", filepath.Join(folder, "root.pem"), filepath.Join(folder, file))
		var object struct {
			Files []struct {
				Mail *struct {
					From              *string
					FromInCertificate any `json:"from_in_certificate"`
					Uncovered         []string
				}
			}
		}
		if err := json.Unmarshal([]byte(shown), &object); err != nil {
			t.Fatal(err, shown)
		}
		m := object.Files[0].Mail
		if got := fmt.Sprint(*m.From, " ", m.FromInCertificate, " ", m.Uncovered); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

// A time-stamp token that is named like a signature is checked as one.
// Otherwise it is reported as a time-stamp token.
func TestTokenUnderItsOwnName(t *testing.T) {
	token, err := os.ReadFile(filepath.Join(foundFolder, "../foreign/right/0441-tst_two_refs_tst.p7s"))
	if err != nil {
		t.Skip("no token at hand: ", err)
	}
	for ending, want := range map[string]int{".p7s": 1, ".tst": 3} {
		name := filepath.Join(t.TempDir(), "token"+ending)
		if err := os.WriteFile(name, token, 0o600); err != nil {
			t.Fatal(err)
		}
		if shown, exit := runAsPerson(t, nil, "verify", name); exit != want || !strings.Contains(shown, "time stamp") && !strings.Contains(shown, "time-stamp") {
			t.Errorf("%s: exit code %d\n%s", ending, exit, shown)
		}
	}
}
