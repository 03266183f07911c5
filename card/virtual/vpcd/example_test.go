package vpcd_test

import (
	"context"
	"log"

	"natsuin/card/virtual"
	"natsuin/card/virtual/vpcd"
)

// A virtual card goes into the first slot of pcscd's reader driver and stays
// there until ctx ends.
func ExampleServe() {
	ctx, remove := context.WithCancel(context.Background())
	defer remove()
	conn, err := vpcd.Dial(ctx, "127.0.0.1:35963")
	if err != nil {
		log.Fatal(err)
	}
	if err := vpcd.Serve(ctx, conn, virtual.New(virtual.Options{})); err != nil {
		log.Fatal(err)
	}
}
