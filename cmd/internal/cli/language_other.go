//go:build !windows

package cli

// platformLanguage is empty where the locale variables are the whole answer.
func platformLanguage() string { return "" }
