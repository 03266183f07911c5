package outcome

import (
	"errors"
	"slices"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/text"
)

// readerRows are the rows for errors of the PC/SC service and of the store of
// the practice card.
var readerRows = []row{
	serviceGone,
	reader(pcsc.ErrNoSupport, CodeNoService, "err.pcsc.no-support"),
	reader(pcsc.ErrNotInstalled, CodeNoService, "err.pcsc.not-installed"),
	reader(pcsc.ErrNoService, CodeNoService, "err.pcsc.no-service"),
	reader(pcsc.ErrPermission, CodeNoPermission, "err.pcsc.permission"),
	reader(pcsc.ErrNoReader, CodeNoReader, "err.no-reader"),
	reader(pcsc.ErrNoCard, CodeNoCard, "err.no-card"),
	reader(pcsc.ErrBusy, CodeBusy, "err.pcsc.busy"),
	reader(pcsc.ErrRemoved, CodeCardRemoved, "err.pcsc.removed"),
	reader(pcsc.ErrReset, CodeCardRemoved, "err.pcsc.reset"),
	reader(pcsc.ErrUnresponsive, CodeNoCard, "err.pcsc.unresponsive"),
	reader(pcsc.ErrTimeout, CodeTimeout, "err.pcsc.timeout"),
	reader(pcsc.ErrNoAnswer, CodeCardRemoved, "err.pcsc.no-answer"),
	reader(practice.ErrNoFolder, CodeFile, "err.no-folder"),
	reader(practice.ErrBusy, CodeBusy, "err.practice.busy"),
	reader(practice.ErrReplaced, CodeCardRemoved, "err.card-changed"),
	reader(practice.ErrNoCard, CodeNoCard, "err.practice.no-card"),
	reader(practice.ErrNoCertificate, CodeNoCertificate, "err.practice.no-certificate"),
	as(func(e *pcsc.Error) *Error {
		return &Error{Code: CodeNoService, ID: "err.pcsc.other", Pairs: []any{"Op", e.Op, "Code", e.Code.String()}}
	}),
	as(func(e *practice.DamagedError) *Error {
		return &Error{Code: CodeFile, ID: "err.practice.damaged", Pairs: []any{"Path", text.Escape(e.Path)}}
	}),
	as(func(e *practice.LinkError) *Error {
		return &Error{Code: CodeFile, ID: "err.practice.link", Pairs: []any{"Path", text.Escape(e.Path)}}
	}),
	as(func(e *practice.InvalidError) *Error {
		return &Error{Code: CodeUsage, ID: "err.practice.invalid." + e.Field}
	}),
	always[*practice.NoSecretError](CodeNoCertificate, "err.practice.no-secret"),
	always[*practice.RevokedError](CodeRevoked, "err.practice.revoked"),
}

// reader returns the row for an error whose message may name the reader.
func reader(target error, code Code, id string) row {
	return func(err error) *Error {
		if !errors.Is(err, target) {
			return nil
		}
		return &Error{Code: code, ID: id, Pairs: []any{"Reader", readerOf(err)}}
	}
}

func readerOf(err error) string {
	var e *pcsc.Error
	if errors.As(err, &e) && e.Reader != "" {
		return text.Escape(e.Reader)
	}
	return "—"
}

// duringRun lists the operations of a connection to a card, which come after
// the service has answered.
var duringRun = []string{"begin", "transmit", "end"}

// serviceGone is the row for a PC/SC service that has ended since the run
// began.
func serviceGone(err error) *Error {
	var service *pcsc.Error
	if errors.As(err, &service) && errors.Is(err, pcsc.ErrNoService) && slices.Contains(duringRun, service.Op) {
		return &Error{Code: CodeNoService, ID: "err.pcsc.service-gone"}
	}
	return nil
}
