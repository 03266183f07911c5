//go:build !unix

package access

import "os"

// inherited returns standard input for 0, and otherwise nil: Windows has no
// other descriptors that a shell could pass.
func inherited(n int) *os.File {
	if n != 0 {
		return nil
	}
	return os.Stdin
}
