//go:build !linux

package nodump

// Disable forbids core dumps where the system writes them to files.
func Disable() error { return noCore() }
