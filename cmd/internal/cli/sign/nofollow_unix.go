//go:build unix

package sign

import "golang.org/x/sys/unix"

// noFollow are flags to open no symbolic link, and not to wait for the writer
// of a pipe.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
