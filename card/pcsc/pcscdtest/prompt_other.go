//go:build !linux

package pcscdtest

import "net"

func prompt(conn net.Conn) net.Conn { return conn }
