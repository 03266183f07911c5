package cli

import (
	"path/filepath"
	"runtime"
)

// dataDir is a folder below natsuin's data folder: $XDG_DATA_HOME/natsuin, or the
// platform's own place on Windows and macOS.
func (e *Env) dataDir(name string) string {
	return e.folder("XDG_DATA_HOME", filepath.Join(".local", "share"), "Application Support", "LOCALAPPDATA", name)
}

// configDir is a folder below natsuin's configuration folder.
func (e *Env) configDir(name string) string {
	return e.folder("XDG_CONFIG_HOME", ".config", "Application Support", "APPDATA", name)
}

// cacheDir is a folder for what can be had again.
func (e *Env) cacheDir(name string) string {
	return e.folder("XDG_CACHE_HOME", ".cache", "Caches", "LOCALAPPDATA", name)
}

// folder asks the XDG variable first, on every platform: who sets it means it. A
// relative value is ignored, as the XDG base directory specification says. Where no home
// is known there is no folder, and the answer is "": the current one may be anybody's.
func (e *Env) folder(xdg, home, library, windows, name string) string {
	base := e.Getenv(xdg)
	switch {
	case filepath.IsAbs(base):
	case runtime.GOOS == "windows":
		base = e.Getenv(windows)
	case runtime.GOOS == "darwin":
		base = filepath.Join(e.Getenv("HOME"), "Library", library)
	default:
		base = filepath.Join(e.Getenv("HOME"), home)
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "natsuin", name)
}
