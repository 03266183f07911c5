package timestamp

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	stamps "natsuin/sign/timestamp"
	"natsuin/verify"
)

// A stampable is a file in a form to which time stamps can be added.
type stampable interface {
	// imprints returns the imprints to be stamped, one for each token.
	imprints() []stamps.Imprint
	// add adds the tokens, in memory, and checks the result.
	add(ctx context.Context, tokens [][]byte) error
	// write writes the result.
	write(ctx context.Context, w io.Writer) error
	// check reads the finished file back before it gets its name.
	check(written io.ReaderAt, size int64) error
}

// An input is a regular file that stays open until its stamped form is written.
type input struct {
	name   string
	file   *os.File
	info   fs.FileInfo
	kind   verify.Kind
	policy verify.Policy // for the judgements before and after
}

var errNotRegular = errors.New("not a regular file")

// openInput opens a file, and determines its kind from its content.
func (r *run) openInput(ctx context.Context, name string) (*input, error) {
	in := &input{name: name}
	var err error
	if in.file, in.info, err = regular(ctx, name); err != nil {
		return nil, err
	}
	if in.kind, err = verify.Sniff(in.file, in.info.Size()); err != nil {
		in.close()
		return nil, outcome.File("err.file.read", name, err)
	}
	return in, nil
}

func regular(ctx context.Context, name string) (*os.File, fs.FileInfo, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, nil, outcome.File("err.file.regular", name, errNotRegular)
	}
	f, err := infile.Open(ctx, name)
	if err != nil {
		return nil, nil, outcome.File("err.file.read", name, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, outcome.File("err.file.read", name, err)
	}
	return f, info, nil
}

// open verifies an input as its kind demands, and refuses one that cannot be
// stamped.
func (r *run) open(ctx context.Context, j *job) (stampable, error) {
	in := j.input
	var err error
	sources := policy.Sources{Run: r.Run}
	in.policy.Now = r.Now()
	if in.policy.Anchors, err = sources.Anchors(ctx, nil); err != nil {
		return nil, err
	}
	switch in.kind {
	case verify.KindSignature:
		return r.openMessage(ctx, in)
	case verify.KindPDF:
		return r.openDocument(ctx, j)
	case verify.KindUTF16:
		return nil, infile.UTF16(in.name)
	}
	return nil, &outcome.Error{
		Code: outcome.CodeUnsuitable, ID: "err.timestamp.unsuitable", Reason: string(in.kind),
		Pairs: []any{"Path", text.Escape(in.name), "What", r.T("unsuitable.what." + string(in.kind))},
	}
}

// unchanged returns an error if the name no longer refers to the file that was
// opened, or if that file has changed.
func (in *input) unchanged() error {
	now, err := os.Stat(in.name)
	if err != nil || !os.SameFile(in.info, now) || now.Size() != in.info.Size() || !now.ModTime().Equal(in.info.ModTime()) {
		return in.changed()
	}
	return nil
}

func (in *input) changed() error {
	return &outcome.Error{Code: outcome.CodeChanged, ID: "err.file.changed", Pairs: []any{"Path", text.Escape(in.name)}}
}

// close closes the file. It may be called more than once.
func (in *input) close() { in.file.Close() }
