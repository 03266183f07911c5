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
// At a question, Ctrl-Z stops the whole job and SIGTSTP only this process;
// after SIGCONT the question is asked again. A job in the background stops
// before it asks.
type JobControl struct {
	// HasShell reports whether a stopped process would be continued. If nil, a
	// shell is looked for among the ancestors.
	HasShell func() bool

	signals chan os.Signal
	ignored map[unix.Signal]bool // by our parent process; they stay ignored

	mu       sync.Mutex
	holds    int
	pending  bool      // SIGTSTP came while held
	terminal *Terminal // nil while none is open
}

// NewJobControl takes over SIGTSTP and SIGCONT of this process, permanently.
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

// Attach sets the terminal that is restored before each stop, until its Close.
// It must be called before the terminal is used.
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

// Hold prevents stops of the process until release: SIGTSTP is deferred, and
// SIGTTIN and SIGTTOU are ignored, so that a write from the background does not
// stop it. Holds nest; only the first call of each release counts. A stop that
// began earlier is over when Hold returns; the last release carries out a
// deferred one.
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

// continued handles a terminal that was changed during a SIGSTOP, which cannot
// be caught: without it, the next key would be echoed.
func (j *JobControl) continued() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = false // as in the kernel, SIGCONT cancels a pending stop
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

// foreground returns once the terminal belongs to this job. Until then it stops
// the process as the kernel would, but before it reads the settings, which are
// the shell's.
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
		return // echo stays off: no shell would take the terminal back
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

// hasShell reports whether the process can be stopped. It cannot if it leads
// its session or its parent is in another session, as when a terminal window,
// ssh or a container runs the program instead of a shell.
func hasShell() bool {
	session, err := unix.Getsid(0)
	if err != nil || session == os.Getpid() {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err == nil && parents == session
}

// The limits of waiting for a stop. The kernel does not stop a process in an
// orphaned process group, and reports nothing. The time is waited for in
// slices, since a timer also runs during a stop.
const (
	stopSlices = 20
	stopSlice  = 50 * time.Millisecond
)

// raise sends a stop signal with the default action to pid, or to the whole job
// if pid is 0. It reports whether the process was stopped and continued.
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
