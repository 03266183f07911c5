package vpcd

import (
	"net"
	"syscall"
)

// A promptConn acknowledges at once what it has read. The driver writes the length of
// a command and the command apart, and Nagle's algorithm holds the second back until
// the first is acknowledged: 40 ms a command, were it left to the kernel.
type promptConn struct{ *net.TCPConn }

func prompt(conn net.Conn) net.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return promptConn{tcp}
	}
	return conn
}

// Read implements net.Conn. The kernel forgets the option, so each read sets it anew.
func (c promptConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if raw, rawErr := c.SyscallConn(); rawErr == nil {
		raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
	return n, err
}
