//go:build !unix && !windows

package ui

// OpenTerminal answers ErrNoTerminal: this system has no terminal device.
func OpenTerminal() (*Terminal, error) { return nil, ErrNoTerminal }
