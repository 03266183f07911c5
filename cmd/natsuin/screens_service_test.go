//go:build linux

package main_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual/vpcd"
)

// A service is a real PC/SC service that is independent of the machine's. It is
// a pcscd in a root folder that contains only the program, its libraries and
// the driver of the virtual reader. So its reader can have a realistic name,
// there can be no reader at all, and no other program's card interferes.
type service struct {
	t      *testing.T
	root   string
	socket string
	port   int // of the first slot of the reader
	cmd    *exec.Cmd
}

const (
	serviceProgram = "/usr/sbin/pcscd"
	readerDriver   = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
	serviceReader  = "Sample Card Reader"
)

// lacking skips a test that cannot run here. In CI it fails the test.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// needService skips the test with -short, or if newService cannot run.
func needService(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the PC/SC service is not used with -short")
	}
	if !pcsc.Available() {
		lacking(t, "built without reader support")
	}
	for _, file := range []string{serviceProgram, readerDriver} {
		if _, err := os.Stat(file); err != nil {
			lacking(t, file+" is missing: "+pcscdtest.Install)
		}
	}
	if os.Geteuid() != 0 {
		lacking(t, "only root may start pcscd in a folder of its own: run it as root")
	}
}

// newService starts a service with one reader, or without any.
func newService(t *testing.T, reader bool) *service {
	t.Helper()
	root, err := os.MkdirTemp("", "service") // because the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	for _, file := range append(libraries(t, serviceProgram, readerDriver), serviceProgram, readerDriver) {
		copyInto(t, root, file)
	}
	for _, dir := range []string{"run/pcscd", "readers"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d := &service{t: t, root: root, socket: filepath.Join(root, "run/pcscd/pcscd.comm")}
	if reader {
		d.port = freePorts(t)
		text := fmt.Sprintf("FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n", serviceReader, d.port, readerDriver, d.port)
		if err := os.WriteFile(filepath.Join(root, "readers/reader"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d.start()
	t.Cleanup(d.stop)
	return d
}

// start starts the service and waits until it answers.
func (d *service) start() {
	d.t.Helper()
	d.cmd = exec.Command(serviceProgram, "--foreground", "--config", "/readers")
	d.cmd.Dir, d.cmd.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: d.root}
	if err := d.cmd.Start(); err != nil {
		lacking(d.t, "start pcscd in a folder of its own: "+err.Error())
	}
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("unix", d.socket); err == nil {
			conn.Close()
			return
		} else if time.Now().After(limit) {
			d.t.Fatalf("pcscd does not answer: %v", err)
		}
	}
}

// stop ends the service.
func (d *service) stop() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	stuck := time.AfterFunc(patience, func() { d.cmd.Process.Kill() })
	d.cmd.Wait()
	stuck.Stop()
}

// lay puts a card on the reader until the end of the test.
func (d *service) lay(card vpcd.Card) {
	d.t.Helper()
	conn, err := vpcd.Dial(d.t.Context(), fmt.Sprintf("127.0.0.1:%d", d.port))
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, conn, card) }()
	d.t.Cleanup(func() {
		cancel()
		<-served
	})
}

// endOfThreads is a library that the C library loads when the first thread
// ends.
const endOfThreads = "libgcc_s.so.1"

var libraryPath = regexp.MustCompile(`/\S+`)

// libraries returns the files that the dynamic linker loads with the programs,
// and endOfThreads.
func libraries(t *testing.T, programs ...string) []string {
	t.Helper()
	var list []string
	for _, program := range programs {
		out, err := exec.Command("ldd", program).Output()
		if err != nil {
			lacking(t, "ldd "+program+": "+err.Error())
		}
		for _, line := range strings.Split(string(out), "\n") {
			path := libraryPath.FindString(line)
			if path == "" {
				continue
			}
			list = append(list, path)
			if strings.HasPrefix(filepath.Base(path), "libc.so") {
				list = append(list, filepath.Join(filepath.Dir(path), endOfThreads))
			}
		}
	}
	return list
}

func copyInto(t *testing.T, root, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(root+file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(root+file, content, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// freePorts returns the first of two consecutive free ports, one for each slot
// of the reader. They are below the ports that the system chooses for clients.
func freePorts(t *testing.T) int {
	t.Helper()
	for port := 21000 + os.Getpid()%5000*2; port < 32000; port += 2 {
		var held []net.Listener
		for _, p := range []int{port, port + 1} {
			if l, err := net.Listen("tcp", fmt.Sprintf(":%d", p)); err == nil {
				held = append(held, l)
			}
		}
		for _, l := range held {
			l.Close()
		}
		if len(held) == 2 {
			return port
		}
	}
	t.Fatal("no two free ports in a row")
	return 0
}
