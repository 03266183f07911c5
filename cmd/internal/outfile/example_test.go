package outfile_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"natsuin/cmd/internal/outfile"
)

// The file exists only after Commit. An existing file is not replaced without
// Force.
func ExampleCreate() {
	dir, err := os.MkdirTemp("", "outfile")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "application.p7s")

	f, err := outfile.Create(path, outfile.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer f.Abort() // does nothing after Commit
	if _, err := f.Write([]byte("a signature")); err != nil {
		log.Fatal(err)
	}
	_, err = os.Stat(path)
	fmt.Println("before:", errors.Is(err, os.ErrNotExist))
	if err := f.Commit(); err != nil {
		log.Fatal(err)
	}
	content, err := os.ReadFile(path)
	fmt.Printf("after: %s %v\n", content, err)

	_, err = outfile.Create(path, outfile.Options{})
	var exists *outfile.ExistsError
	fmt.Println("again:", errors.As(err, &exists))
	// Output:
	// before: true
	// after: a signature <nil>
	// again: true
}
