//go:build unix

package practice

import "syscall"

// noFollow opens no symbolic link, and does not wait for whoever writes to a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
