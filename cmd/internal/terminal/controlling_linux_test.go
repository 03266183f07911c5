package terminal_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"natsuin/cmd/internal/terminal"
)

// childEnv makes this test program a child of the tests, which runs hold or
// opens its controlling terminal as natsuin does.
const childEnv = "UI_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(childEnv) == "hold" {
		hold()
	}
	device, err := terminal.Open()
	if errors.Is(err, terminal.ErrNoTerminal) {
		os.Stdout.WriteString("no terminal")
		os.Exit(0)
	}
	if err != nil {
		os.Stdout.WriteString(err.Error())
		os.Exit(1)
	}
	secret, err := device.ReadSecret(context.Background(), prompt, 16)
	if err != nil {
		os.Stdout.WriteString(err.Error())
		os.Exit(1)
	}
	piped, _ := io.ReadAll(os.Stdin)
	os.Stdout.WriteString(string(secret) + " " + string(piped))
	os.Exit(0)
}

func child(t *testing.T, attributes *syscall.SysProcAttr) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.SysProcAttr = attributes
	cmd.Stdin = strings.NewReader("piped content")
	out := new(strings.Builder)
	cmd.Stdout = out
	return cmd, out
}

func TestPromptUsesTheTerminalWhileStdinIsAPipe(t *testing.T) {
	p := newPTY(t)
	slave, err := os.OpenFile(p.path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	cmd, out := child(t, &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3})
	cmd.ExtraFiles = []*os.File{slave}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.waitFor(prompt)
	p.press("ABC123\r")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v, %q", err, out)
	}
	if out.String() != "ABC123 piped content" {
		t.Errorf("got %q", out)
	}
	if strings.Contains(p.shown(), "ABC123") {
		t.Errorf("the screen shows %q", p.shown())
	}
}

func TestNoControllingTerminalIsATypedError(t *testing.T) {
	cmd, out := child(t, &syscall.SysProcAttr{Setsid: true})
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v, %q", err, out)
	}
	if out.String() != "no terminal" {
		t.Errorf("got %q", out)
	}
}
