package apdu_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"natsuin/card/apdu"
)

// script is a card that returns prepared answers and records the commands.
type script struct {
	answers [][]byte
	err     error // returned after the answers
	sent    []string
	last    []byte // the buffer of the last command, not a copy
}

func (s *script) Transmit(cmd []byte) ([]byte, error) {
	s.sent = append(s.sent, fmt.Sprintf("%X", cmd))
	s.last = cmd
	if len(s.answers) == 0 {
		if s.err != nil {
			return nil, s.err
		}
		return []byte{0x6F, 0x00}, nil
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func answers(hexes ...string) *script {
	s := &script{}
	for _, h := range hexes {
		var b []byte
		fmt.Sscanf(h, "%X", &b)
		s.answers = append(s.answers, b)
	}
	return s
}

var (
	read   = apdu.Command{Op: "READ", INS: 0xB0, Le: 256}
	query  = apdu.Command{Op: "query", INS: 0x20, P2: 0x80}
	verify = apdu.Command{Op: "VERIFY", INS: 0x20, P2: 0x80, Data: []byte("1234")}
	change = apdu.Command{Op: "CHANGE", INS: 0x24, P1: 1, P2: 0x80, Data: []byte("5678")}
)

func TestCommandIsEncodedAsEachOfTheFourCases(t *testing.T) {
	for _, c := range []struct {
		cmd  apdu.Command
		want string
	}{
		{apdu.Command{INS: 0x20, P2: 0x80}, "00200080"},
		{apdu.Command{INS: 0xB0, P1: 0x86, Le: 0x20}, "00B0860020"},
		{apdu.Command{INS: 0xB0, Le: 256}, "00B0000000"},
		{apdu.Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{0, 1}}, "00A4020C020001"},
		{apdu.Command{CLA: 0x80, INS: 0x2A, P2: 0x80, Data: []byte{9}, Le: 256}, "802A0080010900"},
	} {
		if got := fmt.Sprintf("%X", c.cmd.Bytes()); got != c.want {
			t.Errorf("%+v is %s, want %s", c.cmd, got, c.want)
		}
	}
}

func TestCommandThatDoesNotFitIsNotSent(t *testing.T) {
	for _, c := range []apdu.Command{
		{INS: 0x2A, Data: make([]byte, 256)},
		{INS: 0xB0, Le: 257},
		{INS: 0xB0, Le: -1},
	} {
		s := answers("9000")
		if _, _, err := apdu.Exchange(s, c); !errors.Is(err, apdu.ErrTooLong) || !errors.Is(err, apdu.ErrNotSent) || len(s.sent) != 0 {
			t.Errorf("%d bytes, Le %d: %v, sent %v", len(c.Data), c.Le, err, s.sent)
		}
	}
}

func TestExchangeFollowsAnswersInPieces(t *testing.T) {
	for name, c := range map[string]struct {
		card   *script
		data   string
		status apdu.Status
		sent   []string
	}{
		"whole":                    {answers("AABB9000"), "AABB", 0x9000, []string{"00B0000000"}},
		"61xx":                     {answers("6102", "AABB9000"), "AABB", 0x9000, []string{"00B0000000", "00C0000002"}},
		"61xx beside data":         {answers("AA6101", "BB9000"), "AABB", 0x9000, []string{"00B0000000", "00C0000001"}},
		"6100 is 256":              {answers("6100", "AA9000"), "AA", 0x9000, []string{"00B0000000", "00C0000000"}},
		"6Cxx":                     {answers("6C01", "AA9000"), "AA", 0x9000, []string{"00B0000000", "00B0000001"}},
		"6Cxx once only":           {answers("6C01", "6C02"), "", 0x6C02, []string{"00B0000000", "00B0000001"}},
		"6Cxx then 61xx":           {answers("6C02", "6102", "AABB9000"), "AABB", 0x9000, []string{"00B0000000", "00B0000002", "00C0000002"}},
		"refusal after 61xx":       {answers("AA6101", "6F00"), "AA", 0x6F00, []string{"00B0000000", "00C0000001"}},
		"warning keeps its data":   {answers("AA6282"), "AA", 0x6282, []string{"00B0000000"}},
		"data beside 6Cxx dropped": {answers("EE6C01", "AA9000"), "AA", 0x9000, []string{"00B0000000", "00B0000001"}},
	} {
		data, status, err := apdu.Exchange(c.card, read)
		if err != nil || fmt.Sprintf("%X", data) != c.data || status != c.status || fmt.Sprint(c.card.sent) != fmt.Sprint(c.sent) {
			t.Errorf("%s: %X %v %v, sent %v", name, data, status, err, c.card.sent)
		}
	}
}

// Whatever the answer is, each VERIFY and each CHANGE is sent only once.
func TestSecretsAreSentOnceAndFollowedByNothing(t *testing.T) {
	statuses := []string{"9000", "6102", "6100", "6C00", "6C04", "6300", "63C2", "6983", "6F00", "6982", "6700", "", "90", "AABB9000"}
	for _, cmd := range []apdu.Command{verify, change, query} {
		for _, st := range statuses {
			s := answers(st, "9000", "9000")
			_, _, _ = apdu.Exchange(s, cmd)
			if len(s.sent) != 1 {
				t.Errorf("%s answered %q: sent %v", cmd.Op, st, s.sent)
			}
		}
		s := &script{err: errors.New("gone")}
		_, _, err := apdu.Exchange(s, cmd)
		if len(s.sent) != 1 || !errors.As(err, new(*apdu.TransmitError)) {
			t.Errorf("%s without answer: %v, sent %v", cmd.Op, err, s.sent)
		}
	}
}

// If a transport did not send a command, the error of the exchange says so.
func TestExchangeKeepsThatACommandWasNotSent(t *testing.T) {
	withdrawn := errors.New("withdrawn")
	for _, cmd := range []apdu.Command{read, query, verify, change} {
		s := &script{err: fmt.Errorf("gate: %w: %w", apdu.ErrNotSent, withdrawn)}
		_, _, err := apdu.Exchange(s, cmd)
		if !errors.As(err, new(*apdu.TransmitError)) || !errors.Is(err, apdu.ErrNotSent) || !errors.Is(err, withdrawn) {
			t.Errorf("%s: %v", cmd.Op, err)
		}
		s.err = errors.New("gone")
		if _, _, err := apdu.Exchange(s, cmd); errors.Is(err, apdu.ErrNotSent) {
			t.Errorf("%s: %v", cmd.Op, err)
		}
	}
}

func TestBufferThatCarriedASecretIsWiped(t *testing.T) {
	for _, s := range []*script{answers("9000"), answers(""), {err: errors.New("gone")}} {
		for _, cmd := range []apdu.Command{verify, change} {
			_, _, _ = apdu.Exchange(s, cmd)
			if !bytes.Equal(s.last, make([]byte, len(s.last))) {
				t.Errorf("%s left %X", cmd.Op, s.last)
			}
		}
	}
	if string(verify.Data) != "1234" {
		t.Error("the caller's own bytes are the caller's")
	}
}

func TestAnswersThatNoCardMayGiveAreMalformed(t *testing.T) {
	long := &script{answers: [][]byte{make([]byte, 259)}}
	junk := &script{answers: [][]byte{make([]byte, 65000)}}
	endless := &script{}
	for range 1000 {
		endless.answers = append(endless.answers, []byte{0x61, 0x01})
	}
	dripping := &script{}
	for range 1000 {
		dripping.answers = append(dripping.answers, append(bytes.Repeat([]byte{7}, 256), 0x61, 0))
	}
	short := read
	short.Le = 1
	for name, c := range map[string]struct {
		card *script
		cmd  apdu.Command
	}{
		"nothing":               {answers(""), read},
		"half a status":         {answers("90"), read},
		"259 bytes":             {long, read},
		"65000 bytes":           {junk, read},
		"more than Le":          {answers("AABB9000"), short},
		"data after VERIFY":     {answers("AA9000"), verify},
		"data after CHANGE":     {answers("AA9000"), change},
		"data after query":      {answers("AA63C3"), query},
		"61xx without end":      {endless, read},
		"61xx full without end": {dripping, read},
	} {
		data, _, err := apdu.Exchange(c.card, c.cmd)
		var malformed *apdu.MalformedError
		if !errors.As(err, &malformed) || data != nil {
			t.Errorf("%s: %v, %d bytes", name, err, len(data))
		}
		if len(c.card.sent) > 33 {
			t.Errorf("%s: %d commands for one answer", name, len(c.card.sent))
		}
	}
}

func TestOnly63CxCarriesACount(t *testing.T) {
	for w := 0; w <= 0xFFFF; w++ {
		left, ok := apdu.Status(w).Tries()
		if want := w>>4 == 0x63C; ok != want || ok && left != w&0xF || !ok && left != 0 {
			t.Fatalf("%04X: %d %v", w, left, ok)
		}
		if want := w == 0x63C0 || w == 0x6983 || w == 0x6984; apdu.Status(w).IsBlocked() != want {
			t.Fatalf("%04X: blocked is not %v", w, want)
		}
	}
	if s := apdu.Status(0x63C2).String(); s != "63C2" {
		t.Error(s)
	}
}

func FuzzExchange(f *testing.F) {
	f.Add(byte(0xB0), []byte{0x02, 0x61, 0x02, 0x04, 1, 2, 0x90, 0})
	f.Add(byte(0x20), []byte{0x02, 0x6C, 0x04, 0x02, 0x90, 0})
	f.Add(byte(0xB0), []byte{0x02, 0x6C, 0x04, 0x02, 0x6C, 0x01, 0x01, 0x90})
	f.Fuzz(func(t *testing.T, ins byte, tape []byte) {
		s := &script{err: errors.New("end of tape")}
		for len(tape) > 0 {
			n := min(int(tape[0]), len(tape)-1)
			s.answers = append(s.answers, tape[1:1+n])
			tape = tape[1+n:]
		}
		data, _, err := apdu.Exchange(s, apdu.Command{Op: "fuzz", INS: ins, Data: []byte("secret"), Le: 256})
		if len(data) > 8<<10 || len(s.sent) > 40 {
			t.Errorf("%d bytes after %d commands", len(data), len(s.sent))
		}
		if err != nil && data != nil {
			t.Error("data beside an error")
		}
		if (ins == 0x20 || ins == 0x24) && len(s.sent) != 1 {
			t.Errorf("a secret was followed: %v", s.sent)
		}
	})
}
