//go:build !unix

package cli

// noFollow: os.OpenFile has no such flag here.
const noFollow = 0
