package practice

// Decode is the parser of the store file, for its fuzz target.
var Decode = decode

// ParseOCSPRequest is parseOCSPRequest without its result.
func ParseOCSPRequest(der []byte) error {
	_, err := parseOCSPRequest(der)
	return err
}

// EraDate and EndOfBirthday are tables of dates, tried without certificates.
var (
	EraDate       = eraDate
	EndOfBirthday = endOfBirthday
)
