package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"natsuin/fingerprint"
	"natsuin/verify/internal/certificate"
)

// Limits for the files in the folder.
const (
	maxFileBytes = 64 << 10
	maxFiles     = 1000
)

const extension = ".pem"

// A Store is the folder of registered roots, with one PEM file for each. Anyone
// who can write to the folder can add a root.
type Store struct {
	Dir string // need not exist before Add; empty means no folder
}

// A Registered is one root in the folder.
type Registered struct {
	Name         string // the file name without .pem
	Path         string
	Certificate  *x509.Certificate
	Fingerprints fingerprint.Fingerprints
	// Already is set by [Store.Add] if the root was registered before, under
	// this name.
	Already bool
}

// Matches reports whether Add would register a root with this name under the
// name of r. An empty name matches any root, because Add then chooses the name.
func (r Registered) Matches(name string) bool { return name == "" || sanitise(name) == r.Name }

// A FileError means that a file in the folder is not a valid root, and says
// why.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("read registered root %s: %v", e.Path, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// The reasons of a [FileError], in addition to [ErrPractice], *[NotRootError]
// and errors of the file system. ErrTooManyFiles is an error of [Store.List]
// itself.
var (
	ErrFileTooLarge   = errors.New("file too large")
	ErrNotRegular     = errors.New("not a regular file")
	ErrNotOneCert     = errors.New("not exactly one PEM certificate")
	ErrTooManyFiles   = fmt.Errorf("more than %d files", maxFiles)
	ErrBadCertificate = errors.New("certificate cannot be parsed")
)

// ErrNoFolder means that [Store.Add] was called for a Store without a folder.
var ErrNoFolder = errors.New("register root: no folder")

// ErrNotRegistered means that no root has the name or fingerprint given to
// [Store.Remove].
var ErrNotRegistered = errors.New("remove root: not registered")

// List returns the registered roots, sorted by file name. The error joins a
// *[FileError] for each file that is not a valid root, and the valid roots are
// returned all the same. If the folder cannot be listed or has too many files,
// there is another error. A folder that does not exist has no roots.
func (s Store) List() ([]Registered, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var roots []Registered
	var bad []error
	for _, name := range names {
		root, err := s.read(name)
		if err != nil {
			bad = append(bad, &FileError{root.Path, err})
			continue
		}
		roots = append(roots, root)
	}
	return roots, errors.Join(bad...)
}

// names returns the names of the .pem files without their extension, sorted by
// file name.
func (s Store) names() ([]string, error) {
	if s.Dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list registered roots: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), extension); ok && name != "" && !entry.IsDir() {
			names = append(names, name)
		}
	}
	if len(names) > maxFiles {
		return nil, fmt.Errorf("list registered roots: %w", ErrTooManyFiles)
	}
	return names, nil
}

// read returns the root with that name. Its Path is set even on error.
func (s Store) read(name string) (Registered, error) {
	root := Registered{Name: name, Path: s.path(name)}
	// Opening a FIFO would block.
	if info, err := os.Stat(root.Path); err != nil {
		return root, err
	} else if !info.Mode().IsRegular() {
		return root, ErrNotRegular
	}
	f, err := os.Open(root.Path)
	if err != nil {
		return root, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return root, err
	}
	if len(data) > maxFileBytes {
		return root, ErrFileTooLarge
	}
	block, rest := pem.Decode(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))) // a byte order mark
	if block == nil || block.Type != "CERTIFICATE" {
		return root, ErrNotOneCert
	}
	if second, _ := pem.Decode(rest); second != nil {
		return root, ErrNotOneCert
	}
	cert, err := certificate.Parse(block.Bytes)
	if err != nil {
		return root, fmt.Errorf("%w: %w", ErrBadCertificate, err)
	}
	if err := Acceptable(cert); err != nil {
		return root, err
	}
	root.Certificate, root.Fingerprints = cert, fingerprint.Of(cert)
	return root, nil
}

func (s Store) path(name string) string { return filepath.Join(s.Dir, name+extension) }

// Remove deletes the root with this SHA-256 fingerprint, in any form that
// package fingerprint parses, or else with this name: the exact name of the
// file, or the one that Add would choose. The fingerprint comes first, because
// a root may have any name. A file that List could not read can be removed by
// its name. The error is [ErrNotRegistered] if nothing was found.
//
// Remove returns the removed root. If its file could not be read, only the name
// and the path are set.
func (s Store) Remove(nameOrSHA256 string) (Registered, error) {
	names, err := s.names()
	if err != nil {
		return Registered{}, err
	}
	if wanted, err := fingerprint.Parse(nameOrSHA256); err == nil {
		roots, _ := s.List() // an unreadable file has no fingerprint
		var found Registered
		for _, root := range roots {
			if root.Fingerprints.SHA256.Equal(wanted) {
				found = root
				if err := s.removeFile(root.Name); err != nil {
					return Registered{}, err
				}
			}
		}
		if found.Name != "" {
			return found, nil
		}
	}
	for _, wanted := range []string{nameOrSHA256, strings.TrimSuffix(nameOrSHA256, extension), sanitise(nameOrSHA256)} {
		if slices.Contains(names, wanted) {
			root, _ := s.read(wanted) // an unreadable file is removed too
			return root, s.removeFile(wanted)
		}
	}
	return Registered{}, ErrNotRegistered
}

func (s Store) removeFile(name string) error {
	if err := os.Remove(s.path(name)); err != nil {
		return fmt.Errorf("remove root: %w", err)
	}
	return nil
}
