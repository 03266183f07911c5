// Package access connects the verbs to the card: it chooses a reader, waits for
// a card, begins and ends transactions, and gets the secret that a card asks
// for, from a person or from --pin-from.
//
// It knows no verb: the verb passes a function that uses the card. No secret is
// sent before the tries left were checked.
//
// The rules are docs/cli.md, "Which reader", "Secrets and scripts" and
// behaviours 1 to 12, and docs/card.md.
package access

import (
	"strconv"
	"time"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/queue"
	"natsuin/cmd/internal/terminal"
)

// Flags are the values of the global flags for the card.
type Flags struct {
	Reader   string // --reader; "" is any
	PINFrom  string // --pin-from; "" asks a person
	Wait     string // --wait; "" is the usual limit
	MinTries int    // --min-tries; 0 is the usual limit
}

// Check refuses flags with invalid values. minTriesGiven reports whether
// --min-tries was given.
func (f Flags) Check(minTriesGiven bool) error {
	if minTriesGiven && (f.MinTries < 1 || f.MinTries > 5) {
		return outcome.Usage("err.min-tries", "Value", strconv.Itoa(f.MinTries))
	}
	if _, err := f.waitLimit(false); err != nil {
		return err
	}
	return checkPINSource(f.PINFrom)
}

// waitLimit returns how long to wait for a card; negative is no limit.
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
	Gate    *Gate                // orders secrets and signals
	Jobs    *terminal.JobControl // allows a stop only between transactions; may be nil
	Folder  string               // of the practice card
	Now     func() time.Time
	// AfterFunc runs f once, after d, unless stop is called before.
	AfterFunc func(d time.Duration, f func()) (stop func())

	trace queue.Queue // the lines of -v
}

// Answerable refuses a run in which neither a person nor --pin-from can give a
// secret.
func (a *Access) Answerable() error {
	if !a.Interactive() && a.PINFrom == "" {
		return console.InputNeeded()
	}
	return nil
}

// Kind names the kind of a card in words.
func (a *Access) Kind(t card.Token) string { return a.T("kind." + t.Kind.String()) }

// traced reports each exchange on standard error under -v, secrets redacted by
// command. The lines are queued, so that a slow reader of standard error does
// not delay a transaction.
func (a *Access) traced(t apdu.Transmitter) apdu.Transmitter {
	if !a.Verbose {
		return t
	}
	a.trace.Limit = 1
	return apdu.Trace(t, func(line string) {
		a.trace.Add(func() { a.Trace(line) })
	})
}
