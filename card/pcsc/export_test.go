//go:build cgo || windows

package pcsc

// Uncounted makes the connection behave as with a service that does not count
// events.
func (c *Conn) Uncounted() { c.events = 0 }
