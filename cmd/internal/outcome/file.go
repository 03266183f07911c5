package outcome

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/terminal"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/sign"
	"natsuin/sign/timestamp"
	"natsuin/verify/trust"
)

var outputRows = []row{
	as(func(e *outfile.ExistsError) *Error {
		return &Error{Code: CodeExists, ID: "err.output.exists", Pairs: []any{"Path", text.Escape(e.Path)}}
	}),
	as(func(e *outfile.SameFileError) *Error {
		id := "err.output.same"
		switch {
		case e.Source != "":
			id = "err.input.twice"
		case !e.Input:
			id = "err.output.twice"
		}
		return &Error{Code: CodeUsage, ID: id, Pairs: []any{"Path", text.Escape(e.Path), "Other", text.Escape(e.Other), "Source", text.Escape(e.Source)}}
	}),
	as(func(e *outfile.Error) *Error {
		return &Error{Code: CodeFile, ID: outputID(e), Pairs: []any{"Path", text.Escape(e.Path), "Error", text.Escape(e.Err.Error())}}
	}),
}

// outputID returns the id of the message for an output that could not be
// written. It depends on the cause.
func outputID(e *outfile.Error) string {
	for _, cause := range []struct {
		err error
		id  string
	}{
		{outfile.ErrNoSpace, "err.output.no-space"},
		{outfile.ErrQuota, "err.output.no-space"},
		{outfile.ErrFolder, "err.output.folder"},
		{outfile.ErrIsFolder, "err.output.is-folder"},
		{outfile.ErrNotRegular, "err.output.not-regular"},
		{syscall.ENAMETOOLONG, "err.output.long-name"},
	} {
		if errors.Is(e, cause.err) {
			return cause.id
		}
	}
	return "err.file.write"
}

var terminalRows = []row{
	is(terminal.ErrInterrupted, CodeInterrupted, "err.interrupted"),
	is(terminal.ErrNoTerminal, CodeDeclined, "err.input-needed"),
	is(terminal.ErrInputLength, CodeBadSecretForm, "err.secret.long"),
	is(terminal.ErrNotText, CodeBadSecretForm, "err.secret.not-text"),
}

var signRows = []row{
	as(func(e *sign.CheckError) *Error {
		return &Error{Code: CodeInvalid, ID: "err.sign.self-check", Pairs: []any{"Check", string(e.Check)}}
	}),
	as(func(e *sign.UnsupportedError) *Error {
		return &Error{Code: CodeUsage, ID: "err.sign.unsupported", Pairs: []any{"What", e.What, "Name", text.Escape(e.Name)}}
	}),
	as(func(e *timestamp.RefusedError) *Error { // before ErrUserInfo, which it wraps if it is about a proxy's address
		return &Error{Code: CodeNoTimestamp, ID: "err.no-timestamp", Pairs: []any{"Why", string(e.Reason)}}
	}),
	as(func(e *timestamp.SyntaxError) *Error {
		return &Error{Code: CodeNoTimestamp, ID: "err.no-timestamp", Pairs: []any{"Why", e.Field}}
	}),
	is(timestamp.ErrUserInfo, CodeUsage, "err.timestamp.user-info"),
	is(timestamp.ErrAddress, CodeUsage, "err.timestamp.address"),
}

var fingerprintRows = []row{
	is(fingerprint.ErrEmpty, CodeUsage, "err.print.empty"),
	is(fingerprint.ErrTwoValues, CodeUsage, "err.print.two"),
	is(fingerprint.ErrTooLong, CodeUsage, "err.print.two"),
	as(func(e *fingerprint.LengthError) *Error {
		digits := []any{"Digits", e.Digits + e.Base64}
		if e.Labelled == 0 {
			return &Error{Code: CodeUsage, ID: "err.print.length", Pairs: digits}
		}
		name := strings.Replace(strings.ToUpper(e.Labelled.String()), "SHA", "SHA-", 1)
		return &Error{Code: CodeUsage, ID: "err.print.label", Pairs: append(digits, "Algorithm", name)}
	}),
	as(func(e *fingerprint.SyntaxError) *Error {
		return &Error{Code: CodeUsage, ID: "err.print.syntax", Pairs: []any{"Char", text.Escape(string(e.Char))}}
	}),
}

var trustRows = []row{
	as(func(e *trust.FileError) *Error { // before the errors that it may wrap
		name := strings.TrimSuffix(filepath.Base(e.Path), ".pem")
		return &Error{Code: CodeFile, ID: "err.trust.file", Pairs: []any{"Path", text.Escape(e.Path), "Name", text.Escape(name), "Error", text.Escape(e.Err.Error())}}
	}),
	is(trust.ErrNoFolder, CodeFile, "err.no-folder"),
	is(trust.ErrPractice, CodeInvalid, "err.trust.practice"),
	always[*trust.NotRootError](CodeInvalid, "err.trust.not-root"),
	as(func(e *trust.ExistsError) *Error {
		return &Error{Code: CodeExists, ID: "err.trust.name-taken", Pairs: []any{"Name", text.Escape(e.Name)}}
	}),
	as(func(e *trust.ReservedNameError) *Error {
		return &Error{Code: CodeUsage, ID: "err.trust.name-reserved", Pairs: []any{"Name", text.Escape(e.Name)}}
	}),
}

// pathRows are the rows for files that a library reads or writes by itself.
var pathRows = []row{
	as(func(e *fs.PathError) *Error {
		return storeFile(e.Path, e.Err)
	}),
	as(func(e *os.LinkError) *Error { return storeFile(e.New, e.Err) }), // from a rename
}

func storeFile(path string, err error) *Error {
	return &Error{Code: CodeFile, ID: "err.store.file", Pairs: []any{"Path", text.Escape(path), "Error", text.Escape(err.Error())}}
}
