package cli_test

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// people is who takes the signals of this process.
var people atomic.Pointer[person]

// listen keeps signals from ending this process, and gives them to the run.
func listen(t *testing.T) {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			p := people.Load()
			if p == nil {
				continue
			}
			select {
			case p.signals <- s:
			case <-p.done:
			}
		}
	}()
	t.Cleanup(func() {
		signal.Stop(signals)
		close(signals)
	})
}

// stop has the run stopped, and continues it as soon as it is. While the card is
// held that is later. The kernel stops no process without a shell (an orphaned
// process group), so that the test runs on meanwhile.
func (p *person) stop(m moment, do func()) {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGTSTP)
	defer signal.Stop(arrived)
	go p.continues()
	do()
	if m.held() {
		<-arrived
		time.Sleep(time.Millisecond) // in which a run that holds nothing would stop
		return
	}
	select {
	case <-p.stopped:
	case <-time.After(patience / 10):
		p.wrongly("it does not stop")
	}
}

// continues waits for the stop, looks at how the run has left card and terminal,
// and continues it.
func (p *person) continues() {
	for limit := time.Now().Add(patience / 10); !stopping(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(limit) {
			return
		}
	}
	if p.reader.holding() != 0 {
		p.wrongly("stopped while it holds the card")
	}
	if now, err := unix.IoctlGetTermios(3, unix.TCGETS); err != nil || *now != p.terminal {
		p.wrongly("stopped with the terminal not as it was")
	}
	for stopping() {
		_ = unix.Kill(os.Getpid(), unix.SIGCONT)
		time.Sleep(200 * time.Microsecond)
	}
	close(p.stopped)
}

// settled returns when nothing is left of the signals that continued the run: a
// late one would take back the next stop.
func settled() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	_ = unix.Kill(os.Getpid(), unix.SIGCONT)
	<-continued
	time.Sleep(time.Millisecond)
}

// stopping reports whether SIGTSTP has its default action, as it has only while
// the process is stopped by its own will.
func stopping() bool {
	var action [16]uintptr
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGTSTP), 0, uintptr(unsafe.Pointer(&action)), 8, 0, 0)
	return errno == 0 && action[0] == 0
}
