package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"
	"strings"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/sign"
)

// A form is a form of signature. Its row holds everything that depends on the
// form.
type form struct {
	name string // in JSON
	flag string // selects the form; "" for the default
	ext  string // of the output
	// replaces is the ending of an input that ext replaces, whatever its case.
	// To any other name ext is appended, and so it is if replaces is "".
	replaces string
	pem      bool // --pem is possible
	// rereads is set if the content is read again while the signature is
	// written; the input must then be a regular file.
	rereads bool
	// bare is set if the signature is over the content itself. Content that
	// could also be read as signed attributes is then refused.
	bare bool
	// updates is set if the output is the input with the signature inside. PDF
	// is the only such form: the flags of [PDFOptions] and its notices depend
	// on this field.
	updates bool
	// issuers is set if the signature contains the CA's certificate.
	issuers bool
	// digest reads one input before the card is touched, and writes what it
	// reads to the writer as well. It may be called again with another hash.
	digest func(context.Context, *run, *job, crypto.Hash, io.Writer) error
	// stamps is set if a time stamp can be added to the signature: finishing
	// sets the job's stamp.
	stamps bool
	// sign makes the signature of one file with the card's key. It neither
	// reads nor writes files. The finishing that it returns runs in another
	// goroutine while the card makes the next signature.
	sign func(*run, *job, *key) (finishing, error)
}

// A finishing checks a signature independently of the code that made it, and
// returns its rendering.
type finishing func() (rendering, error)

// A rendering writes one finished signature.
type rendering struct {
	write func(context.Context, io.Writer) error
	// check reads the finished file back before it gets its name. It may be
	// nil.
	check func(written io.ReaderAt, size int64) error
}

// A key is the card's key and the certificates that belong to it.
type key struct {
	crypto.Signer
	cert    *x509.Certificate
	issuers []*x509.Certificate
}

// forms lists all forms of signature, in the order in which the help shows
// their flags. The first is the default.
var forms = []form{
	{name: "cms-detached", ext: ".p7s", pem: true, issuers: true, stamps: true, digest: digestWhole, sign: cms(detached)},
	{name: "cms-attached", flag: "attached", ext: ".p7m", pem: true, issuers: true, rereads: true, stamps: true, digest: digestWhole, sign: cms(attached)},
	{name: "raw", flag: "raw", ext: ".sig", bare: true, digest: digestWhole, sign: raw},
	{name: "pdf", flag: "pdf", ext: "_signed.pdf", replaces: ".pdf", updates: true, issuers: true, rereads: true, stamps: true, digest: planPDF, sign: signPDF},
}

// output returns the name of the output for an input.
func (f form) output(input string) string {
	if end := len(input) - len(f.replaces); end > 0 && strings.EqualFold(input[end:], f.replaces) {
		input = input[:end]
	}
	return input + f.ext
}

// signCMS has the card make one signature over content, and returns a function
// that checks it and builds the CMS without the card.
func (k *key) signCMS(content sign.Content, opts sign.Options) (complete func() (*sign.Signature, error), err error) {
	pending, err := sign.Prepare(content, k.cert, opts)
	if err != nil {
		return nil, err
	}
	value, err := k.Sign(nil, pending.Digest(), pending.Hash())
	if err != nil {
		return nil, err
	}
	return func() (*sign.Signature, error) { return pending.Complete(value) }, nil
}

// cms returns a function that signs as CMS SignedData (RFC 5652), which render
// writes.
func cms(render func(*sign.Signature, *run, *job) rendering) func(*run, *job, *key) (finishing, error) {
	return func(r *run, j *job, k *key) (finishing, error) {
		now := r.Now()
		complete, err := k.signCMS(j.content, sign.Options{Issuers: k.issuers, SigningTime: now})
		if err != nil {
			return nil, err
		}
		return func() (rendering, error) {
			s, err := complete()
			if err != nil {
				return rendering{}, err
			}
			r.keepForStamp(j, s, now, func(s *sign.Signature) (rendering, error) { return render(s, r, j), nil })
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

// attached writes the content into the signature. It reads and hashes the
// content again while copying it, so that a change of the file is detected.
func attached(s *sign.Signature, r *run, j *job) rendering {
	write := s.WriteAttached
	if r.opts.PEM {
		write = s.WriteAttachedPEM
	}
	return rendering{write: j.reread(write)}
}

// reread returns a function that reads the input again and passes it to write.
func (j *job) reread(write func(context.Context, io.Writer, io.Reader) error) func(context.Context, io.Writer) error {
	return func(ctx context.Context, w io.Writer) error {
		content, err := infile.Open(ctx, j.input)
		if err != nil {
			return outcome.File("err.file.read", j.input, err)
		}
		defer content.Close()
		return write(ctx, w, content)
	}
}

// raw signs the digest as in PKCS #1 (RFC 8017 §8.2) or ECDSA (RFC 3279
// §2.2.3), without an envelope.
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
	return rendering{write: func(_ context.Context, w io.Writer) error {
		_, err := w.Write(b)
		return err
	}}
}
