package trust

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"natsuin/fingerprint"
)

// An ExistsError means that another certificate is registered under the name.
type ExistsError struct {
	Name string
	Path string
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("register root: %s: another root has this name", e.Path)
}

// A ReservedNameError means that the name is that of a pinned root or of the
// practice root.
type ReservedNameError struct{ Name string }

func (e *ReservedNameError) Error() string {
	return fmt.Sprintf("register root: %s: the name is another root's", e.Name)
}

// Add registers a root whose fingerprint the user has compared, or that is
// pinned, and returns it as registered. The name becomes a file name, in which
// unsafe characters are replaced. If name is empty, Add takes the name of the
// pinned root, the common name, or the fingerprint. It refuses the names of
// other pinned roots and that of the practice root. If the certificate is
// registered already, under any name, Add changes nothing and returns it with
// Already set.
//
// The error is [ErrPractice], *[NotRootError], *[ExistsError],
// *[ReservedNameError], [ErrNoFolder], [ErrTooManyFiles] or one of the file
// system. On error, Add leaves no file behind.
func (s Store) Add(name string, cert *x509.Certificate) (Registered, error) {
	if err := Acceptable(cert); err != nil {
		return Registered{}, err
	}
	if s.Dir == "" {
		return Registered{}, ErrNoFolder
	}
	prints := fingerprint.Of(cert)
	// Unreadable files do not prevent a root from being added. List reports
	// them.
	roots, err := s.List()
	if fileErr := (*FileError)(nil); err != nil && !errors.As(err, &fileErr) {
		return Registered{}, err
	}
	for _, root := range roots {
		if root.Fingerprints.SHA256.Equal(prints.SHA256) {
			root.Already = true
			return root, nil
		}
	}

	stem, err := fileStem(name, cert)
	if err != nil {
		return Registered{}, err
	}
	root := Registered{Name: stem, Path: s.path(stem), Certificate: cert, Fingerprints: prints}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return Registered{}, fmt.Errorf("register root: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	err = writeNew(s.Dir, root.Path, text)
	if errors.Is(err, fs.ErrExist) {
		return Registered{}, &ExistsError{Name: stem, Path: root.Path}
	}
	if err != nil {
		return Registered{}, fmt.Errorf("register root: %w", err)
	}
	return root, nil
}

// writeNew writes a new file, whole or not at all. It does not replace a file,
// except one that appears at the last moment on a file system without hard
// links.
func writeNew(dir, path string, text []byte) (err error) {
	temp, err := os.CreateTemp(dir, ".root-*.tmp") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err = os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// The file system may have no hard links. Check that the name is free.
		if _, statErr := os.Lstat(path); statErr == nil {
			return fs.ErrExist
		}
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return err
	}
	if folder, openErr := os.Open(dir); openErr == nil {
		_ = folder.Sync() // not supported everywhere, and the file itself is safe
		folder.Close()
	}
	return nil
}

// maxStem keeps a file name well below the limit of 255 bytes.
const maxStem = 120

// fileStem returns a file name that is safe on Unix and Windows. It is made
// from the name, or from the certificate if no character of the name can be
// used.
func fileStem(name string, cert *x509.Certificate) (string, error) {
	root, _ := Lookup(cert)
	if stem := sanitise(name); stem != "" {
		if reserved(stem, root) {
			return "", &ReservedNameError{stem}
		}
		return stem, nil
	}
	for _, candidate := range []string{root.Name, cert.Subject.CommonName} {
		if stem := sanitise(candidate); stem != "" && !reserved(stem, root) {
			return stem, nil
		}
	}
	return "root-" + fingerprint.Of(cert).SHA256.String()[:16], nil
}

// reserved reports whether a name is that of a built-in root other than own,
// ignoring case and width, because a verdict distinguishes roots by their
// names.
func reserved(stem string, own Root) bool {
	stem = strings.ToLower(norm.NFKC.String(stem))
	if stem == "practice" {
		return true
	}
	for _, row := range published {
		if stem == row.name {
			return stem != own.Name
		}
	}
	return false
}

func sanitise(name string) string {
	name = strings.TrimSuffix(strings.TrimSpace(name), extension)
	stem := strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '-', r == '_', r == '.':
			return r
		default:
			return '-'
		}
	}, name)
	stem = strings.Trim(stem, "-.")
	for len(stem) > maxStem {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	stem = strings.TrimRight(stem, "-.")
	// Windows reserves these names for devices, whatever follows the first dot.
	device, _, _ := strings.Cut(strings.ToUpper(stem), ".")
	switch {
	case device == "CON", device == "PRN", device == "AUX", device == "NUL",
		len(device) == 4 && (strings.HasPrefix(device, "COM") || strings.HasPrefix(device, "LPT")):
		return "root-" + stem
	}
	return stem
}
