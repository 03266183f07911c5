package virtual_test

import (
	"fmt"

	"natsuin/card/virtual"
)

// A card with only a password is enough to count tries.
func Example() {
	c := virtual.New(virtual.Options{State: virtual.State{
		Sign: virtual.Slot{Secret: []byte("ABC123"), Tries: 5, MaxTries: 5},
	}})
	for _, command := range []string{
		"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", // SELECT application
		"\x00\xA4\x02\x0C\x02\x00\x1B",                                 // SELECT PIN file
		"\x00\x20\x00\x80\x06WRONG1",                                   // VERIFY
		"\x00\x20\x00\x80\x06ABC123",
	} {
		answer, err := c.Transmit([]byte(command))
		fmt.Printf("%X %v\n", answer, err)
	}
	fmt.Println(c.State().Sign.Tries, c.Verified(virtual.Sign))
	// Output:
	// 9000 <nil>
	// 9000 <nil>
	// 63C4 <nil>
	// 9000 <nil>
	// 5 true
}

// A fault replaces what happens at an exchange. Here the card compares the
// secret, and the answer is lost.
func ExampleCard_Inject() {
	c := virtual.New(virtual.Options{State: virtual.State{
		Sign: virtual.Slot{Secret: []byte("ABC123"), Tries: 5, MaxTries: 5},
	}})
	c.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.LoseAnswer(nil)})
	c.Transmit([]byte("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01"))
	c.Transmit([]byte("\x00\xA4\x02\x0C\x02\x00\x1B"))
	_, err := c.Transmit([]byte("\x00\x20\x00\x80\x06WRONG1"))
	fmt.Println(err)
	fmt.Println("tries left:", c.State().Sign.Tries)
	// Output:
	// virtual card: exchange 2: contact lost
	// tries left: 4
}
