//go:build unix

package practice

import "syscall"

// noFollow makes open fail for a symbolic link, and return at once for a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
