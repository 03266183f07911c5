// Package cli puts natsuin together: the root command with the global flags,
// help, completion and version, and below it the verbs. Each verb is a package
// of its own with an options struct, New, which only parses, and a run, which
// does the work.
//
// It is not a library and decides nothing about cards or signatures. It does
// not read the process directly: [Env] provides streams, environment, clock and
// readers, and the exit code is returned as a value.
//
// The contract is docs/cli.md: commands, exit codes, JSON.
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

// Env is everything that one run takes from its process.
type Env struct {
	Args    []string // without the program's name
	Streams *console.Streams
	Getenv  func(string) string
	Now     func() time.Time
	Readers access.Readers       // the PC/SC service
	Guard   func()               // called before a secret is read; nil does nothing
	Signals <-chan os.Signal     // the first ends the run; nil has none
	Jobs    *terminal.JobControl // when this process may be stopped; nil leaves that to the system
	// AfterFunc runs f once, after d, unless stop is called before; nil is
	// time.AfterFunc.
	AfterFunc func(d time.Duration, f func()) (stop func())
}

// after calls AfterFunc.
func (e *Env) after(d time.Duration, f func()) (stop func()) {
	if e.AfterFunc != nil {
		return e.AfterFunc(d, f)
	}
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// ends are the signals that end a run, with exit code 130.
var ends = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// OS returns the Env of the real process.
func OS() *Env {
	// signal.Stop is never called: a signal that arrives after Main has stopped
	// listening must not kill the process, whose exit code reports the outcome.
	// One that arrives before Main listens waits in the channel.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, ends...)
	// A closed output pipe must not kill the process while the card works: the
	// write fails instead, and the run still reports the state of the card.
	signal.Ignore(syscall.SIGPIPE)
	return &Env{
		Args:    os.Args[1:],
		Streams: console.System(),
		Getenv:  os.Getenv,
		Now:     time.Now,
		Readers: access.System(),
		Guard:   func() { _ = nodump.Disable() }, // if this fails, the secret is still wiped
		Signals: signals,
		Jobs:    terminal.NewJobControl(),
	}
}

// Main runs one command and returns the process exit code.
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

// run executes the command, unless err is not nil, and reports the outcome.
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
	// that cannot be interrupted, as to a file server that is gone, must not
	// hold up the person.
	lastWait = 5 * time.Second
	// lastWords is how long the reader of standard error may take then.
	lastWords = 200 * time.Millisecond
)

// endAfterSignal waits for the end of a run. Unless a secret is at the card, it
// waits no longer than lastWait; then the exit code is that of an interrupted
// run, and no JSON is written.
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

// wholeLines returns the Env with a standard error that several goroutines may
// write to.
func (e *Env) wholeLines() *Env {
	own, streams := *e, *e.Streams
	streams.Err = console.Whole(streams.Err)
	own.Streams = &streams
	return &own
}
