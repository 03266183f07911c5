package apdu_test

import (
	"fmt"
	"log"

	"natsuin/card/apdu"
)

// tape is a transmitter that returns prepared answers.
type tape [][]byte

func (a *tape) Transmit([]byte) ([]byte, error) {
	next := (*a)[0]
	*a = (*a)[1:]
	return next, nil
}

// Exchange follows up 61xx and returns the data in one piece.
func ExampleExchange() {
	card := &tape{{0x61, 0x03}, {'a', 'b', 'c', 0x90, 0x00}}
	data, status, err := apdu.Exchange(card, apdu.Command{Op: "READ BINARY", INS: 0xB0, Le: 256})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s\n", data, status)
	// Output: abc 9000
}

// A trace may go into a log: it contains neither secrets nor the data of
// answers.
func ExampleTrace() {
	card := &tape{{0x90, 0x00}, {0x63, 0xC4}}
	traced := apdu.Trace(card, func(line string) { fmt.Println(line) })
	for _, c := range []apdu.Command{
		{Op: "SELECT file", INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{0x00, 0x1B}},
		{Op: "VERIFY", INS: 0x20, P2: 0x80, Data: []byte("WRONG123")},
	} {
		if _, _, err := apdu.Exchange(traced, c); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 00 A4 02 0C 02 00 1B > 9000
	// 00 20 00 80 [redacted] > 63C4
}

// Only 63Cx carries a count.
func ExampleStatus_Tries() {
	for _, s := range []apdu.Status{0x63C2, 0x63C0, 0x6983, 0x6A82} {
		left, counted := s.Tries()
		fmt.Println(s, left, counted, s.IsBlocked())
	}
	// Output:
	// 63C2 2 true false
	// 63C0 0 true true
	// 6983 0 false true
	// 6A82 0 false false
}
