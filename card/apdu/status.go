package apdu

import "fmt"

// A Status is the status word SW1 SW2 of an answer.
type Status uint16

// The status words of docs/card.md §3. A Status may also have any other value.
const (
	OK                Status = 0x9000
	EndOfFile         Status = 0x6282 // fewer bytes than asked for
	WrongSecret       Status = 0x6300 // count unknown; 63Cx has a count
	WrongLength       Status = 0x6700
	WrongFile         Status = 0x6981
	SecurityState     Status = 0x6982 // a secret must be verified first
	Blocked           Status = 0x6983 // 6983 or 6984: the sources disagree
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

// String returns the status word in four hexadecimal digits, such as "63C2".
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// Tries returns the tries left in 63Cx. ok is false for any other status word:
// no other has a count, whatever its low nibble is (docs/card.md §3).
func (s Status) Tries() (left int, ok bool) {
	if s&0xFFF0 != 0x63C0 {
		return 0, false
	}
	return int(s & 0x000F), true
}

// IsBlocked reports whether no try is left: 6983, 6984 or 63C0.
func (s Status) IsBlocked() bool {
	return s == Blocked || s == BlockedData || s == 0x63C0
}

// A StatusError means that the card answered with a status word other than
// 9000.
type StatusError struct {
	Op     string // the operation, such as "SELECT application"
	Status Status
}

// Error names the operation and the status word.
func (e *StatusError) Error() string { return e.Op + ": card answered " + e.Status.String() }
