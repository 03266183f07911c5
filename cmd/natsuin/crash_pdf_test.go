//go:build linux

package main_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/pdftest"
	"natsuin/sign/timestamp/tsatest"
)

// Signals and errors of files and disks while a PDF is signed or stamped, with
// the program itself.

// pdfs writes PDFs that are large enough for a signal to arrive while they are
// copied.
func (b *box) pdfs() *box {
	for _, name := range []string{"a", "b"} {
		b.write(name+".pdf", samplePDF(name))
	}
	return b
}

func samplePDF(name string) string { return string(pdftest.Sample(name + strings.Repeat("x", 1<<20))) }

// signedPDF reports whether NAME_signed.pdf exists. If it does, it must be
// whole, and begin with the original.
func (b *box) signedPDF(name, original string) bool {
	b.t.Helper()
	signed, err := os.ReadFile(b.path(name + "_signed.pdf"))
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	b.must(err)
	if _, err := pdftest.Signature([]byte(original), signed); err != nil {
		b.t.Errorf("%s_signed.pdf: %v", name, err)
	}
	return true
}

func struckPDFs(b *box, r result) {
	b.t.Helper()
	made := 0
	for i, name := range []string{"a", "b"} {
		original, err := os.ReadFile(b.path(name + ".pdf"))
		if err != nil || string(original) != samplePDF(name) {
			b.t.Errorf("%s.pdf is not as it was: %v", name, err)
		}
		signed := b.signedPDF(name, samplePDF(name))
		if signed {
			made++
		}
		if r.Files != nil && r.Files[i].OK != signed {
			b.t.Errorf("%s: ok is %t, the file is there: %t", name, r.Files[i].OK, signed)
		}
	}
	if r.exit == 0 && made != 2 {
		b.t.Errorf("done, with %d signatures", made)
	}
	b.only("a", "b", "c", "a.pdf", "b.pdf", "a_signed.pdf", "b_signed.pdf")
}

// stampingAuthority serves a time-stamp authority, and returns its address.
func stampingAuthority(t *testing.T) string {
	t.Helper()
	authority, err := tsatest.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority.Now = time.Now
	server := httptest.NewServer(authority)
	t.Cleanup(server.Close)
	return server.URL
}

func struckStamps(b *box, r result) {
	b.t.Helper()
	made := 0
	for i, name := range []string{"a", "b"} {
		original, err := os.ReadFile(b.path(name + ".pdf"))
		if err != nil || string(original) != samplePDF(name) {
			b.t.Errorf("%s.pdf is not as it was: %v", name, err)
		}
		stamped, err := os.ReadFile(b.path(name + "_stamped.pdf"))
		there := !errors.Is(err, os.ErrNotExist)
		if there {
			made++
			if err := pdftest.CheckStamp(original, stamped); err != nil {
				b.t.Errorf("%s_stamped.pdf: %v", name, err)
			}
		}
		if r.Files != nil && r.Files[i].OK != there {
			b.t.Errorf("%s: ok is %t, the file is there: %t", name, r.Files[i].OK, there)
		}
	}
	if r.exit == 0 && made != 2 {
		b.t.Errorf("done, with %d time stamps", made)
	}
	b.only("a", "b", "c", "a.pdf", "b.pdf", "a_stamped.pdf", "b_stamped.pdf")
}

func TestFullDiskLeavesNoSignedPDF(t *testing.T) {
	b := newBox(t).pdfs()
	b.smallDisk(b.path("small"), "256k")
	b.command(signing("--pdf", "--output-dir", "small", "@a.pdf")...).run().wants(b, 3, "file")
	if left, err := os.ReadDir(b.path("small")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFileSizeLimitLeavesNoSignedPDF(t *testing.T) {
	b := newBox(t).pdfs()
	p := b.command(signing("--pdf", "@a.pdf")...)
	p.Args = append([]string{"sh", "-c", `ulimit -f 1024; exec "$0" "$@"`}, append([]string{b.program}, p.Args[1:]...)...)
	sh, err := exec.LookPath("sh")
	b.must(err)
	p.Path = sh
	p.run().wants(b, 3, "file")
	b.only("a.pdf", "b.pdf")
}

// The picture of a seal comes from a FIFO, which stops the run after it has
// checked the inputs and before it reads them. So a file that is changed before
// the test writes to the FIFO is changed during the run.
func TestPDFsThatChangeDuringTheRun(t *testing.T) {
	var picture bytes.Buffer
	square := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	square.Set(4, 4, color.NRGBA{0xD0, 0, 0, 0xFF})
	if err := png.Encode(&picture, square); err != nil {
		t.Fatal(err)
	}
	original := samplePDF("a")
	for _, c := range []struct {
		name   string
		args   []string
		change func(*box)
		exit   int
		code   string
		left   []string // besides pipe and the PDFs
		intact func(*box) bool
	}{
		{"nothing changes", nil, func(*box) {}, 0, "ok", []string{"a_signed.pdf"}, nil},
		{"the output folder is removed", []string{"--output-dir", "@out"}, func(b *box) { b.must(os.Remove(b.path("out"))) }, 3, "file", nil, nil},
		{"the input grows", nil, func(b *box) { b.write("a.pdf", original+"\n") }, 3, "changed-while-read", nil, nil},
		{"the input is truncated", nil, func(b *box) { b.must(os.Truncate(b.path("a.pdf"), 2000)) }, 3, "changed-while-read", nil, nil},
		{"the input is no PDF any more", nil, func(b *box) { b.write("a.pdf", "a letter") }, 3, "changed-while-read", nil, nil},
		{"the input is another file", nil, func(b *box) {
			b.write("new", original)
			b.must(os.Rename(b.path("new"), b.path("a.pdf")))
		}, 3, "changed-while-read", nil, nil},
		{"the input is gone", nil, func(b *box) { b.must(os.Remove(b.path("a.pdf"))) }, 3, "file", nil, nil},
		{"the output appears", nil, func(b *box) { b.write("a_signed.pdf", "mine") }, 3, "exists", []string{"a_signed.pdf"}, kept("a_signed.pdf")},
		{"a link is replaced itself", []string{"--force"}, func(b *box) {
			b.write("victim", "mine")
			b.must(os.Symlink("victim", b.path("a_signed.pdf")))
		}, 0, "ok", []string{"a_signed.pdf", "victim"}, kept("victim")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t).pdfs()
			b.must(os.Mkdir(b.path("out"), 0o700))
			b.must(unix.Mkfifo(b.path("pipe"), 0o600))
			p := b.command(append(signing(copyOf(c.args)...), "--pdf", "--seal", b.path("pipe"), "--seal-only", b.path("a.pdf"))...)
			b.must(p.Start())
			pipe, err := os.OpenFile(b.path("pipe"), os.O_WRONLY, 0) // waits for the program
			b.must(err)
			c.change(b)
			_, err = pipe.Write(picture.Bytes())
			b.must(err)
			b.must(pipe.Close())
			p.end().wants(b, c.exit, c.code)
			if c.intact != nil && !c.intact(b) {
				t.Error("a file of somebody else is not as it was")
			}
			b.only(append(c.left, "pipe", "out", "a.pdf", "b.pdf")...)
			if c.exit == 0 && !b.signedPDF("a", original) {
				t.Error("the signature is missing")
			}
		})
	}
}
