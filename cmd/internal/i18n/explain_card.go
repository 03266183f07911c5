package i18n

import (
	"errors"

	"natsuin/card"
	"natsuin/card/apdu"
)

// classifyCard knows what a card, its secrets and its certificates can answer.
func classifyCard(err error) *Error {
	var unknown *card.OutcomeUnknownError
	var pin *card.PINError
	var form *card.FormError
	var weak *card.WeakSecretError
	var missing *card.NoCertificateError
	var key *card.WeakKeyError
	var status *apdu.StatusError
	switch {
	case errors.As(err, &unknown): // first: whatever else it holds, nothing is sure
		return &Error{Code: CodeUnknownOutcome, ID: unknownID(unknown), Err: err}
	case errors.As(err, &pin):
		return classifyPIN(pin, err)
	case errors.As(err, &form):
		return &Error{Code: CodeBadSecretForm, ID: "err.form." + form.Reason.String(), Err: err}
	case errors.As(err, &weak):
		return &Error{Code: CodeBadSecretForm, ID: "err.weak-secret." + weak.Reason.String(), Err: err}
	case errors.As(err, &missing):
		return &Error{Code: CodeNoCertificate, ID: "err.no-certificate." + missing.ID.String(), Err: err}
	case errors.Is(err, card.ErrNoCredential):
		return &Error{Code: CodeNoCertificate, ID: "err.no-credential", Err: err}
	case errors.Is(err, card.ErrNotSelected):
		return &Error{Code: CodeNotJPKI, ID: "err.not-selected", Err: err}
	case errors.Is(err, card.ErrNotJPKI):
		return &Error{Code: CodeNotJPKI, ID: "err.not-jpki", Err: err}
	case errors.Is(err, card.ErrNotVerified):
		return &Error{Code: CodeCardRemoved, ID: "err.not-verified", Err: err}
	case errors.As(err, &key):
		return &Error{Code: CodeWeak, ID: "err.weak", Pairs: []any{"Bits", key.Bits}, Err: err}
	}
	if e := classifyReader(err); e != nil { // a removed card before a word about its last answer
		return e
	}
	switch { // the application was selected: whatever this is, it is a JPKI card
	case errors.As(err, &status):
		return &Error{Code: CodeCardRefused, ID: "err.card-refused", Pairs: []any{"Op", status.Op, "Status", status.Status.String()}, Err: err}
	case errors.As(err, new(*apdu.MalformedError)):
		return &Error{Code: CodeCardRefused, ID: "err.card-answer", Err: err}
	case errors.As(err, new(*card.BadCertificateError)):
		return &Error{Code: CodeCardRefused, ID: "err.card-certificate", Err: err}
	case errors.Is(err, card.ErrBadSignature):
		return &Error{Code: CodeCardRefused, ID: "err.card-signature", Err: err}
	case errors.As(err, new(*card.UnsupportedError)):
		return &Error{Code: CodeCardRefused, ID: "err.card-key", Err: err}
	case errors.As(err, new(*apdu.TransmitError)): // of a transport without words of its own
		return &Error{Code: CodeCardRemoved, ID: "err.pcsc.removed", Err: err}
	}
	return nil
}

// unknownID names the words for a lost outcome by its command and by its cause:
// no answer came, or one that does not say what became of the secret.
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

// classifyPIN tells a wrong secret from a locked one, and the try that locked it.
func classifyPIN(pin *card.PINError, err error) *Error {
	blocked, wrong := errors.Is(err, card.ErrBlocked), errors.Is(err, card.ErrWrongPIN)
	switch {
	case blocked && wrong:
		return &Error{Code: CodeLocked, ID: "err.just-locked", Err: err}
	case blocked:
		return &Error{Code: CodeLocked, ID: "err.locked-answer", Err: err}
	case pin.Tries.Known:
		return &Error{Code: CodeWrongPIN, ID: "err.wrong-pin", Pairs: []any{"N", pin.Tries.Left}, Err: err}
	}
	return &Error{Code: CodeWrongPIN, ID: "err.wrong-pin.unknown", Err: err}
}
