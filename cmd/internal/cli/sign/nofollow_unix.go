//go:build unix

package sign

import "golang.org/x/sys/unix"

// noFollow holds the flags for os.OpenFile that refuse a symbolic link and do
// not wait for the writer of a FIFO.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
