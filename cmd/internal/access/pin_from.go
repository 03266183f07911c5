package access

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"natsuin/card"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// checkPINSource returns a usage error for a --pin-from value that can never be
// valid.
func checkPINSource(source string) error {
	kind, value, _ := strings.Cut(source, ":")
	switch {
	case source == "" || source == "stdin":
		return nil
	case kind == "fd":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			return nil
		}
	case kind == "file" && value != "":
		return nil
	case slices.Contains([]string{"pass", "env", "pin"}, kind):
		return outcome.Usage("err.pin-from.pass", "Value", source)
	}
	return outcome.Usage("err.pin-from", "Value", source, "Known", "stdin")
}

// ScriptSecrets reads n secrets from --pin-from, one per line. Without the flag
// it returns nil. It must be called before the card is touched. inputs names
// the other files that the run reads, with "-" for standard input, because one
// stream cannot be read for two purposes.
func (a *Access) ScriptSecrets(ctx context.Context, n int, inputs ...string) ([]card.Secret, error) {
	if a.PINFrom == "" {
		return nil, nil
	}
	a.Guard()
	if a.StdinTaken {
		inputs = append(inputs, "-")
	}
	r, err := a.openPINSource(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	regular, err := a.checkPINStream(r, inputs)
	if err != nil {
		return nil, err
	}
	in := infile.Stream(ctx, r)
	secrets := make([]card.Secret, 0, n)
	for i := range n {
		s, err := a.readSecretLine(in, i == 0)
		if err != nil {
			Wipe(secrets)
			return nil, err
		}
		secrets = append(secrets, s)
	}
	if regular && strings.HasPrefix(a.PINFrom, "file:") {
		if k, _ := in.Read(make([]byte, 1)); k > 0 { // a longer file is a mistake
			Wipe(secrets)
			return nil, outcome.Usage("err.pin-from.lines", "N", n)
		}
	}
	return secrets, nil
}

// byteOrderMark is the byte order mark of UTF-8, which some editors and shells
// write at the beginning of a text file.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// isUTF16 reports whether a line, read up to the byte 0x0A, is in UTF-16. A
// byte order mark or a zero byte shows this: a secret has neither.
func isUTF16(line []byte) bool {
	return bytes.HasPrefix(line, []byte("\xFF\xFE")) || bytes.HasPrefix(line, []byte("\xFE\xFF")) || bytes.IndexByte(line, 0) >= 0
}

// readSecretLine reads one line, which ends with LF, CRLF or the end of the
// input. It reads no byte after it, since the source may be a pipe that stays
// open. It skips a byte order mark before the first line, and refuses UTF-16.
func (a *Access) readSecretLine(r io.Reader, first bool) (card.Secret, error) {
	line := make([]byte, 0, len(byteOrderMark)+longestSecret+2)
	b := make([]byte, 1) // one buffer for all bytes, since each buffer would leave a byte of the secret on the heap
	defer clear(b)
	for {
		n, err := r.Read(b)
		if n == 1 && b[0] != '\n' {
			if len(line) == cap(line) {
				clear(line)
				return card.Secret{}, &outcome.Error{Code: outcome.CodeBadSecretForm, ID: "err.secret.long"}
			}
			line = append(line, b[0])
			continue
		}
		if err != nil && err != io.EOF {
			clear(line)
			return card.Secret{}, outcome.File("err.pin-from.file", a.PINFrom, err)
		}
		if n == 1 {
			line = bytes.TrimSuffix(line, []byte("\r"))
			break
		}
		if err == io.EOF {
			break
		}
	}
	if isUTF16(line) {
		clear(line)
		return card.Secret{}, &outcome.Error{Code: outcome.CodeBadSecretForm, ID: "err.secret.utf16"}
	}
	if first {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if len(line) == 0 {
		return card.Secret{}, &outcome.Error{Code: outcome.CodeBadSecretForm, ID: "err.secret.empty"}
	}
	return card.NewSecret(line), nil
}

func (a *Access) openPINSource(ctx context.Context) (io.ReadCloser, error) {
	kind, value, _ := strings.Cut(a.PINFrom, ":")
	switch kind {
	case "stdin":
		return io.NopCloser(a.Streams.In), nil
	case "fd":
		n, _ := strconv.Atoi(value)
		f := inherited(n)
		if f == nil {
			return nil, &outcome.Error{Code: outcome.CodeFile, ID: "err.pin-from.fd"} // the error does not name the number: it may be a PIN
		}
		return f, nil
	}
	f, err := infile.Open(ctx, value)
	if err != nil {
		return nil, outcome.File("err.pin-from.file", value, err)
	}
	if err := ownerOnly(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkPINStream returns a usage error if the source is a terminal, which would
// show the secret, or if it is also one of the inputs: a stream cannot be read
// for two purposes, and an attached signature of the file would contain the
// secret. regular reports whether the source is a regular file, whose end can
// be read without waiting.
func (a *Access) checkPINStream(source io.Reader, inputs []string) (regular bool, err error) {
	if a.PINFrom == "stdin" {
		if slices.Contains(inputs, "-") {
			return false, outcome.Usage("err.pin-from.stdin-taken")
		}
		if a.Streams.InIsTerminal {
			return false, outcome.Usage("err.pin-from.stdin-terminal")
		}
		source = a.Streams.In
	}
	if f, ok := source.(*os.File); ok && console.IsTerminal(f) {
		return false, outcome.Usage("err.pin-from.stdin-terminal")
	}
	info, err := stat(source)
	if err != nil {
		return false, nil // such as a redirected stdin under Wine; it can still be read
	}
	for _, name := range inputs {
		if other, err := a.statInput(name); err == nil && os.SameFile(info, other) {
			return false, outcome.Usage("err.pin-from.stdin-taken")
		}
	}
	return info.Mode().IsRegular(), nil
}

func (a *Access) statInput(name string) (os.FileInfo, error) {
	if name != "-" {
		return os.Stat(name)
	}
	return stat(a.Streams.In)
}

// stat describes the file behind a stream, if there is one.
func stat(stream io.Reader) (os.FileInfo, error) {
	if f, ok := stream.(interface{ Stat() (os.FileInfo, error) }); ok {
		return f.Stat()
	}
	return nil, os.ErrNotExist
}

// ownerOnly returns an error if the group or others may read or write the
// secret's file. Windows has no such bits: the access list of the folder
// decides there.
func ownerOnly(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return outcome.File("err.pin-from.file", f.Name(), err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o066 != 0 {
		return &outcome.Error{Code: outcome.CodeFile, ID: "err.pin-from.mode", Pairs: []any{"Path", text.Escape(f.Name())}}
	}
	return nil
}
