//go:build !windows

package cli

// platformLanguage returns "", because on this system only the locale variables
// name the language.
func platformLanguage() string { return "" }
