package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"natsuin/sign/pdf"
)

// hole writes the PDF of huge to a file, in which the stream is a hole that
// takes no space on the disk.
func hole(b *testing.B, k kind, size int64) string {
	b.Helper()
	s := huge(k, size)
	f, err := os.Create(filepath.Join(b.TempDir(), "large.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for _, part := range []struct {
		data []byte
		at   int64
	}{{s.head, 0}, {s.tail, size - int64(len(s.tail))}} {
		if _, err := f.WriteAt(part.data, part.at); err != nil {
			b.Fatal(err)
		}
	}
	return f.Name()
}

// signFile reads a file, puts a fake CMS into it, writes the result and checks
// it.
func signFile(b *testing.B, name string) {
	b.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	d, err := pdf.Open(f, info.Size())
	if err != nil {
		b.Fatal(err)
	}
	plan, err := d.Plan(pdf.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := plan.Digest(context.Background(), io.NewSectionReader(f, 0, info.Size()), crypto.SHA256); err != nil {
		b.Fatal(err)
	}
	pending, err := plan.Prepare(details)
	if err != nil {
		b.Fatal(err)
	}
	signed, err := pending.Complete(bytes.Repeat([]byte{0x30}, 3000))
	if err != nil {
		b.Fatal(err)
	}
	out, err := os.Create(name + ".signed")
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if err := signed.Write(context.Background(), out, f); err != nil {
		b.Fatal(err)
	}
	if err := signed.Check(out, signed.Size()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLarge signs a PDF of 1 GiB, nearly all of which is one stream. For
// comparison, it also measures the digest alone.
func BenchmarkLarge(b *testing.B) {
	const size = 1 << 30
	for _, k := range []kind{table, xrefStream} {
		b.Run("sign "+string(k), func(b *testing.B) {
			name := hole(b, k, size)
			b.SetBytes(size)
			for b.Loop() {
				signFile(b, name)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-of-the-process")
		})
	}
	b.Run("digest", func(b *testing.B) {
		name := hole(b, table, size)
		b.SetBytes(size)
		for b.Loop() {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(crypto.SHA256.New(), f); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
}

// BenchmarkSmall signs a PDF of some 100 KB with a thousand objects, without a
// key.
func BenchmarkSmall(b *testing.B) {
	for _, k := range kinds {
		b.Run(string(k), func(b *testing.B) {
			objects := map[int]string{}
			for n := range 1000 {
				objects[10+n] = fmt.Sprintf("<< /Number %d /Text (%060d) >>", n, n)
			}
			name := filepath.Join(b.TempDir(), "small.pdf")
			in := minimal(k, objects).bytes()
			write(b, name, in)
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				signFile(b, name)
			}
		})
	}
}
