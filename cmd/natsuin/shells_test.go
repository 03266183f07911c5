//go:build linux

package main_test

import (
	"os/exec"
	"syscall"
	"testing"

	"natsuin/card/pcsc/pcscdtest"
)

// shells are started without the user's settings, and then load the completion
// script as the guide says.
var shells = []struct {
	name  string
	start []string
	take  string
}{
	{"bash", []string{"bash", "--noprofile", "--norc", "-i"}, "source <(natsuin completion bash)"},
	{"zsh", []string{"zsh", "-f", "-i"}, "autoload -U compinit && compinit -u && source <(natsuin completion zsh)"},
	{"fish", []string{"fish", "--no-config", "--interactive"}, "natsuin completion fish | source"},
}

// Real shells complete words when a person presses Tab, including the names of
// real readers, which contain spaces. printf then shows the words of the line,
// each in brackets.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			pcscdtest.Need(t, shell.name)
			pcscdtest.UseOne(t)
			b := newBox(t)
			b.write("certificate.pem", "none")
			s := newScreen(t)
			p := exec.Command(shell.start[0], shell.start[1:]...)
			p.Dir = b.work
			p.Env = append(b.command().Env, "TERM=xterm", "PS1=> ")
			p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
			p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
			b.must(p.Start())
			t.Cleanup(func() { p.Process.Kill(); p.Wait() })
			s.master.WriteString(shell.take + "; printf '<%s>' ready\r")
			s.await("<ready>")
			for _, c := range []struct{ typed, want string }{
				{"natsuin fing\t", "<natsuin><fingerprint>"},
				{"natsuin fingerprint sign-\t", "<natsuin><fingerprint><sign-ca>"},
				{"natsuin fingerprint certif\t", "<natsuin><fingerprint><certificate.pem>"},
				{"natsuin cert show auth-\t", "<natsuin><cert><show><auth-ca>"},
				{"natsuin sign --hash sha5\t", "<natsuin><sign><--hash><sha512>"},
				{"natsuin sign --reader pr\t", "<natsuin><sign><--reader><practice>"},
				{"natsuin pin status --reader Vi\t1\t", "<natsuin><pin><status><--reader><Virtual PCD 00 01>"},
			} {
				s.master.WriteString(c.typed + "\x01printf '<%s>' \x05\r") // Ctrl-A puts printf before the line, and Enter runs it
				s.await(c.want)
			}
		})
	}
}
