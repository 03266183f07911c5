//go:build !windows

package cli

// platformLanguage returns "": here the locale variables are the whole answer.
func platformLanguage() string { return "" }
