// Package folders names the folders in which natsuin keeps its own files: the
// practice card, registered roots and CA certificates.
//
// It does not create them. The paths are those of the XDG base directory
// specification and, on Windows and macOS, those of the platform.
package folders

import (
	"path/filepath"
	"runtime"
)

// An Env returns the value of an environment variable, or "" if it is not set.
type Env func(name string) string

// Practice returns the folder of the practice card.
func (e Env) Practice() string {
	return e.folder("XDG_DATA_HOME", filepath.Join(".local", "share"), "Application Support", "LOCALAPPDATA", "practice")
}

// Roots returns the folder of registered roots.
func (e Env) Roots() string {
	return e.folder("XDG_CONFIG_HOME", ".config", "Application Support", "APPDATA", "roots")
}

// Issuers returns the folder of CA certificates that were read from cards. They
// can be read again, so the folder may be deleted.
func (e Env) Issuers() string {
	return e.folder("XDG_CACHE_HOME", ".cache", "Caches", "LOCALAPPDATA", "issuers")
}

// folder returns the path of a folder. The XDG variable comes first on every
// platform, but a relative value is ignored, as the XDG base directory
// specification requires. Without a home folder the path is "", since the
// current folder may belong to anybody.
func (e Env) folder(xdg, home, library, windows, name string) string {
	base := e(xdg)
	switch {
	case filepath.IsAbs(base):
	case runtime.GOOS == "windows":
		base = e(windows)
	case runtime.GOOS == "darwin":
		base = filepath.Join(e("HOME"), "Library", library)
	default:
		base = filepath.Join(e("HOME"), home)
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "natsuin", name)
}
