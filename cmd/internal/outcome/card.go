package outcome

import (
	"errors"

	"natsuin/card"
	"natsuin/card/apdu"
)

// cardRows are the rows for errors about a card, its secrets and its
// certificates.
var cardRows = []row{
	as(func(e *card.OutcomeUnknownError) *Error { return &Error{Code: CodeUnknownOutcome, ID: unknownID(e)} }),
	pinOutcome,
	as(func(e *card.FormError) *Error {
		return &Error{Code: CodeBadSecretForm, ID: "err.form." + e.Reason.String()}
	}),
	as(func(e *card.WeakSecretError) *Error {
		return &Error{Code: CodeBadSecretForm, ID: "err.weak-secret." + e.Reason.String()}
	}),
	as(func(e *card.NoCertificateError) *Error {
		return &Error{Code: CodeNoCertificate, ID: "err.no-certificate." + e.ID.String()}
	}),
	is(card.ErrNoCredential, CodeNoCertificate, "err.no-credential"),
	is(card.ErrNotSelected, CodeNotJPKI, "err.not-selected"),
	is(card.ErrNotJPKI, CodeNotJPKI, "err.not-jpki"),
	is(card.ErrNotVerified, CodeCardRemoved, "err.not-verified"),
	as(func(e *card.WeakKeyError) *Error {
		return &Error{Code: CodeWeak, ID: "err.weak", Pairs: []any{"Bits", e.Bits}}
	}),
}

// answerRows are the rows for errors from a card whose application was
// selected: it is a JPKI card, whatever it answers.
var answerRows = []row{
	as(func(e *apdu.StatusError) *Error {
		return &Error{Code: CodeCardRefused, ID: "err.card-refused", Pairs: []any{"Op", e.Op, "Status", e.Status.String()}}
	}),
	always[*apdu.MalformedError](CodeCardRefused, "err.card-answer"),
	always[*card.BadCertificateError](CodeCardRefused, "err.card-certificate"),
	is(card.ErrBadSignature, CodeCardRefused, "err.card-signature"),
	always[*card.UnsupportedError](CodeCardRefused, "err.card-key"),
	// From a transport without an error type of its own.
	always[*apdu.TransmitError](CodeCardRemoved, "err.pcsc.removed"),
}

// unknownID returns the id of the message for a lost outcome. It depends on the
// command, and on whether there was no answer or one from which the outcome
// cannot be seen.
func unknownID(e *card.OutcomeUnknownError) string {
	answered := errors.As(e, new(*apdu.StatusError)) || errors.As(e, new(*apdu.MalformedError))
	switch change := e.Op == card.OpChange; {
	case change && answered:
		return "err.unknown-outcome.change.unclear"
	case change:
		return "err.unknown-outcome.change"
	case answered:
		return "err.unknown-outcome.unclear"
	}
	return "err.unknown-outcome"
}

// pinOutcome returns the outcome for a refused secret: it was wrong, it was
// locked before, or this try has locked it.
func pinOutcome(err error) *Error {
	var pin *card.PINError
	if !errors.As(err, &pin) {
		return nil
	}
	secret := pin.Credential.String()
	blocked, wrong := errors.Is(err, card.ErrBlocked), errors.Is(err, card.ErrWrongPIN)
	switch {
	case blocked && wrong:
		return &Error{Code: CodeLocked, ID: "err.just-locked." + secret}
	case blocked:
		return &Error{Code: CodeLocked, ID: "err.locked-answer." + secret}
	case pin.Tries.Known:
		return &Error{Code: CodeWrongPIN, ID: "err.wrong-pin." + secret, Pairs: []any{"N", pin.Tries.Left}}
	}
	return &Error{Code: CodeWrongPIN, ID: "err.wrong-pin-unknown." + secret}
}
