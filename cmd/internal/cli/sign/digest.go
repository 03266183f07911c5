package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"natsuin/card"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/sign"
	"natsuin/verify"
)

// digest hashes every input, on all cores, before the card is touched. What can
// be read only once is hashed for either hash that a key may want.
func (r *run) digest(ctx context.Context) error {
	return r.read(ctx, r.jobs, func(ctx context.Context, j *job, in io.Reader) (err error) {
		if second := crypto.SHA384; r.opts.Hash == "" && j.streamed() {
			sum := second.New()
			j.content, err = sign.Digest(ctx, io.TeeReader(in, sum), r.hash)
			j.other = sign.Content{Hash: second, Sum: sum.Sum(nil), Size: j.content.Size}
		} else {
			j.content, err = sign.Digest(ctx, in, r.hash)
		}
		return err
	})
}

// expect notes, before anything is asked, that the card's key may want another
// hash than the usual one: the kind of card may have such keys, or the
// authentication certificate, which is free to read, has one.
func (r *run) expect(t card.Token, auth card.Preview) {
	if r.wanted = t.Kind.Hash(); r.wanted == 0 {
		r.wanted = auth.Hash
	}
}

// prehash hashes for the hash that expect foresaw too. It runs outside any
// transaction and before the prompt: after VERIFY there is no time to read
// files.
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
	return r.read(ctx, rest, func(ctx context.Context, j *job, in io.Reader) (err error) {
		j.other, err = sign.Digest(ctx, in, r.wanted)
		return err
	})
}

// useHashOf takes the hash that the key's profile asks for, if it is another
// than the usual one. It reads nothing: inside the transaction there is only
// what was hashed before.
func (r *run) useHashOf(cert *x509.Certificate) error {
	h := card.HashFor(cert.PublicKey)
	if h == 0 || h == r.hash {
		return nil
	}
	for _, j := range r.jobs {
		if j.other.Hash != h || r.opts.Hash != "" {
			return outcome.Usage("err.sign.hash-for-key", "Hash", hashName(h))
		}
	}
	r.hash = h
	for _, j := range r.jobs {
		j.content = j.other
		j.reportDigest()
	}
	return nil
}

// read calls hash for each input, several at a time. Each file is open only
// while it is read, and is then compared with its state at the start of the
// run.
func (r *run) read(ctx context.Context, jobs []*job, hash func(context.Context, *job, io.Reader) error) error {
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
		group.Go(func() error {
			var shape verify.AttributeShape
			seen := io.MultiWriter(bar, &shape)
			err := j.read(ctx, r, func(in io.Reader) error { return hash(ctx, j, io.TeeReader(in, seen)) })
			if err == nil {
				err = r.suitable(j, &shape)
			}
			if err != nil {
				j.fail(err)
			}
			return err
		})
	}
	return group.Wait()
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
	if err := hash(infile.Stream(ctx, in)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return outcome.File("err.file.read", j.input, err)
	}
	j.reportDigest()
	return j.unchanged()
}

func (j *job) reportDigest() {
	sum := fmt.Sprintf("%X", j.content.Sum)
	j.report.DigestAlg, j.report.Digest = hashName(j.content.Hash), &sum
}

func hashName(h crypto.Hash) string {
	return strings.ToLower(strings.ReplaceAll(h.String(), "-", ""))
}
