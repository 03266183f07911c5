//go:build !linux

package nodump

// Disable disables core dumps that the system writes to files.
func Disable() error { return noCore() }
