package timestamp

import (
	"context"
	"errors"
	"io"
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

// A message is a CMS signature, detached or attached, of any size.
type message struct {
	*input
	message *sign.Message
	verdict verify.Verdict
}

// openMessage verifies a CMS signature, and refuses one that is INVALID: a
// stamp would only make it look better.
func (r *run) openMessage(ctx context.Context, in *input) (stampable, error) {
	m := &message{input: in}
	report, err := m.judge(ctx, in.file, in.info.Size())
	if err != nil {
		return nil, err
	}
	if m.verdict = report.Verdict; m.verdict == verify.Invalid {
		return nil, &outcome.Error{
			Code: outcome.CodeInvalid, ID: "err.timestamp.invalid",
			Pairs: []any{"Path", text.Escape(in.name), "Reason", policy.Reason(r.Printer, report.Reason)},
		}
	}
	m.message, err = sign.OpenMessage(in.file, in.info.Size())
	for _, row := range []struct {
		err        error
		id, reason string
	}{
		{sign.ErrNotDER, "err.timestamp.not-der", "not-der"},
		{sign.ErrArchived, "err.timestamp.archived", "archived"},
	} {
		if errors.Is(err, row.err) {
			return nil, &outcome.Error{Code: outcome.CodeUnsuitable, ID: row.id, Reason: row.reason, Pairs: []any{"Path", text.Escape(in.name)}, Err: err}
		}
	}
	if err != nil {
		return nil, outcome.File("err.file.read", in.name, err)
	}
	return m, nil
}

// judge verifies the signature. If the name ends in .p7s and there is a file of
// the same name without .p7s, that file is the content.
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

// add adds the tokens. Package verify, which has its own code for CMS, then
// verifies the result: the verdict must be the same, and each signer must have
// a stamp.
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
	_, err := io.Copy(w, infile.Stream(ctx, io.NewSectionReader(m.message, 0, m.message.Size())))
	return err
}

// check does nothing: what is written was verified by add.
func (m *message) check(io.ReaderAt, int64) error { return nil }
