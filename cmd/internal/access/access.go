// Package access connects the verbs to the card: it chooses a reader, waits for
// a card, runs transactions, and gets the card's secret from a person or from
// --pin-from.
//
// It does not depend on the verbs: they pass a function that uses the card. No
// secret is sent before the number of tries left has been checked.
//
// The rules are in docs/cli.md ("Which reader", "Secrets and scripts",
// behaviours 1 to 12) and docs/card.md.
package access

import (
	"strconv"
	"strings"
	"time"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/queue"
	"natsuin/cmd/internal/terminal"
)

// Flags holds the values of the global flags that concern the card.
type Flags struct {
	Reader   string // --reader; "" for any
	PINFrom  string // --pin-from; "" to ask a person
	Wait     string // --wait; "" for the default
	MinTries int    // --min-tries; 0 for the default
}

// Check returns a usage error if a flag has an invalid value. minTriesGiven
// reports whether --min-tries was given.
func (f Flags) Check(minTriesGiven bool) error {
	if minTriesGiven && (f.MinTries < 1 || f.MinTries > 5) {
		return outcome.Usage("err.min-tries", "Value", strconv.Itoa(f.MinTries))
	}
	if f.Reader != PracticeReader && outcome.Near(strings.ToLower(f.Reader), []string{PracticeReader}) != "" {
		return &outcome.Error{Code: outcome.CodeUsage, ID: "err.reader.practice"}
	}
	if _, err := f.waitLimit(false); err != nil {
		return err
	}
	return checkPINSource(f.PINFrom)
}

// waitLimit returns how long to wait for a card, as --wait says. The default is
// no limit if interactive is set, and otherwise not to wait. A negative
// duration means no limit. The error is a usage error.
func (f Flags) waitLimit(interactive bool) (time.Duration, error) {
	if f.Wait == "" {
		if interactive {
			return -1, nil
		}
		return 0, nil
	}
	if n, err := strconv.Atoi(f.Wait); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(f.Wait)
	if err != nil || d < 0 {
		return 0, outcome.Usage("err.flag.duration", "Flag", "--wait", "Value", f.Wait)
	}
	return d, nil
}

// Access gives one run access to cards.
type Access struct {
	*console.Console
	Flags
	Readers Readers              // the PC/SC service
	Gate    *Gate                // decides whether a secret or a signal comes first
	Jobs    *terminal.JobControl // defers Ctrl-Z to the end of a transaction; may be nil
	Folder  string               // holds the practice card
	Now     func() time.Time
	// AfterFunc runs f once after d, unless stop is called first.
	AfterFunc func(d time.Duration, f func()) (stop func())

	trace queue.Queue // the lines of -v that are still to be printed
}

// Answerable returns an error if neither a person nor --pin-from can give a
// secret.
func (a *Access) Answerable() error {
	if !a.Interactive() && a.PINFrom == "" {
		return console.InputNeeded()
	}
	return nil
}

// Kind returns the name of the card's kind, in the language of the run, and
// that it is the practice card if it is.
func (a *Access) Kind(t card.Token) string {
	name := a.T("kind." + t.Kind.String())
	if a.Reader == PracticeReader {
		return a.T("practice.card", "Kind", name)
	}
	return name
}

// traced returns a Transmitter that, with -v, also prints each exchange to
// standard error, without secrets. The lines are queued, so that a slow reader
// of standard error does not delay a transaction.
func (a *Access) traced(t apdu.Transmitter) apdu.Transmitter {
	if !a.Verbose {
		return t
	}
	a.trace.Limit = 1
	return apdu.Trace(t, func(line string) {
		a.trace.Add(func() { a.Trace(line) })
	})
}
