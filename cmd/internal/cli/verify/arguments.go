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
	"natsuin/verify/touki"
)

// pairs combines the arguments into pairs of a signature and its content
// (docs/cli.md, "Verify's arguments").
func (r *run) pairs(ctx context.Context, args []string) ([]pair, error) {
	var list []pair
	for i, arg := range args {
		if isSignatureName(arg) || i == 0 {
			list = append(list, pair{signature: arg})
			continue
		}
		last := &list[len(list)-1]
		switch {
		case namesPDF(ctx, arg) && (last.content != "" || namesPDF(ctx, last.signature)),
			(last.content != "" || r.holdsContent(ctx, last.signature)) && looksSigned(ctx, arg):
			list = append(list, pair{signature: arg})
		case ctx.Err() != nil: // the files were not all read
			return nil, ctx.Err()
		case last.content != "":
			return nil, outcome.Usage("err.verify.content-twice", "Path", text.Escape(arg))
		default:
			last.content = arg
		}
	}
	if slices.ContainsFunc(args[1:], isSignatureName) && args[0] != "-" && !isSignatureName(args[0]) && regular(args[0]) &&
		!looksSigned(ctx, args[0]) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, outcome.Usage("err.verify.content-first", "Path", text.Escape(args[0]))
	}
	return list, r.checkPairs(list)
}

// checkPairs applies --content. It returns a usage error if a flag needs
// exactly one signature and there are others, or if a stream is used twice.
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
	switch {
	case o.Profile != "" && o.Profile != touki.Profile:
		return outcome.Usage("err.flag.choice", "Flag", "--profile", "Value", o.Profile, "Known", touki.Profile)
	case o.Signature < 0:
		return outcome.Usage("err.verify.no-such-signature", "N", 0)
	case o.Signature != 0 && o.Out == "":
		return outcome.Usage("err.flag.needs", "Flag", "--signature", "Needs", "--out")
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
	return slices.Contains([]string{detachedExt, ".p7m", ".pem", ".eml"}, strings.ToLower(filepath.Ext(name)))
}

func regular(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// looksSigned reports whether name is a regular file whose content is a
// signature, or a PDF with one.
func looksSigned(ctx context.Context, name string) bool {
	switch sniffed(ctx, name) {
	case verify.KindSignature:
		return true
	case verify.KindPDF:
		return withFile(ctx, name, verify.HoldsSignature)
	}
	return false
}

// sniffed returns the kind of a regular file, or "".
func sniffed(ctx context.Context, name string) (kind verify.Kind) {
	withFile(ctx, name, func(r io.ReaderAt, size int64) bool {
		kind, _ = verify.Sniff(r, size)
		return true
	})
	return kind
}

// withFile calls ask for a regular file and returns its answer. It returns
// false for any other file, and for one that cannot be read.
func withFile(ctx context.Context, name string, ask func(io.ReaderAt, int64) bool) bool {
	if name == "-" || !regular(name) {
		return false
	}
	f, size, err := openRegular(ctx, name)
	if err != nil {
		return false
	}
	defer f.Close()
	return ask(f, size)
}

// namesPDF reports whether name is a regular file whose content is a PDF.
func namesPDF(ctx context.Context, name string) bool { return sniffed(ctx, name) == verify.KindPDF }

// holdsContent reports whether a signature contains its content, or the file is
// not a signature at all. In both cases the next argument is not its content.
func (r *run) holdsContent(ctx context.Context, name string) bool {
	if name == "-" {
		b, err := r.stdin()
		return err == nil && verify.HoldsContent(bytes.NewReader(b), int64(len(b)))
	}
	return withFile(ctx, name, verify.HoldsContent)
}

func openRegular(ctx context.Context, name string) (*os.File, int64, error) {
	f, err := infile.Open(ctx, name)
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

// A signatureFile is an open file with a signature.
type signatureFile struct {
	io.ReaderAt
	io.Closer
	size int64
}

var errNotRegular = errors.New("not a regular file")

// openSignature opens a signature for reading at any offset. It reads a
// signature from standard input into memory.
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
	f, size, err := openRegular(ctx, name)
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	return &signatureFile{f, f, size}, nil
}

func (r *run) readStdin(ctx context.Context) ([]byte, error) {
	return infile.ReadAll(infile.Stream(ctx, r.Streams.In), "-")
}

// detachedExt is what sign appends to the name of the content of a detached
// signature.
const detachedExt = ".p7s"

// impliedName returns the name of a detached signature without detachedExt,
// which is the name of its content. It returns "" if the name has another
// extension.
func impliedName(signature string) string {
	if !strings.EqualFold(filepath.Ext(signature), detachedExt) {
		return ""
	}
	return signature[:len(signature)-len(detachedExt)]
}

// impliedContent returns impliedName if it is a regular file, and otherwise "".
// A folder or a pipe of that name is not the content.
func impliedContent(signature string) string {
	if name := impliedName(signature); name != "" && regular(name) {
		return name
	}
	return ""
}
