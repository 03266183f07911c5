package vpcd

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// A NotLoopbackError means that the host is not a loopback address, so that
// other machines might reach the port.
type NotLoopbackError struct{ Address string }

func (e *NotLoopbackError) Error() string {
	return fmt.Sprintf("vpcd: listen: %s is not a loopback address", e.Address)
}

// Listen listens on a loopback address such as 127.0.0.1:0 or [::1]:35963. The
// host must be an address or localhost, which means 127.0.0.1. Names are not
// resolved. For any other host the error is a [*NotLoopbackError].
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("vpcd: listen: %w", err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Unmap().IsLoopback() {
		return nil, &NotLoopbackError{Address: address}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("vpcd: %w", err)
	}
	return listener, nil
}

// Dial connects to the port at which pcscd's reader driver waits for a card. In
// Debian's configuration, the first slot is 127.0.0.1:35963 and the second has
// port 35964.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("vpcd: %w", err)
	}
	return conn, nil
}
