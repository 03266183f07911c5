// Command gendocs writes the man pages and the reference from the command tree:
// run `go run ./cmd/gendocs` in the root folder of the repository.
//
// It is not part of natsuin. All its text comes from the catalogues. The same
// tree gives the same bytes, so that a test can check whether the files in docs
// are up to date.
//
// The man pages have the format of man(7). go-md2man converts them from
// Markdown.
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

// write writes every document below dir. It first removes all man pages, so
// that no page of a removed command is left.
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
