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

// people holds the person whose run gets the signals of this process.
var people atomic.Pointer[person]

// listen passes signals to the run, so that they do not end this process.
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

// stop calls do, which sends a stop signal to the run, and continues the run
// once it stops itself. In a transaction, it must not do so before the end of
// it. The kernel does not stop a process in an orphaned group, such as this
// one, so the test can go on meanwhile.
func (p *person) stop(m moment, do func()) {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGTSTP)
	defer signal.Stop(arrived)
	go p.continues()
	do()
	if m.held() {
		<-arrived
		time.Sleep(time.Millisecond) // long enough for the run to stop, if it may
		return
	}
	select {
	case <-p.stopped:
	case <-time.After(patience / 10):
		p.wrongly("it does not stop")
	}
}

// continues waits for the stop, checks the state of the card and the terminal,
// and continues the run.
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

// settled returns when all SIGCONTs have arrived: a late one would cancel the
// next stop.
func settled() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	_ = unix.Kill(os.Getpid(), unix.SIGCONT)
	<-continued
	time.Sleep(time.Millisecond)
}

// stopping reports whether SIGTSTP has its default action, as it has only when
// the run is about to stop itself.
func stopping() bool {
	var action [16]uintptr
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGTSTP), 0, uintptr(unsafe.Pointer(&action)), 8, 0, 0)
	return errno == 0 && action[0] == 0
}
