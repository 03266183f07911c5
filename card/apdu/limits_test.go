package apdu_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"natsuin/card/apdu"
)

func TestCommandAsLongAsTheShortFormAllowsIsSentWhole(t *testing.T) {
	data := bytes.Repeat([]byte{7}, 255)
	s := answers("9000")
	_, status, err := apdu.Exchange(s, apdu.Command{INS: 0x2A, Data: data, Le: 256})
	want := slices.Concat([]byte{0, 0x2A, 0, 0, 255}, data, []byte{0})
	if err != nil || status != apdu.OK || !bytes.Equal(s.last, want) {
		t.Errorf("%v %v, sent %X", status, err, s.last)
	}
}

// A buffer that grows would leave a copy of the secret in the old buffer.
func TestBufferOfACommandDoesNotGrow(t *testing.T) {
	for _, cmd := range []apdu.Command{query, verify, change, {INS: 0x2A, Data: make([]byte, 255), Le: 256}} {
		if b := cmd.Bytes(); cap(b) != 6+len(cmd.Data) {
			t.Errorf("%s of %d bytes of data: a buffer of %d for %d", cmd.Op, len(cmd.Data), cap(b), len(b))
		}
	}
}

// pieces returns a card that answers with n pieces of size bytes. Only the last
// piece has the status word 9000.
func pieces(n, size int) *script {
	s := &script{}
	for i := range n {
		status := []byte{0x61, byte(size)}
		if i == n-1 {
			status = []byte{0x90, 0x00}
		}
		s.answers = append(s.answers, append(bytes.Repeat([]byte{byte(i)}, size), status...))
	}
	return s
}

func TestAnswerInPiecesEndsAtItsBounds(t *testing.T) {
	for _, c := range []struct {
		name          string
		n, size, sent int
	}{
		{"as many pieces as allowed", 32, 1, 32},
		{"one piece more", 33, 1, 32},
		{"a piece after 4096 bytes", 17, 256, 17},
		{"a piece after 4097 bytes", 18, 241, 17},
	} {
		s := pieces(c.n, c.size)
		data, status, err := apdu.Exchange(s, read)
		if whole := c.n == c.sent; whole && (err != nil || status != apdu.OK || len(data) != c.n*c.size) {
			t.Errorf("%s: %d bytes, %v, %v", c.name, len(data), status, err)
		} else if !whole && (!errors.As(err, new(*apdu.MalformedError)) || data != nil) {
			t.Errorf("%s: %d bytes, %v", c.name, len(data), err)
		}
		if len(s.sent) != c.sent {
			t.Errorf("%s: %d commands, want %d", c.name, len(s.sent), c.sent)
		}
	}
}

func TestAnswerMayBeAsLongAsAskedFor(t *testing.T) {
	one, none := read, read
	one.Le, none.Le = 1, 0
	for _, c := range []struct {
		name   string
		cmd    apdu.Command
		length int // of the data
		reason string
	}{
		{"256 bytes", read, 256, ""},
		{"257 bytes", read, 257, "longer than a short answer can be"},
		{"one byte", one, 1, ""},
		{"a byte more", one, 2, "more data than was asked for"},
		{"data that nobody asked for", none, 1, ""},
		{"no data after VERIFY", verify, 0, ""},
		{"a byte after VERIFY", verify, 1, "data where none can be"},
		{"257 bytes after VERIFY", verify, 257, "longer than a short answer can be"},
	} {
		s := &script{answers: [][]byte{append(make([]byte, c.length), 0x90, 0x00)}}
		data, status, err := apdu.Exchange(s, c.cmd)
		var malformed *apdu.MalformedError
		switch {
		case c.reason == "" && (err != nil || status != apdu.OK || len(data) != c.length):
			t.Errorf("%s: %d bytes, %v, %v", c.name, len(data), status, err)
		case c.reason != "" && (!errors.As(err, &malformed) || malformed.Reason != c.reason || data != nil):
			t.Errorf("%s: %d bytes, %v", c.name, len(data), err)
		}
	}
}

// An echo of the command would reveal the length of the secret.
func TestMalformedAnswerAfterASecretHasNoLength(t *testing.T) {
	for _, c := range []struct {
		cmd  apdu.Command
		want int
		text string
	}{
		{read, 259, "READ: answer of 259 bytes: longer than a short answer can be"},
		{verify, 0, "VERIFY: answer: longer than a short answer can be"},
		{change, 0, "CHANGE: answer: longer than a short answer can be"},
		{query, 0, "query: answer: longer than a short answer can be"},
	} {
		_, _, err := apdu.Exchange(&script{answers: [][]byte{make([]byte, 259)}}, c.cmd)
		var malformed *apdu.MalformedError
		if !errors.As(err, &malformed) || malformed.Length != c.want || err.Error() != c.text {
			t.Errorf("%s: %v", c.cmd.Op, err)
		}
	}
}

func TestTraceOfAnswersThatAreNotWhole(t *testing.T) {
	for _, c := range []struct {
		cmd    apdu.Command
		answer string
		want   string
	}{
		{read, "", "00 B0 00 00 00 > [0 bytes] no status"},
		{read, "90", "00 B0 00 00 00 > [1 bytes] no status"},
		{read, "6282", "00 B0 00 00 00 > 6282"},
		{read, "419000", "00 B0 00 00 00 > [1 bytes] 9000"},
		{verify, "", "00 20 00 80 [redacted] > malformed"},
		{verify, "90", "00 20 00 80 [redacted] > malformed"},
		{verify, "63C4", "00 20 00 80 [redacted] > 63C4"},
		{verify, "419000", "00 20 00 80 [redacted] > malformed"},
		{query, "419000", "00 20 00 80 > [1 bytes] 9000"}, // the command carries no secret
	} {
		var lines []string
		_, _, _ = apdu.Exchange(apdu.Trace(answers(c.answer), func(l string) { lines = append(lines, l) }), c.cmd)
		if len(lines) != 1 || lines[0] != c.want {
			t.Errorf("%q: %q, want %q", c.answer, lines, c.want)
		}
	}
}

func TestRedactShowsGetResponseWhole(t *testing.T) {
	if got := apdu.Redact([]byte{0, 0xC0, 0, 0, 0x10}); got != "00 C0 00 00 10" {
		t.Error(got)
	}
}
