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
// (POSIX XBD §11.1.4). It restores the settings of the terminal before each
// stop except that of SIGSTOP, and defers the stops while a card is in use. A
// nil JobControl does nothing.
//
// At a question, Ctrl-Z stops the whole job and SIGTSTP only this process.
// After SIGCONT the question is asked again. A job in the background stops
// before it asks.
type JobControl struct {
	// HasShell reports whether a stopped process would be continued. If it is
	// nil, JobControl compares the sessions of the process and its parent.
	HasShell func() bool

	signals chan os.Signal
	ignored map[unix.Signal]bool // by the parent process; they stay ignored

	mu       sync.Mutex
	holds    int
	pending  bool      // SIGTSTP came while stops were held
	terminal *Terminal // the attached terminal, or nil
}

// NewJobControl returns a JobControl that handles SIGTSTP and SIGCONT from now
// to the end of the process.
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

// Attach sets the terminal whose settings are restored before each stop, until
// the terminal is closed. Attach must be called before the terminal is used.
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

// Hold prevents SIGTSTP, SIGTTIN and SIGTTOU from stopping the process until
// release is called. SIGTSTP is deferred until then. SIGTTIN and SIGTTOU are
// ignored, so that a write from the background does not stop the process. A
// stop that began before Hold is over when Hold returns. Holds nest, and only
// the first call of each release counts.
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

// reset restores the action that a signal had when the process started.
func (j *JobControl) reset(sig unix.Signal) error {
	signal.Ignore(sig) // removes the runtime's handler, which signal.Reset keeps
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
	case j.terminal != nil && j.terminal.interrupted(errStop): // the question ends and calls suspend
	default:
		j.stop(os.Getpid())
	}
}

// continued is called after SIGCONT. Another process may have turned echo on
// during a SIGSTOP, which cannot be caught. continued turns it off again.
func (j *JobControl) continued() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = false // as in the kernel, SIGCONT cancels a pending stop
	if t := j.terminal; t != nil && t.changed() && !t.interrupted(errAnew) {
		t.resume()
	}
}

// suspend stops this process or, if job is set, all processes of the job, as
// the driver of a terminal does for Ctrl-Z.
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

// foreground stops the job until the terminal belongs to it, as the kernel does
// for a process that reads. It is called before the settings are saved, since
// those that another job has set must not be restored later. It returns at once
// while stops are held, and if the job cannot be stopped.
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
		return // echo stays off, since no shell would restore the settings
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

// hasShell reports whether a shell may continue this process. No shell can if
// the process leads its session or its parent is in another session, as when a
// terminal window, ssh or a container started it directly.
func hasShell() bool {
	session, err := unix.Getsid(0)
	if err != nil || session == os.Getpid() {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err == nil && parents == session
}

// How long to wait for a stop. The kernel does not stop a process in an
// orphaned process group, and does not report this. The wait is divided into
// slices, because a timer also runs while the process is stopped.
const (
	stopSlices = 20
	stopSlice  = 50 * time.Millisecond
)

// raise sends a stop signal, with its default action, to pid, or to the whole
// job if pid is 0. It reports whether the process was continued afterwards.
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
