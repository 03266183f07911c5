//go:build linux

package main_test

import (
	"net"
	"strconv"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// theServer is the key of the server in the values of a script.
type theServer struct{}

// listen starts a server that closes each connection without an answer, and
// sets ADDRESS to its address.
func listen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: listen")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	visitors := ts.Value(theServer{}).(*atomic.Int64)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			visitors.Add(1)
			conn.Close()
		}
	}()
	ts.Setenv("ADDRESS", listener.Addr().String())
}

// visits N checks how many connections the server has got. Accept may return
// after the client has ended, so the count may be too low for a moment.
func visits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] visits n")
	}
	want, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	if got := ts.Value(theServer{}).(*atomic.Int64).Load(); (got == want) == neg {
		ts.Fatalf("%d visits", got)
	}
}
