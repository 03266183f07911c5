package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"natsuin/sign"
)

// sizes has values around the ends of the first two blocks of the streaming
// code and of a SHA-256 block, and one of many blocks.
var sizes = []int{0, 1, 63, 64, 32<<10 - 1, 32 << 10, 32<<10 + 1, 32<<10 + 256<<10 - 1, 32<<10 + 256<<10, 32<<10 + 256<<10 + 1, 2 << 20}

// pattern returns n pseudo-random bytes, so that the blocks of the streaming
// code differ.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func TestDigestIsThatOfTheWholeContent(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, n := range sizes {
			content := pattern(n)
			w := h.New()
			w.Write(content)
			for name, r := range map[string]io.Reader{
				"whole": bytes.NewReader(content),
				"half":  iotest.HalfReader(bytes.NewReader(content)),
				"eof":   iotest.DataErrReader(bytes.NewReader(content)),
			} {
				c, err := sign.Digest(context.Background(), r, h)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(c.Sum, w.Sum(nil)) || c.Size != int64(n) || c.Hash != h {
					t.Errorf("%v of %d bytes, %s: %x, size %d", h, n, name, c.Sum, c.Size)
				}
			}
		}
	}
}

func TestDigestRefusesWeakHashes(t *testing.T) {
	for _, h := range []crypto.Hash{0, crypto.MD5, crypto.SHA1, crypto.SHA224, crypto.SHA3_256} {
		_, err := sign.Digest(context.Background(), bytes.NewReader(nil), h)
		var unsupported *sign.UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.What != "hash" {
			t.Errorf("%v: error %v", h, err)
		}
	}
}

// A failed read must not be taken for the end of the content.
func TestDigestReportsReadErrorsWhereverTheyStrike(t *testing.T) {
	for _, cause := range []error{errors.New("i/o error"), io.ErrUnexpectedEOF} {
		for _, n := range sizes {
			r := io.MultiReader(bytes.NewReader(pattern(n)), iotest.ErrReader(cause))
			if c, err := sign.Digest(context.Background(), r, crypto.SHA256); !errors.Is(err, cause) || c.Sum != nil {
				t.Errorf("after %d bytes: digest %x, error %v", n, c.Sum, err)
			}
		}
	}
}

func TestDigestEndsWhenCancelled(t *testing.T) {
	cause := errors.New("Ctrl-C")
	for _, after := range []int{0, 1, 5} {
		ctx, cancel := context.WithCancelCause(context.Background())
		reads := 0
		endless := readerFunc(func(b []byte) (int, error) {
			if reads++; reads > after {
				cancel(cause)
			}
			return len(b), nil
		})
		if _, err := sign.Digest(ctx, endless, crypto.SHA256); !errors.Is(err, cause) {
			t.Errorf("error %v", err)
		}
		if reads > after+2 {
			t.Errorf("%d reads after cancelling", reads-after)
		}
		cancel(nil)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestAttachedIsTheEnvelopeWithTheContentInIt(t *testing.T) {
	for _, n := range sizes {
		content := pattern(n)
		s := complete(t, rsaIdentity(), content, crypto.SHA256)
		var der, text bytes.Buffer
		if err := s.WriteAttached(context.Background(), &der, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(der.Bytes(), content) || der.Len() < len(s.DER())+n {
			t.Errorf("%d bytes: the content is not in it", n)
		}
		if err := s.WriteAttachedPEM(context.Background(), &text, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if want := pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der.Bytes()}); !bytes.Equal(text.Bytes(), want) {
			t.Errorf("%d bytes: the text differs from that of encoding/pem", n)
		}
	}
}

func TestPEMHoldsTheDER(t *testing.T) {
	s := complete(t, rsaIdentity(), []byte("x"), crypto.SHA256)
	block, rest := pem.Decode(s.PEM())
	if block == nil || len(rest) != 0 || !bytes.Equal(block.Bytes, s.DER()) {
		t.Errorf("%s", s.PEM())
	}
}

func TestAttachedFailsWhenTheContentChanged(t *testing.T) {
	for _, n := range sizes {
		content := pattern(n)
		s := complete(t, rsaIdentity(), content, crypto.SHA256)
		changed := map[string][]byte{"grown": append(bytes.Clone(content), 0)}
		if n > 0 {
			changed["shrunk"] = content[:n-1]
			changed["first byte"] = flip(content, 0)
			changed["last byte"] = flip(content, n-1)
		}
		for name, now := range changed {
			for form, write := range map[string]func(context.Context, io.Writer, io.Reader) error{
				"DER": s.WriteAttached, "PEM": s.WriteAttachedPEM,
			} {
				if err := write(context.Background(), io.Discard, bytes.NewReader(now)); !errors.Is(err, sign.ErrContentChanged) {
					t.Errorf("%d bytes, %s, %s: error %v", n, name, form, err)
				}
			}
		}
	}
}

// A file that grows without end must not fill the disk.
func TestAttachedStopsAfterTheSignedSize(t *testing.T) {
	s := complete(t, rsaIdentity(), pattern(1000), crypto.SHA256)
	var written int
	endless := readerFunc(func(b []byte) (int, error) { return len(b), nil })
	count := writerFunc(func(b []byte) (int, error) { written += len(b); return len(b), nil })
	if err := s.WriteAttached(context.Background(), count, endless); !errors.Is(err, sign.ErrContentChanged) {
		t.Errorf("error %v", err)
	}
	if limit := 1001 + len(s.DER()); written > limit {
		t.Errorf("%d bytes written, want at most %d", written, limit)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestAttachedReportsWriteErrorsWhereverTheyStrike(t *testing.T) {
	full := errors.New("disk full")
	content := pattern(600 << 10)
	s := complete(t, rsaIdentity(), content, crypto.SHA256)
	var whole bytes.Buffer
	if err := s.WriteAttachedPEM(context.Background(), &whole, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 10, 100, 40 << 10, 500 << 10, 600<<10 + 100, whole.Len() - 1} {
		for form, write := range map[string]func(context.Context, io.Writer, io.Reader) error{
			"DER": s.WriteAttached, "PEM": s.WriteAttachedPEM,
		} {
			if form == "DER" && room == whole.Len()-1 {
				continue
			}
			left := room
			disk := writerFunc(func(b []byte) (int, error) {
				if left -= len(b); left < 0 {
					return 0, full
				}
				return len(b), nil
			})
			if err := write(context.Background(), disk, bytes.NewReader(content)); !errors.Is(err, full) {
				t.Errorf("room for %d, %s: error %v", room, form, err)
			}
		}
	}
}

func TestAttachedEndsWhenCancelled(t *testing.T) {
	content := pattern(1 << 20)
	s := complete(t, rsaIdentity(), content, crypto.SHA256)
	ctx, cancel := context.WithCancel(context.Background())
	r := readerFunc(func(b []byte) (int, error) { cancel(); return copy(b, content), nil })
	if err := s.WriteAttached(ctx, io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Memory must not grow with the content: compare the B/op of the sizes.
func BenchmarkDigest(b *testing.B) {
	for _, size := range []int64{10 << 10, 1 << 20, 1 << 30} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			block := pattern(1 << 20)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				endless := readerFunc(func(p []byte) (int, error) { return copy(p, block), nil })
				if _, err := sign.Digest(context.Background(), io.LimitReader(endless, size), crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHashAlone shows the speed that BenchmarkDigest cannot exceed.
func BenchmarkHashAlone(b *testing.B) {
	block := pattern(1 << 20)
	b.SetBytes(1 << 30)
	for b.Loop() {
		h := crypto.SHA256.New()
		for range 1 << 10 {
			h.Write(block)
		}
		h.Sum(nil)
	}
}

func BenchmarkComplete(b *testing.B) {
	id := rsaIdentity()
	p := prepare(b, id, []byte("content"), crypto.SHA256)
	signature, err := id.key.Sign(nil, p.Digest(), p.Hash())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Complete(signature); err != nil {
			b.Fatal(err)
		}
	}
}
