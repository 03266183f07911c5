//go:build !unix && !windows

package terminal

import "os"

// Open returns ErrNoTerminal: this system has no terminal device.
func Open() (*Terminal, error) { return nil, ErrNoTerminal }

// PrepareOutput does nothing.
func PrepareOutput(*os.File) {}
