//go:build unix

package practice

import "syscall"

// noFollow makes open fail for a symbolic link, and not wait for the writer of
// a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
