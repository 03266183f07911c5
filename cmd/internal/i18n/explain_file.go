package i18n

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/ui"
	"natsuin/fingerprint"
	"natsuin/sign"
	"natsuin/verify/trust"
)

// classifyFile knows outputs, terminals, signatures, fingerprints and registered roots.
func classifyFile(err error) *Error {
	for _, known := range []func(error) *Error{classifyOutput, classifyTerminal, classifySign, classifyPrint, classifyTrust} {
		if e := known(err); e != nil {
			return e
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return &Error{Code: CodeFile, ID: "err.store.file", Pairs: []any{"Path", ui.Escape(path.Path), "Error", ui.Escape(path.Err.Error())}, Err: err}
	}
	return nil
}

func classifyOutput(err error) *Error {
	var exists *outfile.ExistsError
	var same *outfile.SameFileError
	var out *outfile.Error
	switch {
	case errors.As(err, &exists):
		return &Error{Code: CodeExists, ID: "err.output.exists", Pairs: []any{"Path", ui.Escape(exists.Path)}, Err: err}
	case errors.As(err, &same):
		id := "err.output.same"
		switch {
		case same.Source != "":
			id = "err.input.twice"
		case same.Path == same.Other && !same.Input:
			id = "err.output.twice"
		}
		return &Error{Code: CodeUsage, ID: id, Pairs: []any{"Path", ui.Escape(same.Path), "Other", ui.Escape(same.Other), "Source", ui.Escape(same.Source)}, Err: err}
	case errors.As(err, &out):
		pairs := []any{"Path", ui.Escape(out.Path), "Error", ui.Escape(out.Err.Error())}
		switch {
		case errors.Is(err, outfile.ErrNoSpace), errors.Is(err, outfile.ErrQuota):
			return &Error{Code: CodeFile, ID: "err.output.no-space", Pairs: pairs, Err: err}
		case errors.Is(err, outfile.ErrFolder):
			return &Error{Code: CodeFile, ID: "err.output.folder", Pairs: pairs, Err: err}
		case errors.Is(err, outfile.ErrIsFolder):
			return &Error{Code: CodeFile, ID: "err.output.is-folder", Pairs: pairs, Err: err}
		case errors.Is(err, outfile.ErrNotRegular):
			return &Error{Code: CodeFile, ID: "err.output.not-regular", Pairs: pairs, Err: err}
		case errors.Is(err, syscall.ENAMETOOLONG):
			return &Error{Code: CodeFile, ID: "err.output.long-name", Pairs: pairs, Err: err}
		}
		return &Error{Code: CodeFile, ID: "err.file.write", Pairs: pairs, Err: err}
	}
	return nil
}

func classifyTerminal(err error) *Error {
	switch {
	case errors.Is(err, ui.ErrInterrupted):
		return &Error{Code: CodeInterrupted, ID: "err.interrupted", Err: err}
	case errors.Is(err, ui.ErrNoTerminal):
		return &Error{Code: CodeDeclined, ID: "err.input-needed", Err: err}
	case errors.Is(err, ui.ErrInputLength):
		return &Error{Code: CodeBadSecretForm, ID: "err.secret.long", Err: err}
	case errors.Is(err, ui.ErrNotText):
		return &Error{Code: CodeBadSecretForm, ID: "err.secret.not-text", Err: err}
	}
	return nil
}

func classifySign(err error) *Error {
	var check *sign.CheckError
	var unsupported *sign.UnsupportedError
	switch {
	case errors.As(err, &check):
		return &Error{Code: CodeInvalid, ID: "err.sign.self-check", Pairs: []any{"Check", string(check.Check)}, Err: err}
	case errors.As(err, &unsupported):
		return &Error{Code: CodeUsage, ID: "err.sign.unsupported", Pairs: []any{"What", unsupported.What, "Name", ui.Escape(unsupported.Name)}, Err: err}
	}
	return nil
}

func classifyPrint(err error) *Error {
	var length *fingerprint.LengthError
	var syntax *fingerprint.SyntaxError
	switch {
	case errors.Is(err, fingerprint.ErrEmpty):
		return &Error{Code: CodeUsage, ID: "err.print.empty", Err: err}
	case errors.Is(err, fingerprint.ErrTwoValues), errors.Is(err, fingerprint.ErrTooLong):
		return &Error{Code: CodeUsage, ID: "err.print.two", Err: err}
	case errors.As(err, &length) && length.Labelled != 0:
		name := strings.Replace(strings.ToUpper(length.Labelled.String()), "SHA", "SHA-", 1)
		return &Error{Code: CodeUsage, ID: "err.print.label", Pairs: []any{"Algorithm", name, "Digits", length.Digits + length.Base64}, Err: err}
	case errors.As(err, &length):
		return &Error{Code: CodeUsage, ID: "err.print.length", Pairs: []any{"Digits", length.Digits + length.Base64}, Err: err}
	case errors.As(err, &syntax):
		return &Error{Code: CodeUsage, ID: "err.print.syntax", Pairs: []any{"Char", ui.Escape(string(syntax.Char))}, Err: err}
	}
	return nil
}

func classifyTrust(err error) *Error {
	var exists *trust.ExistsError
	var reserved *trust.ReservedNameError
	var file *trust.FileError
	switch {
	case errors.As(err, &file): // before the reasons that it can hold
		name := strings.TrimSuffix(filepath.Base(file.Path), ".pem")
		return &Error{Code: CodeFile, ID: "err.trust.file", Pairs: []any{"Path", ui.Escape(file.Path), "Name", ui.Escape(name), "Error", ui.Escape(file.Err.Error())}, Err: err}
	case errors.Is(err, trust.ErrNoFolder):
		return &Error{Code: CodeFile, ID: "err.no-folder", Err: err}
	case errors.Is(err, trust.ErrPractice):
		return &Error{Code: CodeInvalid, ID: "err.trust.practice", Err: err}
	case errors.As(err, new(*trust.NotRootError)):
		return &Error{Code: CodeInvalid, ID: "err.trust.not-root", Err: err}
	case errors.As(err, &exists):
		return &Error{Code: CodeExists, ID: "err.trust.name-taken", Pairs: []any{"Name", ui.Escape(exists.Name)}, Err: err}
	case errors.As(err, &reserved):
		return &Error{Code: CodeUsage, ID: "err.trust.name-reserved", Pairs: []any{"Name", ui.Escape(reserved.Name)}, Err: err}
	}
	return nil
}
