package apdu

import "fmt"

// A Status is the status word SW1 SW2 of an answer.
type Status uint16

// The status words that docs/card.md §3 knows. Any other is unknown and is kept as it is.
const (
	OK                Status = 0x9000
	EndOfFile         Status = 0x6282 // fewer bytes than asked for
	WrongSecret       Status = 0x6300 // count unknown; 63Cx carries one
	WrongLength       Status = 0x6700
	WrongFile         Status = 0x6981
	SecurityState     Status = 0x6982 // a secret must be verified first
	Blocked           Status = 0x6983 // sources disagree about these two: both mean it
	BlockedData       Status = 0x6984
	Conditions        Status = 0x6985
	NoCurrentFile     Status = 0x6986
	WrongData         Status = 0x6A80
	NoFunction        Status = 0x6A81
	NotFound          Status = 0x6A82
	RecordNotFound    Status = 0x6A83
	WrongParameters   Status = 0x6A86
	LengthParameters  Status = 0x6A87
	ReferenceNotFound Status = 0x6A88
	PastEnd           Status = 0x6B00
	NoInstruction     Status = 0x6D00
	NoClass           Status = 0x6E00
)

// String is the word in four hexadecimal digits: "63C2".
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// Tries returns the tries left. It is ok for 63Cx only: no other word carries a
// count, whatever its low nibble (docs/card.md §3).
func (s Status) Tries() (left int, ok bool) {
	if s&0xFFF0 != 0x63C0 {
		return 0, false
	}
	return int(s & 0x000F), true
}

// IsBlocked tells the words that mean that no try is left: 6983, 6984 and 63C0.
func (s Status) IsBlocked() bool {
	return s == Blocked || s == BlockedData || s == 0x63C0
}

// A StatusError is an answer of the card that is not what was hoped for.
type StatusError struct {
	Op     string // what was asked, such as "SELECT application"
	Status Status
}

// Error names the operation and the word.
func (e *StatusError) Error() string { return e.Op + ": card answered " + e.Status.String() }
