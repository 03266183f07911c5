//go:build unix

package sign

import "golang.org/x/sys/unix"

// noFollow opens no symbolic link, and does not wait for whoever writes to a
// pipe.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
