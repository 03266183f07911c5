//go:build !unix

package practice

// noFollow: os.OpenFile has no such flag here.
const noFollow = 0
