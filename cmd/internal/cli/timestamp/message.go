package timestamp

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	stamps "natsuin/sign/timestamp"
	"natsuin/verify"
)

// A signature is a file in a form to which time stamps can be added.
type signature interface {
	// imprints returns what a token for each signer must be about.
	imprints() []stamps.Imprint
	// add adds the tokens, in memory, and judges the result.
	add(ctx context.Context, tokens [][]byte) error
	// write writes the result.
	write(ctx context.Context, w io.Writer) error
	// close closes the file; the second time, it does nothing.
	close()
}

// open opens a file by what its content shows, and refuses one that cannot be
// stamped. A PDF, to which a document time stamp would be added in a new
// revision, would be another case here, with a signature of its own.
func (r *run) open(ctx context.Context, j *job) error {
	f, info, err := regular(ctx, j.input)
	if err != nil {
		return err
	}
	kind, err := verify.Sniff(f, info.Size())
	if err == nil {
		switch kind {
		case verify.KindSignature:
			var m *message
			if m, err = r.openMessage(ctx, j.input, f, info); err == nil {
				j.signature = m
			}
		case verify.KindUTF16:
			err = infile.UTF16(j.input)
		default:
			err = &outcome.Error{
				Code: outcome.CodeUnsuitable, ID: "err.timestamp.unsuitable", Reason: string(kind),
				Pairs: []any{"Path", text.Escape(j.input), "What", r.T("unsuitable.what." + string(kind))},
			}
		}
	} else {
		err = outcome.File("err.file.read", j.input, err)
	}
	if err != nil {
		f.Close()
	}
	return err
}

var errNotRegular = errors.New("not a regular file")

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

// A message is a CMS signature, detached or attached, of any size.
type message struct {
	*run
	name    string
	file    *os.File
	info    fs.FileInfo
	message *sign.Message
	verdict verify.Verdict
	policy  verify.Policy
}

// openMessage judges a CMS signature, and refuses one that is INVALID: a stamp
// on it would only make it look better.
func (r *run) openMessage(ctx context.Context, name string, f *os.File, info fs.FileInfo) (*message, error) {
	m := &message{run: r, name: name, file: f, info: info, policy: verify.Policy{Now: r.Now()}}
	sources := policy.Sources{Run: r.Run}
	var err error
	if m.policy.Anchors, err = sources.Anchors(ctx, nil); err != nil {
		return nil, err
	}
	report, err := m.judge(ctx, f, info.Size())
	if err != nil {
		return nil, err
	}
	if m.verdict = report.Verdict; m.verdict == verify.Invalid {
		return nil, &outcome.Error{
			Code: outcome.CodeInvalid, ID: "err.timestamp.invalid",
			Pairs: []any{"Path", text.Escape(name), "Reason", policy.Reason(r.Printer, report.Reason)},
		}
	}
	m.message, err = sign.OpenMessage(f, info.Size())
	for _, row := range []struct {
		err        error
		id, reason string
	}{
		{sign.ErrNotDER, "err.timestamp.not-der", "not-der"},
		{sign.ErrArchived, "err.timestamp.archived", "archived"},
	} {
		if errors.Is(err, row.err) {
			return nil, &outcome.Error{Code: outcome.CodeUnsuitable, ID: row.id, Reason: row.reason, Pairs: []any{"Path", text.Escape(name)}, Err: err}
		}
	}
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	return m, nil
}

// judge judges the signature, with the content beside it if there is one.
func (m *message) judge(ctx context.Context, r io.ReaderAt, size int64) (*verify.Report, error) {
	in := verify.Input{Signature: r, Size: size}
	if beside := strings.TrimSuffix(m.name, filepath.Ext(m.name)); strings.EqualFold(filepath.Ext(m.name), ".p7s") {
		if content, _, err := regular(ctx, beside); err == nil {
			defer content.Close()
			in.Content = content
		}
	}
	report, err := verify.Verify(ctx, in, m.policy)
	if err != nil && ctx.Err() == nil {
		err = outcome.File("err.file.read", m.name, err)
	}
	return report, err
}

func (m *message) imprints() []stamps.Imprint { return m.message.Imprints() }

// add adds the tokens, and has the result judged by package verify, which
// shares no code with package sign: the verdict is the same, and each signer
// has a stamp over its signature.
func (m *message) add(ctx context.Context, tokens [][]byte) (err error) {
	if m.message, err = m.message.WithTimeStamps(tokens...); err != nil {
		return err
	}
	report, err := m.judge(ctx, m.message, m.message.Size())
	if err != nil {
		return err
	}
	same := report.Verdict == m.verdict && len(report.Signers) == len(tokens)
	for _, s := range report.Signers {
		same = same && s.Timestamp != nil
	}
	if !same {
		return &sign.CheckError{Check: sign.CheckStructure, Err: errors.New("another verdict with the time stamp")}
	}
	return nil
}

// write copies the file with the stamps in it.
func (m *message) write(ctx context.Context, w io.Writer) error {
	content := infile.Stream(ctx, io.NewSectionReader(m.message, 0, m.message.Size()))
	if _, err := io.Copy(w, content); err != nil {
		return err
	}
	now, err := os.Stat(m.name)
	if err != nil || !os.SameFile(m.info, now) || now.Size() != m.info.Size() || !now.ModTime().Equal(m.info.ModTime()) {
		return &outcome.Error{Code: outcome.CodeChanged, ID: "err.file.changed", Pairs: []any{"Path", text.Escape(m.name)}}
	}
	return nil
}

func (m *message) close() { m.file.Close() }
