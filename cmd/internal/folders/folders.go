// Package folders names the folders in which natsuin keeps files of its own:
// the practice card, registered roots and CA certificates.
//
// It makes none. The places are those of the XDG base directory specification,
// or the platform's own on Windows and macOS.
package folders

import (
	"path/filepath"
	"runtime"
)

// An Env looks up a variable of the environment, "" if it is not set.
type Env func(name string) string

// Practice returns the folder of the practice card.
func (e Env) Practice() string {
	return e.folder("XDG_DATA_HOME", filepath.Join(".local", "share"), "Application Support", "LOCALAPPDATA", "practice")
}

// Roots returns the folder of registered roots.
func (e Env) Roots() string {
	return e.folder("XDG_CONFIG_HOME", ".config", "Application Support", "APPDATA", "roots")
}

// Issuers returns the folder of CA certificates that cards gave, which can be
// read again.
func (e Env) Issuers() string {
	return e.folder("XDG_CACHE_HOME", ".cache", "Caches", "LOCALAPPDATA", "issuers")
}

// folder asks the XDG variable first, on every platform. A relative value is
// ignored, as the XDG base directory specification says. Without a known home
// the answer is "": the current folder may be anybody's.
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
