package timestamp

import "fmt"

// A RefusedError says why no token may be used.
type RefusedError struct {
	Reason Reason
	// Status is the PKIStatus with ReasonRejected, and the HTTP status with
	// ReasonHTTPStatus.
	Status int
	// Failure is the PKIFailureInfo as RFC 3161 §2.4.2 spells it
	// ("unacceptedPolicy"), and Text what the authority says, its lines joined
	// by "; ". Both are empty unless Reason is ReasonRejected. Text comes from
	// the network: escape it.
	Failure, Text string
	Err           error // the cause; may be nil
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("ask: time-stamp authority: %s", e.Reason)
	if e.Status != 0 {
		s += fmt.Sprintf(" %d", e.Status)
	}
	if e.Failure != "" {
		s += " " + e.Failure
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *RefusedError) Unwrap() error { return e.Err }

// A Reason says why an answer is not used. The values are stable (docs/cli.md,
// "JSON").
type Reason string

// The reasons.
const (
	ReasonUnreached  Reason = "unreached"          // no connection, or it broke
	ReasonTimeout    Reason = "timeout"            // no whole answer in time
	ReasonHTTPStatus Reason = "http-status"        // another status than 200, redirects included
	ReasonTooLarge   Reason = "too-large"          // over MaxReply
	ReasonMalformed  Reason = "malformed"          // not a TimeStampResp, or cut short
	ReasonTrailing   Reason = "trailing-data"      // bytes after the TimeStampResp
	ReasonRejected   Reason = "rejected"           // status neither granted nor grantedWithMods
	ReasonContent    Reason = "content"            // not a TSTInfo of version 1 with one signer
	ReasonAccuracy   Reason = "accuracy"           // out of range
	ReasonExtension  Reason = "critical-extension" // an unknown one in the TSTInfo
	ReasonRepeated   Reason = "repeated"           // the Client has received the token before
	ReasonNonce      Reason = "nonce"              // missing or different
	ReasonImprint    Reason = "imprint"            // different, or by another hash
	ReasonPolicy     Reason = "policy"             // other than asked for
)

// Reasons returns every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonUnreached, ReasonTimeout, ReasonHTTPStatus, ReasonTooLarge, ReasonMalformed, ReasonTrailing, ReasonRejected,
		ReasonContent, ReasonAccuracy, ReasonExtension, ReasonRepeated, ReasonNonce, ReasonImprint, ReasonPolicy,
	}
}

func refused(reason Reason) *RefusedError { return &RefusedError{Reason: reason} }
