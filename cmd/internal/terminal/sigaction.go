//go:build darwin || dragonfly || freebsd || linux

package terminal

import "golang.org/x/sys/unix"

// Package os/signal can catch and ignore a signal, but after either not give it
// its default action again: Reset keeps the runtime's handler, which does
// nothing for stop signals. So that is done by sigaction(2).

func isIgnored(sig unix.Signal) bool {
	var old kernelAction
	return sigaction(sig, nil, &old) == nil && old[0] == sigIgn
}

// setDefault gives a signal its default action. The runtime must not handle it.
func setDefault(sig unix.Signal) error {
	var standard kernelAction // all zero: SIG_DFL, no flags, an empty mask
	return sigaction(sig, &standard, nil)
}
