//go:build !windows

package cli

// platformLanguage returns "", because on this system only the locale variables
// are used.
func platformLanguage() string { return "" }
