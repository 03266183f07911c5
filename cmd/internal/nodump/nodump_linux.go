package nodump

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Disable disables core dumps of this process, including those that are piped
// to a program (core(5)). It also prevents other processes of the same user
// from reading its memory.
func Disable() error {
	return errors.Join(noCore(), unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
}
