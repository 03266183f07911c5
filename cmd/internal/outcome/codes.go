// Package outcome defines how a run can end: the codes of docs/cli.md, their
// exit codes and their order of severity. It also maps to a code every error of
// the libraries, of outfile and of terminal that a verb may pass on as it is.
//
// It contains no messages (see package i18n), and decides nothing about cards
// or signatures. A verb that must say more about an error returns an [Error] of
// its own.
package outcome

// A Code is the stable name of an outcome (docs/cli.md, "JSON"). Each has one
// exit code, except [CodeNotDone], with which no run ends.
type Code string

// The outcomes of docs/cli.md.
const (
	CodeOK             Code = "ok"
	CodeInvalid        Code = "invalid"
	CodeDifferent      Code = "different"
	CodeUsage          Code = "usage"
	CodeBadSecretForm  Code = "bad-secret-form"
	CodeFile           Code = "file"
	CodeExists         Code = "exists"
	CodeChanged        Code = "changed-while-read"
	CodeUnsuitable     Code = "unsuitable"
	CodeIndeterminate  Code = "indeterminate"
	CodeNoService      Code = "no-service"
	CodeNoPermission   Code = "no-permission"
	CodeNoReader       Code = "no-reader"
	CodeSeveralReaders Code = "several-readers"
	CodeNoCard         Code = "no-card"
	CodeNotJPKI        Code = "not-jpki"
	CodeCardRefused    Code = "card-refused"
	CodeNoCertificate  Code = "no-certificate"
	CodeBusy           Code = "busy"
	CodeWrongPIN       Code = "wrong-pin"
	CodeLocked         Code = "locked"
	CodeTooFewTries    Code = "too-few-tries"
	CodeDeclined       Code = "declined"
	CodeTimeout        Code = "timeout"
	CodeCardRemoved    Code = "card-removed"
	CodeUnknownOutcome Code = "unknown-outcome"
	CodeNoTimestamp    Code = "no-timestamp"
	CodeExpired        Code = "expired"
	CodeRevoked        Code = "revoked"
	CodeWeak           Code = "weak"
	CodeInterrupted    Code = "interrupted"
	CodeNoSignature    Code = "no-signature"
	CodeNotDone        Code = "not-done"
	CodeSkipped        Code = "skipped" // an input that was left out, with a remark
	CodeInternal       Code = "internal"
)

var exits = map[Code]int{
	CodeOK: 0, CodeSkipped: 0,
	CodeInvalid: 1, CodeDifferent: 1, CodeExpired: 1, CodeRevoked: 1, CodeWeak: 1,
	CodeUsage: 2, CodeBadSecretForm: 2,
	CodeFile: 3, CodeExists: 3, CodeChanged: 3, CodeUnsuitable: 3,
	CodeIndeterminate: 4, CodeNoSignature: 4,
	CodeNoService: 5, CodeNoPermission: 5, CodeNoReader: 5, CodeNoCard: 5, CodeNotJPKI: 5,
	CodeCardRefused: 5, CodeNoCertificate: 5, CodeBusy: 5, CodeCardRemoved: 5, CodeNoTimestamp: 5,
	CodeWrongPIN:    6,
	CodeLocked:      7,
	CodeTooFewTries: 8, CodeDeclined: 8, CodeTimeout: 8, CodeSeveralReaders: 8,
	CodeUnknownOutcome: 9,
	CodeInternal:       70,
	CodeInterrupted:    130,
}

// Exit returns the exit code of an outcome. It is 70 if the code has none: a
// run that ends with such a code has a bug.
func (c Code) Exit() int {
	if n, ok := exits[c]; ok {
		return n
	}
	return 70
}

// severity lists the exit codes, worst first, for runs with several files
// (docs/cli.md, "Exit codes"). It lacks 2, which any other outweighs.
var severity = []int{70, 130, 7, 6, 9, 5, 8, 3, 1, 4, 0}

// Worse returns the worse of two outcomes, which decides the run.
func Worse(a, b Code) Code {
	for _, n := range severity {
		if a.Exit() == n {
			return a
		}
		if b.Exit() == n {
			return b
		}
	}
	return a
}

// WorseError returns the error with the worse outcome. nil is the best.
func WorseError(a, b error) error {
	if a == nil || b != nil && Worse(CodeOf(a), CodeOf(b)) != CodeOf(a) {
		return b
	}
	return a
}
