package revocation

import "strings"

// A Cause says why a document, or the lack of one, did not answer the question.
// The causes are in increasing order of how close the document came to an
// answer.
type Cause int

// The causes.
const (
	NothingAtHand      Cause = iota // neither a CRL nor a response
	Unreadable                      // a document cannot be parsed
	ListOfAnother                   // no CRL has this issuer and scope
	NobodyReached                   // the responder could not be reached
	AnswerMalformed                 // not an OCSP response
	AnswerTryLater                  // tryLater(3): the responder is busy
	AnswerUnauthorized              // unauthorized(6): the responder does not answer for this CA
	AnswerError                     // another error of the responder
	AnswerOther                     // about another certificate
	AnswerNonce                     // a nonce other than ours
	AnswerSignature                 // no key at hand verifies the signature
	AnswerSigner                    // the signer is not authorised, or the signature too weak
	AnswerRefused                   // not understood, or issued after the end of the certificate
	AnswerFuture                    // issued in the future
	AnswerOutOfDate                 // not for the reference time
	AnswerUnknown                   // the responder does not know the certificate
	ListSigner                      // the signer is not authorised
	ListAlgorithm                   // an algorithm or key that is not allowed
	ListSignature                   // no key at hand verifies the signature
	ListInsufficient                // partial, or not understood: cannot prove good
	ListAfterExpiry                 // issued after the expiry: may omit the certificate
	ListFuture                      // issued in the future
	ListOutOfDate                   // not for the reference time
)

// A Gap is one document that was missing or refused. Cause is for programs, and
// Text for developers.
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
