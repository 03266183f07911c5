package outcome_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/terminal"
	"natsuin/fingerprint"
	"natsuin/sign"
	"natsuin/sign/timestamp"
	"natsuin/verify/trust"
)

// The worst outcome decides a run with several files (docs/cli.md, "Exit
// codes").
func TestTheWorseOutcomeDecides(t *testing.T) {
	order := []outcome.Code{
		outcome.CodeInternal, outcome.CodeInterrupted, outcome.CodeLocked, outcome.CodeWrongPIN, outcome.CodeUnknownOutcome,
		outcome.CodeBusy, outcome.CodeDeclined, outcome.CodeFile, outcome.CodeInvalid, outcome.CodeIndeterminate, outcome.CodeOK,
	}
	for i, worse := range order {
		for _, better := range order[i:] {
			if outcome.Worse(worse, better) != worse || outcome.Worse(better, worse) != worse {
				t.Errorf("%s does not outweigh %s", worse, better)
			}
		}
	}
	file, busy := &outcome.Error{Code: outcome.CodeFile}, &outcome.Error{Code: outcome.CodeBusy}
	for _, c := range []struct{ a, b, want error }{
		{nil, nil, nil}, {nil, file, file}, {file, nil, file}, {file, busy, busy}, {busy, file, busy},
	} {
		if got := outcome.WorseError(c.a, c.b); got != c.want {
			t.Errorf("of %v and %v: %v", c.a, c.b, got)
		}
	}
}

func TestAnErrorIsTheOutcomeOfTheFirstRowThatFits(t *testing.T) {
	removed := &pcsc.Error{Op: "transmit", Reader: "r", Err: pcsc.ErrRemoved}
	refusal := &apdu.StatusError{Op: "SELECT file", Status: 0x6985}
	for _, c := range []struct {
		err  error
		code outcome.Code
		id   string
	}{
		{context.Canceled, outcome.CodeInterrupted, "err.interrupted"},
		{terminal.ErrInterrupted, outcome.CodeInterrupted, "err.interrupted"},
		{&card.OutcomeUnknownError{Op: card.OpVerify, Err: removed}, outcome.CodeUnknownOutcome, "err.unknown-outcome"},
		{&card.OutcomeUnknownError{Op: card.OpChange, Err: refusal}, outcome.CodeUnknownOutcome, "err.unknown-outcome.change.unclear"},
		{fmt.Errorf("%w: %w", removed, refusal), outcome.CodeCardRemoved, "err.pcsc.removed"},
		{refusal, outcome.CodeCardRefused, "err.card-refused"},
		{&os.LinkError{Op: "rename", New: "practice.store", Err: fs.ErrExist}, outcome.CodeFile, "err.store.file"},
		{&pcsc.Error{Op: "list", Err: pcsc.ErrNoService}, outcome.CodeNoService, "err.pcsc.no-service"},
		{&pcsc.Error{Op: "readers", Err: pcsc.ErrNotInstalled}, outcome.CodeNoService, "err.pcsc.not-installed"},
		{&pcsc.Error{Op: "end", Err: pcsc.ErrNoService}, outcome.CodeNoService, "err.pcsc.service-gone"},
		{practice.ErrNoCard, outcome.CodeNoCard, "err.practice.no-card"},
		{&outfile.ExistsError{Path: "a"}, outcome.CodeExists, "err.output.exists"},
		{&outfile.SameFileError{Path: "a", Other: "a"}, outcome.CodeUsage, "err.output.twice"},
		{&outfile.Error{Op: "write", Path: "a", Err: outfile.ErrNoSpace}, outcome.CodeFile, "err.output.no-space"},
		{&outfile.Error{Op: "write", Path: "a", Err: errors.New("odd")}, outcome.CodeFile, "err.file.write"},
		{fingerprint.ErrTooLong, outcome.CodeUsage, "err.print.two"},
		{&fingerprint.LengthError{Digits: 3}, outcome.CodeUsage, "err.print.length"},
		{&fingerprint.LengthError{Digits: 3, Labelled: fingerprint.SHA1}, outcome.CodeUsage, "err.print.label"},
		{&trust.FileError{Path: "a", Err: trust.ErrPractice}, outcome.CodeFile, "err.trust.file"},
		{trust.ErrPractice, outcome.CodeInvalid, "err.trust.practice"},
		{&sign.UnsupportedError{}, outcome.CodeUsage, "err.sign.unsupported"},
		{&timestamp.RefusedError{Reason: timestamp.ReasonUnreached, Err: timestamp.ErrUserInfo}, outcome.CodeNoTimestamp, "err.no-timestamp"},
		{&timestamp.SyntaxError{}, outcome.CodeNoTimestamp, "err.no-timestamp"},
		{timestamp.ErrUserInfo, outcome.CodeUsage, "err.timestamp.user-info"},
		{timestamp.ErrAddress, outcome.CodeUsage, "err.timestamp.address"},
		{errors.New("odd"), outcome.CodeInternal, "err.internal"},
		{&outcome.Verdict{Outcome: outcome.Error{Code: outcome.CodeInvalid, ID: "v"}}, outcome.CodeInvalid, "v"},
	} {
		for _, err := range []error{c.err, fmt.Errorf("more: %w", c.err)} {
			if e := outcome.Of(err); e.Code != c.code || e.ID != c.id || outcome.CodeOf(err) != c.code {
				t.Errorf("%v: %s, %s; want %s, %s", err, e.Code, e.ID, c.code, c.id)
			}
		}
	}
	if outcome.Of(nil) != nil || outcome.CodeOf(nil) != outcome.CodeOK {
		t.Error("no error has an outcome")
	}
}

func TestExitCodes(t *testing.T) {
	for err, want := range map[*outcome.Error]int{
		{Code: outcome.CodeNoCard}:                  5,
		{Code: outcome.CodeExpired, ExitCode: 5}:    5,
		{Code: outcome.CodeExpired}:                 1,
		{Code: outcome.Code("not one of the list")}: 70,
	} {
		if err.Exit() != want {
			t.Errorf("%v: exit %d, want %d", err, err.Exit(), want)
		}
	}
}

// A typed value may be a secret, and the name of a file may contain control
// characters.
func TestUsageKeepsWhatWasTypedAndEscapesTheRest(t *testing.T) {
	var e *outcome.Error
	if err := outcome.Usage("id", "Value", "RENSHU123", "Path", "a\x1b[2J", "N", 3); !errors.As(err, &e) {
		t.Fatal(err)
	}
	if want := []any{"Path", `a\u{1B}[2J`, "N", 3}; !slices.Equal(e.Pairs, want) || !e.Typed || e.Code != outcome.CodeUsage {
		t.Errorf("%+v", e)
	}
}

func TestABugHidesItsValue(t *testing.T) {
	err := outcome.Bug("RENSHU123")
	for _, line := range append(outcome.Detail(err), err.Error()) {
		if strings.Contains(line, "RENSHU123") || outcome.CodeOf(err) != outcome.CodeInternal {
			t.Error(line)
		}
	}
}
