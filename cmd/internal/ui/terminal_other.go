//go:build !unix && !windows

package ui

import "os"

// OpenTerminal answers ErrNoTerminal: this system has no terminal device.
func OpenTerminal() (*Terminal, error) { return nil, ErrNoTerminal }

func prepareOutput(*os.File) {}
