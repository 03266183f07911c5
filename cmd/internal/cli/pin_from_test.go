package cli_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/card/practice"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// opaque is a stdin that can be read but not described, as Wine's are.
type opaque struct{ io.Reader }

func (opaque) Stat() (os.FileInfo, error) { return nil, errors.New("invalid handle") }

func TestSecretComesFromAStreamThatCannotBeDescribed(t *testing.T) {
	m := newMachine(t)
	s := practice.Open(practice.Options{Dir: filepath.Join(m.env["XDG_DATA_HOME"], "natsuin", "practice")})
	if err := s.Issue(practice.IssueOptions{}); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	exit := cli.Main(&cli.Env{
		Args:    []string{"fingerprint", "sign", "--reader", "practice", "--pin-from", "stdin"},
		Readers: m.readers, Getenv: func(name string) string { return m.env[name] }, Now: func() time.Time { return m.now },
		Streams: &console.Streams{In: opaque{strings.NewReader("RENSHU123\n")}, Out: &stdout, Err: &stderr,
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
	})
	if exit != 0 || !strings.Contains(stdout.String(), "SHA-256") {
		t.Errorf("exit %d: %s%s", exit, stdout.String(), stderr.String())
	}
}
