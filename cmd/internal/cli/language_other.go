//go:build !windows

package cli

// platformLanguage returns "": here only the locale variables name the
// language.
func platformLanguage() string { return "" }
