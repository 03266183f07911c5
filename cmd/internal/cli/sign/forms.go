package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"
	"os"

	"natsuin/cmd/internal/outcome"
	"natsuin/sign"
)

// A form is a form of signature. Everything that depends on the form stands in
// its row.
type form struct {
	name string // in JSON
	flag string // that asks for the form; "" for the usual one
	ext  string // of the output
	pem  bool   // --pem is possible
	// rereads is set if the content is read again while the signature is
	// written, so that it must be a regular file.
	rereads bool
	// issuers is set if the CA's certificate travels in the signature.
	issuers bool
	// sign makes the signature of one file with the card's key. It reads and
	// writes no file. The finishing that it returns runs elsewhere, while the
	// card makes the next one.
	sign func(*run, *job, *key) (finishing, error)
}

// A finishing checks a signature independently of what made it, and returns how
// it is written.
type finishing func() (rendering, error)

// A rendering writes one finished signature.
type rendering func(context.Context, io.Writer) error

// A key is the card's key and the certificates that belong to it.
type key struct {
	crypto.Signer
	cert    *x509.Certificate
	issuers []*x509.Certificate
}

// forms are all forms of signature, in the order of the help.
var forms = []form{
	{name: "cms-detached", ext: ".p7s", pem: true, issuers: true, sign: cms(detached)},
	{name: "cms-attached", flag: "attached", ext: ".p7m", pem: true, issuers: true, rereads: true, sign: cms(attached)},
	{name: "raw", flag: "raw", ext: ".sig", sign: raw},
}

// cms signs as CMS SignedData (RFC 5652), which render writes.
func cms(render func(*sign.Signature, *run, *job) rendering) func(*run, *job, *key) (finishing, error) {
	return func(r *run, j *job, k *key) (finishing, error) {
		pending, err := sign.Prepare(j.content, k.cert, sign.Options{Issuers: k.issuers, SigningTime: r.Now()})
		if err != nil {
			return nil, err
		}
		value, err := k.Sign(nil, pending.Digest(), pending.Hash())
		if err != nil {
			return nil, err
		}
		return func() (rendering, error) {
			s, err := pending.Complete(value)
			if err != nil {
				return nil, err
			}
			return render(s, r, j), nil
		}, nil
	}
}

func detached(s *sign.Signature, r *run, _ *job) rendering {
	if r.opts.PEM {
		return bytesOf(s.PEM())
	}
	return bytesOf(s.DER())
}

// attached reads and hashes the content again while it is copied, so that a
// file that changed is noticed.
func attached(s *sign.Signature, r *run, j *job) rendering {
	write := s.WriteAttached
	if r.opts.PEM {
		write = s.WriteAttachedPEM
	}
	return func(ctx context.Context, w io.Writer) error {
		content, err := os.Open(j.input)
		if err != nil {
			return outcome.File("err.file.read", j.input, err)
		}
		defer content.Close()
		return write(ctx, w, content)
	}
}

// raw signs as PKCS #1 or ECDSA has it (RFC 8017 §8.2, RFC 3279 §2.2.3),
// without an envelope.
func raw(r *run, j *job, k *key) (finishing, error) {
	value, err := k.Sign(nil, j.content.Sum, r.hash)
	if err != nil {
		return nil, err
	}
	return func() (rendering, error) {
		return bytesOf(value), sign.CheckRaw(j.content, k.cert, value)
	}, nil
}

func bytesOf(b []byte) rendering {
	return func(_ context.Context, w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}
