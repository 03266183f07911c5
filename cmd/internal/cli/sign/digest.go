package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"natsuin/card"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	"natsuin/verify"
	"natsuin/verify/touki"
)

// digest hashes every input, on all cores, before the card is touched.
func (r *run) digest(ctx context.Context) error {
	return r.read(ctx, r.jobs, r.hash)
}

// expect sets the hash that the card's key may need: the one for its kind of
// card or, if such a card has RSA keys only, the one for the authentication
// certificate, which can be read without a secret. It is 0 if that is not known
// either.
func (r *run) expect(t card.Token, auth card.Preview) {
	if r.wanted = t.Kind.Hash(); r.wanted == 0 {
		r.wanted = auth.Hash
	}
}

// prehash also hashes the inputs with the hash that expect has set, if they
// were not hashed with it yet. It runs before the prompt and outside any
// transaction, because there is no time to read files after VERIFY.
func (r *run) prehash(ctx context.Context) error {
	if r.opts.Hash != "" || r.opts.DryRun || r.wanted == 0 || r.wanted == r.hash {
		return nil
	}
	var rest []*job
	for _, j := range r.jobs {
		if j.other.Hash != r.wanted {
			rest = append(rest, j)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return r.read(ctx, rest, r.wanted)
}

// useHashOf switches to the hash that the card's key needs, if it is not
// r.hash. It reads no file, since it runs in the transaction. The error is a
// usage error if --hash or --profile excludes that hash, or if the inputs were
// not hashed with it before.
func (r *run) useHashOf(cert *x509.Certificate) error {
	h := card.HashFor(cert.PublicKey)
	if h == 0 || h == r.hash {
		return nil
	}
	if r.opts.PDF.Profile == touki.Profile {
		return outcome.Usage("err.sign.touki-key", "Hash", hashName(h))
	}
	for _, j := range r.jobs {
		if j.other.Hash != h || r.opts.Hash != "" {
			return outcome.Usage("err.sign.hash-for-key", "Hash", hashName(h))
		}
	}
	r.hash = h
	for _, j := range r.jobs {
		j.content = j.other
		j.reportDigest(j.content)
	}
	return nil
}

// read digests inputs, several at a time. Each file is open only while it is
// read, and is then compared with its state at the start of the run.
func (r *run) read(ctx context.Context, jobs []*job, h crypto.Hash) error {
	var total int64
	for _, j := range jobs {
		if j.info != nil {
			total += j.info.Size()
		}
	}
	bar := r.Streams.Progress(r.T("progress.hash"), total)
	defer bar.Done()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for _, j := range jobs {
		group.Go(func() (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = outcome.Bug(v)
				}
			}()
			err = r.form.digest(ctx, r, j, h, bar)
			if err == nil {
				err = j.unchanged()
			}
			if err != nil {
				j.fail(err)
			}
			return err
		})
	}
	return group.Wait()
}

// digestWhole hashes the whole input. An input that can be read only once is
// also hashed with SHA-384, which the key may need, unless --hash is given.
func digestWhole(ctx context.Context, r *run, j *job, h crypto.Hash, seen io.Writer) error {
	var shape verify.AttributeShape
	err := j.read(ctx, r, func(in io.Reader) error {
		in = io.TeeReader(in, io.MultiWriter(seen, &shape))
		second := crypto.SHA384
		both := r.opts.Hash == "" && j.streamed()
		sum := second.New()
		if both {
			in = io.TeeReader(in, sum)
		}
		content, err := sign.Digest(ctx, in, h)
		if err != nil {
			return err
		}
		j.digested(r, content)
		if both {
			j.digested(r, sign.Content{Hash: second, Sum: sum.Sum(nil), Size: content.Size})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.suitable(j, &shape)
}

// digested keeps a digest: the one to sign or, if it has another hash, one that
// the key may need.
func (j *job) digested(r *run, content sign.Content) {
	if content.Hash != r.hash {
		j.other = content
		return
	}
	j.content = content
	j.reportDigest(j.content)
}

func (j *job) read(ctx context.Context, r *run, hash func(io.Reader) error) error {
	in := io.Reader(r.Streams.In)
	if j.input != "-" {
		f, err := infile.Open(ctx, j.input)
		if err != nil {
			return outcome.File("err.file.read", j.input, err)
		}
		defer f.Close()
		in = f
	}
	return j.readError(ctx, hash(infile.Stream(ctx, in)))
}

// readError returns the outcome of a failure to read the input.
func (j *job) readError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return outcome.File("err.file.read", j.input, err)
}

// reportDigest adds a digest to the JSON of the file. A PDF has none until it
// is signed: Sum is nil.
func (j *job) reportDigest(content sign.Content) {
	j.report.DigestAlg = hashName(content.Hash)
	if content.Sum != nil {
		j.report.Digest = console.OrNull(fmt.Sprintf("%X", content.Sum))
	}
}

func hashName(h crypto.Hash) string {
	return strings.ToLower(strings.ReplaceAll(h.String(), "-", ""))
}

// unchanged compares the file with its state at the start of the run.
func (j *job) unchanged() error {
	if j.streamed() {
		return nil
	}
	now, err := os.Stat(j.input)
	if err != nil {
		return outcome.File("err.file.read", j.input, err)
	}
	if !os.SameFile(j.info, now) || now.Size() != j.content.Size || !now.ModTime().Equal(j.info.ModTime()) {
		return j.changedError()
	}
	return nil
}

func (j *job) changedError() error {
	return &outcome.Error{Code: outcome.CodeChanged, ID: "err.file.changed", Pairs: []any{"Path", text.Escape(j.input)}}
}
