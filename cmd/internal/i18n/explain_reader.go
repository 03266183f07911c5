package i18n

import (
	"errors"
	"slices"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/ui"
)

// readerRows are the failures of the PC/SC service and of the practice card's store.
var readerRows = []struct {
	err  error
	code Code
	id   string
}{
	{pcsc.ErrNoSupport, CodeNoService, "err.pcsc.no-support"},
	{pcsc.ErrNoService, CodeNoService, "err.pcsc.no-service"},
	{pcsc.ErrPermission, CodeNoPermission, "err.pcsc.permission"},
	{pcsc.ErrNoReader, CodeNoReader, "err.no-reader"},
	{pcsc.ErrNoCard, CodeNoCard, "err.no-card"},
	{pcsc.ErrBusy, CodeBusy, "err.pcsc.busy"},
	{pcsc.ErrRemoved, CodeCardRemoved, "err.pcsc.removed"},
	{pcsc.ErrReset, CodeCardRemoved, "err.pcsc.reset"},
	{pcsc.ErrUnresponsive, CodeNoCard, "err.pcsc.unresponsive"},
	{pcsc.ErrTimeout, CodeTimeout, "err.pcsc.timeout"},
	{pcsc.ErrNoAnswer, CodeCardRemoved, "err.pcsc.no-answer"},
	{practice.ErrNoFolder, CodeFile, "err.no-folder"},
	{practice.ErrBusy, CodeBusy, "err.practice.busy"},
	{practice.ErrReplaced, CodeCardRemoved, "err.card-changed"},
	{practice.ErrNoCard, CodeNoCard, "err.practice.no-card"},
	{practice.ErrNoCertificate, CodeNoCertificate, "err.practice.no-certificate"},
}

// duringRun are the operations on a card that was reached before.
var duringRun = []string{"begin", "transmit", "end"}

func classifyReader(err error) *Error {
	var service *pcsc.Error
	if errors.As(err, &service) && errors.Is(err, pcsc.ErrNoService) && slices.Contains(duringRun, service.Op) {
		return &Error{Code: CodeNoService, ID: "err.pcsc.service-gone", Err: err}
	}
	for _, row := range readerRows {
		if errors.Is(err, row.err) {
			return &Error{Code: row.code, ID: row.id, Pairs: []any{"Reader", readerOf(err)}, Err: err}
		}
	}
	var damaged *practice.DamagedError
	var link *practice.LinkError
	var invalid *practice.InvalidError
	var secret *practice.NoSecretError
	var revoked *practice.RevokedError
	switch {
	case errors.As(err, &service):
		return &Error{Code: CodeNoService, ID: "err.pcsc.other", Pairs: []any{"Op", service.Op, "Code", service.Code.String()}, Err: err}
	case errors.As(err, &damaged):
		return &Error{Code: CodeFile, ID: "err.practice.damaged", Pairs: []any{"Path", ui.Escape(damaged.Path)}, Err: err}
	case errors.As(err, &link):
		return &Error{Code: CodeFile, ID: "err.practice.link", Pairs: []any{"Path", ui.Escape(link.Path)}, Err: err}
	case errors.As(err, &invalid):
		return &Error{Code: CodeUsage, ID: "err.practice.invalid." + invalid.Field, Err: err}
	case errors.As(err, &secret):
		return &Error{Code: CodeNoCertificate, ID: "err.practice.no-secret", Err: err}
	case errors.As(err, &revoked):
		return &Error{Code: CodeRevoked, ID: "err.practice.revoked", Err: err}
	}
	return nil
}

func readerOf(err error) string {
	var e *pcsc.Error
	if errors.As(err, &e) && e.Reader != "" {
		return ui.Escape(e.Reader)
	}
	return "—"
}
