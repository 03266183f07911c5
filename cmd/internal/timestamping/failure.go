package timestamping

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/sign/timestamp"
	"natsuin/verify"
)

// A Failure means that there is no time stamp that may be used.
type Failure struct {
	Code string // for JSON: a [timestamp.Reason], or a [verify.Reason] without "timestamp-"
	Why  string // the reason, in the language of the run
	Err  error  // the cause; may be nil
}

func (f *Failure) Error() string { return "no time stamp: " + f.Code }

func (f *Failure) Unwrap() error { return f.Err }

// Outcome returns the failure as the outcome of a run that must have a stamp.
// id is that of its message, in which "Why" is the reason and pairs are further
// variables.
func (f *Failure) Outcome(id string, pairs ...any) *outcome.Error {
	return &outcome.Error{Code: outcome.CodeNoTimestamp, ID: id, Pairs: append([]any{"Why", f.Why}, pairs...), Err: f.Err}
}

// unreached reports whether err means that the authority did not answer. It is
// then not asked for the other files, because each request might wait as long.
func unreached(err error) bool {
	var no *timestamp.RefusedError
	return errors.As(err, &no) && (no.Reason == timestamp.ReasonUnreached || no.Reason == timestamp.ReasonTimeout)
}

// NoRoom returns the failure of a token that does not fit into a PDF.
func (s *Source) NoRoom(err error) *Failure {
	return &Failure{string(timestamp.ReasonTooLarge), s.T("timestamp.no-room"), err}
}

// refused returns the failure for an error of package timestamp.
func (s *Source) refused(err error) *Failure {
	var no *timestamp.RefusedError
	if !errors.As(err, &no) {
		return &Failure{string(timestamp.ReasonUnreached), s.Cause(err), err}
	}
	f := &Failure{Code: string(no.Reason), Err: err}
	switch no.Reason {
	case timestamp.ReasonUnreached, timestamp.ReasonTimeout:
		f.Why = s.T("timestamp.why."+string(no.Reason), "Error", s.Cause(no.Err))
		switch {
		case errors.Is(no.Err, timestamp.ErrUserInfo):
			f.Why = s.T("timestamp.proxy")
		case errors.Is(no.Err, timestamp.ErrProxy):
			f.Why = s.T("timestamp.proxy.malformed")
		}
	case timestamp.ReasonHTTPStatus:
		f.Why = s.T("net.status", "Status", no.Status)
	case timestamp.ReasonRejected:
		said := []string{strconv.Itoa(no.Status)}
		for _, part := range []string{no.Failure, text.Escape(no.Text)} {
			if part != "" {
				said = append(said, part)
			}
		}
		f.Why = s.T("timestamp.why."+string(no.Reason), "Said", strings.Join(said, ", "))
	default:
		f.Why = s.T("timestamp.why." + string(no.Reason))
	}
	return f
}

// judged returns the failure for a token that package verify does not accept,
// with its reason.
func (s *Source) judged(reason verify.Reason) *Failure {
	return &Failure{Code: strings.TrimPrefix(string(reason), "timestamp-"), Why: policy.Reason(s.Printer, reason)}
}

// Worded returns the reasons that have a message of their own, the id of which
// begins with "timestamp.why.".
func Worded() []timestamp.Reason {
	return slices.DeleteFunc(timestamp.Reasons(), func(r timestamp.Reason) bool { return r == timestamp.ReasonHTTPStatus })
}
