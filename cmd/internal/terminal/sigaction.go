//go:build darwin || dragonfly || freebsd || linux

package terminal

import "golang.org/x/sys/unix"

// Package os/signal can catch and ignore a signal, but cannot restore its
// default action afterwards: signal.Reset keeps the runtime's handler, which
// ignores stop signals. sigaction(2) can.

func isIgnored(sig unix.Signal) bool {
	var old kernelAction
	return sigaction(sig, nil, &old) == nil && old[0] == sigIgn
}

// setDefault restores the default action of a signal. The caller must first
// call signal.Ignore, which removes the runtime's handler.
func setDefault(sig unix.Signal) error {
	var standard kernelAction // all zeros: SIG_DFL, no flags, an empty mask
	return sigaction(sig, &standard, nil)
}
