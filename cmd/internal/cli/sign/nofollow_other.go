//go:build !unix

package sign

// noFollow: os.OpenFile has no such flag here.
const noFollow = 0
