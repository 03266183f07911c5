// Command gendocs writes the man pages and the reference from the command tree:
// `go run ./cmd/gendocs` from the top of the repository.
//
// It is not part of natsuin, and says nothing of its own: all words come from the
// catalogues. The same tree gives the same bytes, so that a test can tell whether
// the files in docs are fresh.
//
// Man pages are man(7), written in Markdown and turned into roff by go-md2man.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := write(dir); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// write puts every document below dir, and removes man pages of commands that are
// no more.
func write(dir string) error {
	documents, err := documents()
	if err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(dir, "man", "*", "*.1"))
	if err != nil {
		return err
	}
	for _, name := range stale {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	for name, text := range documents {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
