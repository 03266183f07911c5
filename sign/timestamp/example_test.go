package timestamp_test

import (
	"encoding/hex"
	"fmt"
	"log"
	"time"

	"natsuin/sign/timestamp"
)

// The content of a time-stamp token says when a signature value existed. It
// proves that only if package verify has accepted the token around it.
func ExampleParse() {
	// A TSTInfo over the octets "signature value".
	der, err := hex.DecodeString("304f020101" + "06042a030405" +
		"302f300b0609608648016503040201" + "0420" + "54e5b414d0831cf8ba9b4de4201c172739e866d31dbd4dad7e04584a67556c94" +
		"02020080" + "180f32303236303430353036303730385a")
	if err != nil {
		log.Fatal(err)
	}
	info, err := timestamp.Parse(der)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.GenTime.Format(time.RFC3339), info.Policy, info.Hash)
	fmt.Println(info.Matches([]byte("signature value")))
	fmt.Println(info.Matches([]byte("another value")))
	// Output:
	// 2026-04-05T06:07:08Z 1.2.3.4.5 SHA-256
	// true
	// false
}
