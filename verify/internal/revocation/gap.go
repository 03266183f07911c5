package revocation

import "strings"

// A Cause says why a document, or the lack of one, did not answer the question.
// The causes are ordered by how close the document came to an answer, the
// closest last.
type Cause int

// The causes.
const (
	NothingAtHand      Cause = iota // neither list nor answer
	Unreadable                      // a document that cannot be parsed
	ListOfAnother                   // no list is of this issuer and scope
	NobodyReached                   // the responder was not reached
	AnswerMalformed                 // not an OCSP response
	AnswerTryLater                  // tryLater(3): the responder is busy
	AnswerUnauthorized              // unauthorized(6): the responder does not answer for this CA
	AnswerError                     // another error of the responder
	AnswerOther                     // about another certificate
	AnswerNonce                     // another nonce than ours
	AnswerSignature                 // no key at hand verifies the signature
	AnswerSigner                    // signed by someone who may not, or too weakly
	AnswerRefused                   // not understood, or from after the certificate's end
	AnswerFuture                    // from after the clock's time
	AnswerOutOfDate                 // not for the reference time
	AnswerUnknown                   // the responder does not know the certificate
	ListSigner                      // signed by someone who may not
	ListAlgorithm                   // signed with an algorithm or key that is not allowed
	ListSignature                   // no key at hand verifies the signature
	ListInsufficient                // partial, or not understood: it cannot prove good
	ListAfterExpiry                 // from after the expiry: it may omit the certificate
	ListFuture                      // from after the clock's time
	ListOutOfDate                   // not for the reference time
)

// A Gap is one thing that was missing or refused: Cause is for programs, Text
// for developers.
type Gap struct {
	Cause Cause
	Text  string
}

func unknown(gaps ...Gap) Answer { return Answer{Status: Unknown, Why: gaps} }

// NearestCause returns the cause of the document that came closest to an
// answer.
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
