package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"natsuin/card/virtual"
)

// The defects that the fault matrix found, with one test each.

// struck signs one file with a fault at the first exchange for which when
// returns true.
func struck(t *testing.T, when func(int, []byte) bool, e virtual.Effect, flags ...string) *run {
	t.Helper()
	s := &faultyService{card: newCard(t)}
	s.card.Inject(virtual.Fault{When: when, Effect: e})
	a := acts[0]
	r := perform(a, inputs(t, a), s, s.card, append(flags, "--lang", "ja")...)
	r.checkTries(object{})
	r.checkFiles(object{})
	if problems := append(r.invalid, s.owes()...); problems != nil {
		t.Error(problems)
	}
	return r
}

// nth matches the n-th command of an operation after the password was verified,
// counted from 0.
func nth(n int, op virtual.Op, ins byte) func(int, []byte) bool {
	verify := virtual.On(virtual.OpVerify)
	after := false
	return func(i int, command []byte) bool {
		after = after || verify(i, command)
		if !after || !virtual.On(op)(i, command) || command[1] != ins {
			return false
		}
		n--
		return n == -1
	}
}

// The defect: a certificate in which a bit was changed in transit was put into
// a signature, which nobody could verify.
func TestACertificateWithALostBitSignsNothing(t *testing.T) {
	for read := range 3 {
		r := struck(t, nth(read, virtual.OpReadBinary, 0xB0), virtual.Corrupt(), "--json")
		if r.exit != 5 || r.card.Tally().Signatures != 0 {
			t.Errorf("read %d: exit %d, %d signatures: %s", read, r.exit, r.card.Tally().Signatures, r.out)
		}
	}
}

// The defect: the certificate of a CA that had not issued the signer's was put
// into a signature.
func TestACertificateOfAnotherCASignsNothing(t *testing.T) {
	other := virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.CA = s.Auth.CA })
	r := struck(t, nth(0, virtual.OpReadBinary, 0xB0), other, "--json")
	if r.exit != 5 || r.card.Tally().Signatures != 0 {
		t.Errorf("exit %d, %d signatures: %s", r.exit, r.card.Tally().Signatures, r.out)
	}
}

// The defect: a damaged certificate, a malformed signature and an error of the
// transport were reported as bugs in natsuin, with exit code 70 and the text of
// a Go error.
func TestWhatTheCardAnswersIsNoBug(t *testing.T) {
	for name, c := range map[string]struct {
		when   func(int, []byte) bool
		effect virtual.Effect
		code   string
	}{
		"damaged certificate": {nth(0, virtual.OpReadBinary, 0xB0), virtual.ReplaceBefore(func(s *virtual.State) {
			s.Sign.Certificate = append([]byte{0x30, 0x82, 0x02, 0x00}, make([]byte, 0x200)...)
		}), "card-refused"},
		"signature of no form":  {virtual.On(virtual.OpSign), virtual.CutData(1), "card-refused"},
		"error without meaning": {virtual.On(virtual.OpSign), virtual.Drop(nil), "card-removed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := struck(t, c.when, c.effect, "--json")
			var o object
			if err := json.Unmarshal([]byte(r.out), &o); err != nil || o.Code != c.code || r.exit != 5 {
				t.Errorf("exit %d, code %q, want 5 and %q", r.exit, o.Code, c.code)
			}
			if found := inner.FindString(o.Message); found != "" {
				t.Errorf("%q in %q", found, o.Message)
			}
		})
	}
}

// The defect: -v showed message ids among the causes.
func TestVerboseNamesCausesAndNoMessages(t *testing.T) {
	r := struck(t, virtual.On(virtual.OpSign), virtual.Answer(0x6F00), "-v")
	if found := ids().FindString(r.err); found != "" || !strings.Contains(r.err, "6F00") {
		t.Errorf("%q is shown, or no status word:\n%s", found, r.err)
	}
}
