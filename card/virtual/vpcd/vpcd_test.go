package vpcd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"natsuin/card/virtual"
	"natsuin/card/virtual/vpcd"
)

var selectApplication = []byte{0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}

// reader serves the card, and returns the driver's end of the connection.
func reader(t *testing.T, ctx context.Context, card vpcd.Card) (net.Conn, <-chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- vpcd.Serve(ctx, theirs, card) }()
	t.Cleanup(func() { ours.Close() })
	return ours, done
}

func send(t *testing.T, conn net.Conn, frame ...byte) {
	t.Helper()
	if err := vpcd.WriteFrame(conn, frame); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, conn net.Conn, frame ...byte) []byte {
	t.Helper()
	send(t, conn, frame...)
	answer, err := vpcd.ReadFrame(conn)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestReaderMeetsTheCard(t *testing.T) {
	card := virtual.New(virtual.Options{State: virtual.State{Label: "JPKIAPICCTOKEN2"}})
	conn, done := reader(t, context.Background(), card)
	if got, want := ask(t, conn, 4), []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}; !bytes.Equal(got, want) {
		t.Errorf("ATR % X, want % X", got, want)
	}
	send(t, conn, 1)
	if got := ask(t, conn, selectApplication...); !bytes.Equal(got, []byte{0x90, 0x00}) {
		t.Errorf("select: % X", got)
	}
	token := []byte{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x06}
	if got := ask(t, conn, token...); !bytes.Equal(got, []byte{0x90, 0x00}) {
		t.Errorf("select token: % X", got)
	}
	send(t, conn, 2)
	if got := ask(t, conn, token...); !bytes.Equal(got, []byte{0x6A, 0x82}) {
		t.Errorf("after a reset the application is still selected: % X", got)
	}
	send(t, conn, 0)
	conn.Close()
	if err := <-done; err != nil {
		t.Errorf("the reader left, and Serve says %v", err)
	}
	if !card.Fresh() {
		t.Error("the card was not left reset")
	}
}

func TestCommandWithoutPowerEndsTheConnection(t *testing.T) {
	conn, done := reader(t, context.Background(), virtual.New(virtual.Options{}))
	send(t, conn, 0)
	send(t, conn, selectApplication...)
	if _, err := vpcd.ReadFrame(conn); err != io.EOF {
		t.Errorf("read after the end: %v", err)
	}
	if err := <-done; !errors.Is(err, virtual.ErrNoPower) {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, done := reader(t, ctx, virtual.New(virtual.Options{}))
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Serve: %v", err)
	}
}

func TestBadFramesAreErrors(t *testing.T) {
	for name, stream := range map[string][]byte{
		"empty frame":      {0, 0},
		"unknown control":  {0, 1, 3},
		"length cut":       {0},
		"body cut":         {0, 5, 1, 2},
		"body not started": {0, 5},
	} {
		t.Run(name, func(t *testing.T) {
			conn, done := reader(t, context.Background(), virtual.New(virtual.Options{}))
			if _, err := conn.Write(stream); err != nil {
				t.Fatal(err)
			}
			conn.Close()
			var frame *vpcd.FrameError
			if err := <-done; !errors.As(err, &frame) {
				t.Errorf("Serve: %v, want a *FrameError", err)
			}
		})
	}
}

func TestOverlongFrameIsNotWritten(t *testing.T) {
	var frame *vpcd.FrameError
	var out bytes.Buffer
	if err := vpcd.WriteFrame(&out, make([]byte, 1<<16)); !errors.As(err, &frame) || out.Len() != 0 {
		t.Errorf("%v, %d bytes written", err, out.Len())
	}
}

func TestListenTakesLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "[2001:db8::1]:0", "127.0.0.1.example.com:0"} {
		l, err := vpcd.Listen(context.Background(), address)
		var refused *vpcd.NotLoopbackError
		if !errors.As(err, &refused) {
			t.Errorf("Listen(%q): %v, want a *NotLoopbackError", address, err)
		}
		if err == nil {
			l.Close()
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.1.2.3:0", "[::ffff:127.0.0.1]:0"} {
		l, err := vpcd.Listen(context.Background(), address)
		if err != nil {
			t.Errorf("Listen(%q): %v", address, err)
			continue
		}
		l.Close()
	}
}

func FuzzServe(f *testing.F) {
	f.Add([]byte{0, 1, 4, 0, 1, 1})
	f.Add(append([]byte{0, 15}, selectApplication...))
	f.Add([]byte{0xFF, 0xFF, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		ours, theirs := net.Pipe()
		go func() {
			ours.Write(stream)
			ours.Close()
		}()
		go io.Copy(io.Discard, ours)
		vpcd.Serve(context.Background(), theirs, virtual.New(virtual.Options{}))
	})
}
