package practice

// Decode is the parser of the store file, for its fuzz test.
var Decode = decode

// ParseOCSPRequest parses an OCSP request and discards the result.
func ParseOCSPRequest(der []byte) error {
	_, err := parseOCSPRequest(der)
	return err
}

// EraDate and EndOfBirthday are functions of dates, which tests call without
// certificates.
var (
	EraDate       = eraDate
	EndOfBirthday = endOfBirthday
)
