package terminal_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/terminal"
)

// hold is the process that the tests stop. It reads one command per line,
// carries it out, and prints the command when it is done.
func hold() {
	jobs := terminal.NewJobControl()
	var releases []func()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println(in.Text()) {
		switch in.Text() {
		case "hold":
			releases = append(releases, jobs.Hold())
		case "release":
			last := len(releases) - 1
			releases[last]()
			releases[last]() // only the first call counts
			releases = releases[:last]
		case "often":
			go often(jobs)
		}
	}
	os.Exit(0)
}

// often calls Hold and release again and again, and prints a line if the
// process was stopped in between.
func often(jobs *terminal.JobControl) {
	for {
		release := jobs.Hold()
		began := time.Now()
		for time.Since(began) < time.Millisecond {
		}
		if time.Since(began) > stopped*3/4 {
			fmt.Println("stopped within")
		}
		release()
	}
}

// stopped is how long a test leaves the process stopped.
const stopped = 400 * time.Millisecond

type job struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func newJob(t *testing.T) *job {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	j := &job{t: t, cmd: exec.Command(self)}
	j.cmd.Env = append(os.Environ(), childEnv+"=hold")
	// A process group of its own, whose parent is in the same session: the
	// kernel does not stop an orphaned one.
	j.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if j.in, err = j.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	j.out = bufio.NewScanner(out)
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = j.cmd.Process.Kill() }) // in case it stays stopped
	t.Cleanup(func() { limit.Stop(); _ = j.cmd.Process.Kill(); _ = j.cmd.Wait() })
	j.hears("ready")
	return j
}

func (j *job) hears(word string) {
	j.t.Helper()
	if !j.out.Scan() || j.out.Text() != word {
		j.t.Fatalf("it said %q; waited for %q", j.out.Text(), word)
	}
}

func (j *job) does(word string) {
	j.t.Helper()
	j.told(word)
	j.hears(word)
}

func (j *job) told(word string) {
	j.t.Helper()
	if _, err := io.WriteString(j.in, word+"\n"); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) send(sig unix.Signal) {
	j.t.Helper()
	if err := unix.Kill(j.cmd.Process.Pid, sig); err != nil {
		j.t.Fatal(err)
	}
}

// isStopped reports whether the state in /proc/PID/stat is T.
func (j *job) isStopped() bool {
	j.t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(j.cmd.Process.Pid) + "/stat")
	if err != nil {
		j.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[0] == 'T'
}

func (j *job) stops() {
	j.t.Helper()
	for limit := time.Now().Add(10 * time.Second); !j.isStopped(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			j.t.Fatal("the process is not stopped")
		}
	}
}

func (j *job) staysUp() {
	j.t.Helper()
	for range 20 {
		if j.isStopped() {
			j.t.Fatal("the process is stopped")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// No signal but SIGSTOP stops the process during a card transaction: a stopped
// process would keep the card, with its password verified, from all others.
func TestStopsWaitWhileTheCardIsHeld(t *testing.T) {
	j := newJob(t)
	j.does("hold")
	j.does("hold")
	for _, sig := range []unix.Signal{unix.SIGTSTP, unix.SIGTTOU, unix.SIGTTIN} {
		j.send(sig)
	}
	j.staysUp()
	j.does("release")
	j.staysUp()
	j.told("release")
	j.stops() // by the deferred SIGTSTP
	j.send(unix.SIGCONT)
	j.hears("release")

	// Without a hold, every stop works, and works again.
	for range 2 {
		for _, sig := range []unix.Signal{unix.SIGTSTP, unix.SIGTTOU, unix.SIGTTIN} {
			j.send(sig)
			j.stops()
			j.send(unix.SIGCONT)
			j.does("nothing")
		}
		j.does("hold")
		j.send(unix.SIGTTOU)
		j.staysUp()
		j.does("release")
		j.send(unix.SIGCONT) // it was not stopped
		j.does("nothing")
		j.staysUp()
	}
}

func TestContinuingTakesBackAStopThatWaits(t *testing.T) {
	j := newJob(t)
	j.does("hold")
	j.send(unix.SIGTSTP)
	j.staysUp() // wait until the signal has arrived
	j.send(unix.SIGCONT)
	j.staysUp()
	j.does("release")
	j.staysUp()
}

// A stop that arrives while Hold is called takes effect either before Hold
// returns or after the release.
func TestNoStopFallsIntoAHold(t *testing.T) {
	j := newJob(t)
	j.does("often")
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		j.send(unix.SIGTSTP)
		j.stops()
		time.Sleep(stopped)
		j.send(unix.SIGCONT)
		j.does("nothing")
	}
}
