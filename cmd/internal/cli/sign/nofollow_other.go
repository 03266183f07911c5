//go:build !unix

package sign

// noFollow is 0: os.OpenFile has no such flag here.
const noFollow = 0
