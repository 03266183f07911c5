//go:build !unix

package sign

// noFollow is 0: this system has no such flags.
const noFollow = 0
