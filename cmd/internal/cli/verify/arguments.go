package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// pairs sorts the arguments into signatures and contents (docs/cli.md,
// "Verify's arguments").
func (r *run) pairs(ctx context.Context, args []string) ([]pair, error) {
	var list []pair
	for i, arg := range args {
		if isSignatureName(arg) || i == 0 {
			list = append(list, pair{signature: arg})
			continue
		}
		last := &list[len(list)-1]
		switch signed := looksSigned(arg); {
		case signed && (last.content != "" || r.holdsContent(last.signature)):
			list = append(list, pair{signature: arg})
		case last.content != "":
			return nil, outcome.Usage("err.verify.content-twice", "Path", text.Escape(arg))
		default:
			last.content = arg
		}
	}
	if len(args) > 1 && args[0] != "-" && !isSignatureName(args[0]) && regular(args[0]) && !looksSigned(args[0]) &&
		slices.ContainsFunc(args[1:], isSignatureName) {
		return nil, outcome.Usage("err.verify.content-first", "Path", text.Escape(args[0]))
	}
	return list, r.checkPairs(list)
}

// checkPairs refuses flags that need exactly one signature, and a stream that
// is used twice, and applies --content.
func (r *run) checkPairs(list []pair) error {
	o := r.opts
	stdin := 0
	for _, p := range list {
		for _, name := range []string{p.signature, p.content} {
			if name == "-" {
				stdin++
			}
		}
	}
	if o.Content == "-" {
		stdin++
	}
	if stdin > 1 {
		return outcome.Usage("err.sign.stdin-twice")
	}
	if len(list) != 1 {
		for _, flag := range []struct{ name, value string }{{"--content", o.Content}, {"--signer", o.Signer}, {"--out", o.Out}} {
			if flag.value != "" {
				return outcome.Usage("err.verify.one", "Flag", flag.name)
			}
		}
	}
	if o.Content != "" {
		if list[0].content != "" {
			return outcome.Usage("err.verify.content-twice", "Path", text.Escape(list[0].content))
		}
		list[0].content = o.Content
	}
	return nil
}

func isSignatureName(name string) bool {
	return slices.Contains([]string{".p7s", ".p7m", ".pem", ".eml"}, strings.ToLower(filepath.Ext(name)))
}

func regular(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// looksSigned reports whether a file is a signature by its content. A file that
// cannot be read, or only once, is not examined.
func looksSigned(name string) bool {
	if name == "-" || !regular(name) {
		return false
	}
	f, size, err := openRegular(name)
	if err != nil {
		return false
	}
	defer f.Close()
	kind, err := verify.Sniff(f, size)
	return err == nil && kind == verify.KindSignature
}

// holdsContent reports whether a signature contains its content, or the file is
// not a message at all. The next argument is then not its content.
func (r *run) holdsContent(name string) bool {
	if name == "-" {
		b, err := r.stdin()
		return err == nil && verify.HoldsContent(bytes.NewReader(b), int64(len(b)))
	}
	if !regular(name) {
		return false
	}
	f, size, err := openRegular(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return verify.HoldsContent(f, size)
}

func openRegular(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// A signatureFile is an opened signature.
type signatureFile struct {
	io.ReaderAt
	io.Closer
	size int64
}

var errNotRegular = errors.New("not a regular file")

// openSignature opens a file that can be read at any offset, or reads the
// standard input into one.
func (r *run) openSignature(ctx context.Context, name string) (*signatureFile, error) {
	if name == "-" {
		b, err := r.stdin()
		if err != nil {
			return nil, err
		}
		return &signatureFile{bytes.NewReader(b), io.NopCloser(nil), int64(len(b))}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, outcome.File("err.file.regular", name, errNotRegular)
	}
	f, size, err := openRegular(name)
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	return &signatureFile{f, f, size}, nil
}

func (r *run) readStdin(ctx context.Context) ([]byte, error) {
	return infile.ReadAll(infile.Stream(ctx, r.Streams.In), "-")
}

// impliedName returns the name that the content of a detached signature has:
// its own without .p7s, or "".
func impliedName(signature string) string {
	if !strings.EqualFold(filepath.Ext(signature), ".p7s") {
		return ""
	}
	return signature[:len(signature)-len(".p7s")]
}

// impliedContent returns the file that a detached signature implies, or "". A
// folder or a pipe of that name is not the content.
func impliedContent(signature string) string {
	if name := impliedName(signature); name != "" && regular(name) {
		return name
	}
	return ""
}
