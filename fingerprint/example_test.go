package fingerprint_test

import (
	"errors"
	"fmt"

	"natsuin/fingerprint"
)

// A fingerprint may be typed in any usual form, with full-width letters,
// separators and labels.
func ExampleParse() {
	published := "19 64 54 05 a1 fe 14 37 74 34 bd 55 95 76 28 ac 40 38 55 7c 54 24 03 a2 24 3f 21 c7 06 fc 93 55"
	pasted := "SHA256 Fingerprint=19:64:54:05:A1:FE:14:37:74:34:BD:55:95:76:28:AC:40:38:55:7C:54:24:03:A2:24:3F:21:C7:06:FC:93:55"
	want, err := fingerprint.Parse(published)
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := fingerprint.Parse(pasted)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.Algorithm, got.Groups()[0], got.Groups()[15])
	fmt.Println(got.Equal(want))
	// Output:
	// sha256 1964 9355
	// true
}

// A part of a fingerprint is not accepted, because a partial match can be
// forged.
func ExampleParse_part() {
	_, err := fingerprint.Parse("1964 5405")
	var length *fingerprint.LengthError
	if errors.As(err, &length) {
		fmt.Println(length.Digits, length.Short())
	}
	fmt.Println(err)
	// Output:
	// 8 true
	// parse fingerprint: 8 hexadecimal digits, not a whole sha256 (64) or sha1 (40) value
}

// People compare groups of four digits. Diff returns the first one that
// differs.
func ExampleDiff() {
	a, _ := fingerprint.Parse("952CCDC94DF8F402E08EE56C309D518905E77146")
	b, _ := fingerprint.Parse("952CCDC94DF8F402E08EE56C309D518905E77147")
	group, same := fingerprint.Diff(a, b)
	fmt.Println(same, group)
	// Output: false 10
}
