//go:build darwin || dragonfly || freebsd || linux

package terminal

import "golang.org/x/sys/unix"

// Package os/signal can catch and ignore a signal, but cannot restore its
// default action afterwards: Reset keeps the runtime's handler, which ignores
// stop signals. sigaction(2) restores it.

func isIgnored(sig unix.Signal) bool {
	var old kernelAction
	return sigaction(sig, nil, &old) == nil && old[0] == sigIgn
}

// setDefault gives a signal its default action. The caller must first make the
// runtime give up its handler, with signal.Ignore.
func setDefault(sig unix.Signal) error {
	var standard kernelAction // all zero: SIG_DFL, no flags, an empty mask
	return sigaction(sig, &standard, nil)
}
