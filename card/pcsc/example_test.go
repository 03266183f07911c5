package pcsc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"natsuin/card/pcsc"
)

// A program waits for a card, connects, and holds a transaction only while it
// sends commands: it neither asks a person nor uses files meanwhile.
func Example() {
	ctx := context.Background()
	var system pcsc.System
	var chosen string
	for chosen == "" {
		readers, err := system.Readers(ctx)
		if err != nil {
			log.Fatal(err) // pcsc.ErrNoService, …
		}
		for _, r := range readers {
			if r.CardPresent && !r.InUse {
				chosen = r.Name
			}
		}
		if chosen == "" {
			if err := system.Wait(ctx, readers); err != nil {
				log.Fatal(err)
			}
		}
	}
	conn, err := system.Connect(ctx, chosen)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	switch err := conn.Begin(ctx); {
	case errors.Is(err, pcsc.ErrBusy):
		log.Fatal("another program uses the card")
	case err != nil:
		log.Fatal(err)
	}
	answer, err := conn.Transmit([]byte{0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%X\n", answer) // 9000 for a JPKI card
	if err := conn.End(true); err != nil {
		log.Fatal(err)
	}
}
