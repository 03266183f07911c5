package vpcd

import (
	"net"
	"syscall"
)

// A promptConn acknowledges data as soon as it is read. The driver writes the
// length of a command and the command separately, and Nagle's algorithm delays
// the second write until the first is acknowledged. By the kernel's default,
// this can take 40 ms for each command.
type promptConn struct{ *net.TCPConn }

func prompt(conn net.Conn) net.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return promptConn{tcp}
	}
	return conn
}

// Read implements [net.Conn]. It sets the option after each read, because the
// kernel resets it.
func (c promptConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if raw, rawErr := c.SyscallConn(); rawErr == nil {
		raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
	return n, err
}
