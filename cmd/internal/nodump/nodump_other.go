//go:build !linux

package nodump

// Disable disables core dumps that a Unix system writes to files. On other
// systems it does nothing.
func Disable() error { return noCore() }
