package practice_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"natsuin/card/practice"
)

// The default card is issued on first use. A certificate can be revoked only
// once.
func Example() {
	dir, err := os.MkdirTemp("", "practice")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store := practice.Open(practice.Options{Dir: dir})

	conn, err := store.Connect(context.Background()) // like a connection to a card in a reader
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	info, err := store.Show()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Kind, info.Name, info.Sign.Secret, info.Sign.Tries)

	if err := store.Revoke(practice.Moved, time.Time{}); err != nil {
		log.Fatal(err)
	}
	err = store.Revoke(practice.Moved, time.Time{})
	var before *practice.RevokedError
	fmt.Println(errors.As(err, &before))
	// Output:
	// mynumber 練習　花子 RENSHU123 5
	// true
}
