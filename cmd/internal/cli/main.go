// Package cli is the program natsuin: the root command with the global flags,
// help, completion and version, and the verbs. Each verb is a package of its
// own with a New that declares the flags, and a run that does the work.
//
// [OS] takes the arguments, the environment, the streams and the signals from
// the process. [Main] runs with the [Env] that it gets and returns the exit
// code. The work with cards and signatures is done by the verbs.
package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/nodump"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
)

// An Env is everything that one run takes from its process.
type Env struct {
	Args    []string // without the program's name
	Streams *console.Streams
	Getenv  func(string) string
	Now     func() time.Time
	Readers access.Readers       // the PC/SC service
	Guard   func()               // called before a secret is read; may be nil
	Signals <-chan os.Signal     // the first one ends the run; may be nil
	Jobs    *terminal.JobControl // decides when the process may be stopped; may be nil
	// AfterFunc runs f once after d, unless stop is called first. If it is nil,
	// [time.AfterFunc] is used.
	AfterFunc func(d time.Duration, f func()) (stop func())
}

// after calls AfterFunc or, if that is nil, [time.AfterFunc].
func (e *Env) after(d time.Duration, f func()) (stop func()) {
	if e.AfterFunc != nil {
		return e.AfterFunc(d, f)
	}
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// ends lists the signals that end a run with exit code 130.
var ends = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// OS returns the Env of the real process.
func OS() *Env {
	// signal.Stop is never called: a signal that arrives after Main has stopped
	// listening must not kill the process, whose exit code reports the outcome.
	// A signal that arrives before Main listens waits in the channel.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, ends...)
	// A closed output pipe must not kill the process while the card is working.
	// The write fails instead, and the run still reports the state of the card.
	signal.Ignore(syscall.SIGPIPE)
	return &Env{
		Args:    os.Args[1:],
		Streams: console.System(),
		Getenv:  os.Getenv,
		Now:     time.Now,
		Readers: access.System(),
		Guard:   func() { _ = nodump.Disable() }, // the secret is wiped even if this fails
		Signals: signals,
		Jobs:    terminal.NewJobControl(),
	}
}

// Main runs one command and returns its exit code.
func Main(env *Env) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	gate := new(access.Gate)
	a, err := newApp(env.wholeLines(), gate)
	done := make(chan int, 1)
	go func() { done <- a.run(ctx, err) }()
	select {
	case exit := <-done:
		return exit
	case <-env.Signals:
		gate.Withdraw()
		cancel()
	}
	return a.endAfterSignal(done)
}

// run executes the command unless err is set, and reports the outcome.
func (a *app) run(ctx context.Context, err error) (exit int) {
	defer func() {
		if value := recover(); value != nil {
			exit = a.Finish(outcome.Bug(value))
		}
		a.Close()
	}()
	if err == nil {
		err = a.execute(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = interrupted()
	}
	return a.Finish(err)
}

func interrupted() error {
	return &outcome.Error{Code: outcome.CodeInterrupted, ID: "err.interrupted"}
}

const (
	// lastWait is how long a run may take to end after a signal. A system call
	// that cannot be interrupted, such as one to an unreachable file server,
	// must not keep the person waiting.
	lastWait = 5 * time.Second
	// lastWords is how long to wait after that for the reader of standard
	// error.
	lastWords = 200 * time.Millisecond
)

// endAfterSignal waits for the end of a run, but only for lastWait unless a
// secret was sent and has no answer yet. After lastWait it returns the exit
// code of an interrupted run, without JSON.
func (a *app) endAfterSignal(done <-chan int) int {
	for {
		select {
		case exit := <-done:
			return exit
		case <-time.After(lastWait):
		}
		if !a.Access.Gate.Withdrawn() {
			continue
		}
		a.Close()
		said := make(chan struct{})
		go func() {
			defer close(said)
			a.SayError(interrupted())
		}()
		select {
		case <-said:
		case <-time.After(lastWords):
		}
		return outcome.CodeInterrupted.Exit()
	}
}

// wholeLines returns a copy of the Env whose standard error may be used by
// several goroutines.
func (e *Env) wholeLines() *Env {
	own, streams := *e, *e.Streams
	streams.Err = console.Whole(streams.Err)
	own.Streams = &streams
	return &own
}
