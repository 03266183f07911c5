package pcscdtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/virtual/vpcd"
)

const (
	insertLimit = 4 * time.Second // if pcscd sees a card at all, it takes less
	removeLimit = 4 * time.Second // the same for its removal
	pollTime    = time.Second / 2 // longer than pcscd's polling interval, which is 0.4 s
)

// Insert puts a card into the reader and returns when the service reports it.
func (s *Service) Insert(card vpcd.Card) {
	s.t.Helper()
	for deadline := time.Now().Add(stateLimit); ; {
		s.serve(card)
		if ok, seen := within(insertLimit, func() (bool, any) { return s.present(true) }); ok {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("no card in the reader after %v: %v", stateLimit, seen)
		}
		s.withdraw()
		time.Sleep(pollTime)
	}
}

// serve connects the card to the reader.
func (s *Service) serve(card vpcd.Card) {
	s.t.Helper()
	conn, err := vpcd.Dial(context.Background(), slots[s.slot]) // the context of a test ends before its Cleanup
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, conn, card) }()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove = func() {
		cancel()
		err := <-served
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			s.t.Logf("the card left the reader by itself: %v", err)
		}
	}
}

// Remove removes the card, if there is one, and returns when the service
// reports this.
func (s *Service) Remove() {
	s.t.Helper()
	early, _ := s.present(false)
	if !s.withdraw() {
		return
	}
	s.awaitEmpty()
	if early {
		// After a failed command or reset, pcscd reports an empty reader, but
		// misses a card that is inserted again before it polls the reader.
		time.Sleep(pollTime)
	}
}

// withdraw disconnects the card and reports whether there was one.
func (s *Service) withdraw() bool {
	s.mu.Lock()
	remove := s.remove
	s.remove = nil
	s.mu.Unlock()
	if remove != nil {
		remove()
	}
	return remove != nil
}

// awaitEmpty returns when the service reports that the reader is empty.
func (s *Service) awaitEmpty() {
	s.t.Helper()
	for deadline := time.Now().Add(stateLimit); ; {
		if ok, seen := within(removeLimit, func() (bool, any) { return s.present(false) }); ok {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("no empty reader after %v: %v", stateLimit, seen)
		}
		// If a card is removed while pcscd resets it for a client that has
		// died, pcscd may report it until another card comes and goes.
		s.serve(blank{})
		time.Sleep(pollTime)
		s.withdraw()
	}
}

// A blank is a card without an application.
type blank struct{}

func (blank) ATR() []byte { return []byte{0x3B, 0x00} }
func (blank) PowerUp()    {}
func (blank) PowerDown()  {}
func (blank) Reset()      {}

// Transmit answers that the instruction is not supported.
func (blank) Transmit([]byte) ([]byte, error) { return []byte{0x6D, 0x00}, nil }

// present reports whether the presence of a card in the reader is as wanted. It
// also returns the report of the service.
func (s *Service) present(want bool) (bool, any) {
	readers, err := pcsc.System{}.Readers(context.Background())
	for _, r := range readers {
		if r.Name == s.reader && r.CardPresent == want {
			return true, nil
		}
	}
	return false, fmt.Sprint(readers, err)
}
