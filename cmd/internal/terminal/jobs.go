//go:build darwin || dragonfly || freebsd || linux

package terminal

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A JobControl stops and continues this process as a shell expects of a job
// (POSIX XBD 11.1.4): with the settings of the terminal restored, and never
// while a card is held. A nil JobControl does nothing.
//
// At a question, Ctrl-Z stops the whole job and SIGTSTP this process; the
// question stands anew after SIGCONT. A job in the background stops before it
// asks.
type JobControl struct {
	// HasShell reports whether somebody continues a process that is stopped. Nil
	// looks for a shell among the ancestors.
	HasShell func() bool

	signals chan os.Signal
	ignored map[unix.Signal]bool // by whoever started us; that stays so

	mu       sync.Mutex
	holds    int
	pending  bool      // SIGTSTP came while held
	terminal *Terminal // nil while none is open
}

// NewJobControl begins to take SIGTSTP and SIGCONT of this process, for good.
func NewJobControl() *JobControl {
	j := &JobControl{signals: make(chan os.Signal, 8), ignored: map[unix.Signal]bool{}}
	for _, sig := range []unix.Signal{unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU} {
		j.ignored[sig] = isIgnored(sig)
	}
	signal.Notify(j.signals, unix.SIGCONT)
	if !j.ignored[unix.SIGTSTP] {
		signal.Notify(j.signals, unix.SIGTSTP)
	}
	go j.serve()
	return j
}

// Attach names the terminal that is restored before each stop, until its Close.
// It is called before the terminal is used.
func (j *JobControl) Attach(t *Terminal) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.terminal, t.jobs = t, j
}

func (j *JobControl) detach(t *Terminal) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.terminal == t {
		j.terminal = nil
	}
}

// Hold keeps the process running until release: SIGTSTP waits, and SIGTTIN and
// SIGTTOU are ignored, so that a write from the background does not stop it.
// Holds nest; only the first call of each release counts. A stop that came
// first is over when Hold returns; the last release carries out one that
// waited.
func (j *JobControl) Hold() (release func()) {
	if j == nil {
		return func() {}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.holds == 0 {
		signal.Ignore(unix.SIGTTIN, unix.SIGTTOU)
	}
	j.holds++
	return sync.OnceFunc(j.release)
}

func (j *JobControl) release() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.holds--; j.holds > 0 {
		return
	}
	_ = j.reset(unix.SIGTTIN)
	_ = j.reset(unix.SIGTTOU)
	if j.pending {
		j.pending = false
		j.stop(os.Getpid())
	}
}

// reset gives a signal the action that it had when the process started.
func (j *JobControl) reset(sig unix.Signal) error {
	signal.Ignore(sig) // the runtime gives up its handler, which signal.Reset keeps
	if j.ignored[sig] {
		return nil
	}
	return setDefault(sig)
}

func (j *JobControl) serve() {
	for sig := range j.signals {
		if sig == unix.SIGTSTP {
			j.stopOrWait()
		} else {
			j.continued()
		}
	}
}

func (j *JobControl) stopOrWait() {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.holds > 0:
		j.pending = true
	case j.terminal != nil && j.terminal.interrupted(errStop): // it calls suspend
	default:
		j.stop(os.Getpid())
	}
}

// continued looks after a terminal that was changed while SIGSTOP, which nobody
// can catch, had stopped the process: the next key would be shown.
func (j *JobControl) continued() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = false // as in the kernel, SIGCONT takes back a stop that waits
	if t := j.terminal; t != nil && t.changed() && !t.interrupted(errAnew) {
		t.resume()
	}
}

// suspend stops this process or, with job, all processes of its job, as Ctrl-Z
// does where the terminal handles it.
func (j *JobControl) suspend(job bool) {
	if j == nil {
		return
	}
	pid := os.Getpid()
	if job {
		pid = 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.holds > 0 {
		j.pending = true
		return
	}
	j.stop(pid)
}

// foreground returns once the terminal belongs to this job: until then it stops
// as the kernel would, but before the settings are read, which are the shell's.
func (j *JobControl) foreground(t *Terminal) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for t.in.background() && j.holds == 0 && j.raise(unix.SIGTTOU, 0) {
	}
}

func (j *JobControl) stop(pid int) {
	shell := j.HasShell
	if shell == nil {
		shell = hasShell
	}
	if j.ignored[unix.SIGTSTP] || !shell() {
		return // echo stays off: there is nobody to give the terminal back to
	}
	if t := j.terminal; t != nil {
		t.leave()
		defer t.resume()
	}
	if j.reset(unix.SIGTSTP) == nil {
		j.raise(unix.SIGTSTP, pid)
	}
	signal.Notify(j.signals, unix.SIGTSTP)
}

// hasShell reports whether the process can be stopped: not if it leads its
// session, or its parent is in another, as of a program that a terminal window,
// ssh or a container runs in the shell's place.
func hasShell() bool {
	session, err := unix.Getsid(0)
	if err != nil || session == os.Getpid() {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err == nil && parents == session
}

// The kernel stops no process whose job has lost its shell (an orphaned process
// group), and says nothing. In slices, since a timer expires during a stop.
const (
	stopSlices = 20
	stopSlice  = 50 * time.Millisecond
)

// raise sends a stop signal whose action is the default to pid, or to the whole
// job if that is 0. It reports whether the process was stopped and continued.
func (j *JobControl) raise(sig unix.Signal, pid int) bool {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	if unix.Kill(pid, sig) != nil {
		return false
	}
	for range stopSlices {
		select {
		case <-continued:
			return true
		case <-time.After(stopSlice):
		}
	}
	return false
}
