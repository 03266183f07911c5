package revocation

import "strings"

// A Cause is why a document, or the lack of one, left a question open. The order is
// that of how close it came to an answer, the nearest last.
type Cause int

// The causes.
const (
	NothingAtHand    Cause = iota // neither list nor answer
	Unreadable                    // a document that cannot be parsed
	ListOfAnother                 // lists, but none of this issuer and scope
	NobodyReached                 // the responder could not be asked
	AnswerRefused                 // the responder's answer is malformed, not authentic, not for this question or time
	AnswerUnknown                 // the responder does not know the certificate
	ListSigner                    // signed by whom it does not behoove, or too weakly
	ListSignature                 // signed by nobody at hand, or changed
	ListInsufficient              // partial, or with what is not understood, so that it proves nothing good
	ListAfterExpiry               // of a time at which the certificate need not stand in it any more
	ListOutOfDate                 // not for the reference time
)

// A Gap is one thing that was missing or refused: its Cause for programs, its Text for
// people who look closer.
type Gap struct {
	Cause Cause
	Text  string
}

func unknown(gaps ...Gap) Answer { return Answer{Status: Unknown, Why: gaps} }

// NearestCause is that of the document that came closest to an answer.
func (a Answer) NearestCause() Cause {
	nearest := NothingAtHand
	for _, g := range a.Why {
		nearest = max(nearest, g.Cause)
	}
	return nearest
}

// Words joins the texts of all gaps.
func (a Answer) Words() string {
	texts := make([]string, len(a.Why))
	for i, g := range a.Why {
		texts[i] = g.Text
	}
	return strings.Join(texts, "; ")
}
