//go:build unix

package trust_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"natsuin/verify/trust"
)

// Opening a FIFO would block until there is a writer.
func TestFIFOInTheFolderDoesNotBlock(t *testing.T) {
	s := trust.Store{Dir: t.TempDir()}
	if err := syscall.Mkfifo(filepath.Join(s.Dir, "fifo.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(); !errors.Is(err, trust.ErrNotRegular) {
		t.Errorf("got %v", err)
	}
}

func TestDanglingLinkIsReported(t *testing.T) {
	s := trust.Store{Dir: t.TempDir()}
	if err := os.Symlink("nowhere", filepath.Join(s.Dir, "link.pem")); err != nil {
		t.Fatal(err)
	}
	var file *trust.FileError
	if _, err := s.List(); !errors.As(err, &file) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
