//go:build !unix

package practice

// noFollow is 0: os.OpenFile has no such flag on this system.
const noFollow = 0
