package card_test

import (
	"bytes"
	"strings"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

// traced changes the signature password of a card from old to next, and returns
// the trace with the error, if there is one.
func traced(t *testing.T, old, next string, effect virtual.Effect) string {
	t.Helper()
	v := newVirtual(func(o *virtual.Options) { o.State.Sign.Secret = []byte(old) })
	if effect != nil {
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: effect})
	}
	var lines []string
	c, err := card.Open(apdu.Trace(v, func(line string) { lines = append(lines, line) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tries(card.SignPassword); err != nil {
		t.Fatal(err)
	}
	err = c.Verify(card.SignPassword, secret(old))
	if err == nil {
		err = c.Change(card.SignPassword, secret(next))
	}
	if err != nil {
		lines = append(lines, err.Error()) // the error may be logged too
	}
	return strings.Join(lines, "\n")
}

// The traces for two passwords are identical, whatever the passwords and their
// lengths are.
func TestTraceShowsNothingOfASecretNorItsLength(t *testing.T) {
	echo := func(x *virtual.Exchange) ([]byte, error) { return bytes.Clone(x.Command), nil }
	for name, effect := range map[string]virtual.Effect{
		"honest": nil, "lost": virtual.Drop(nil), "echo": echo,
	} {
		one := traced(t, marked, "NEW"+marked, effect)
		other := traced(t, "Z9Z9Z9", "A1B2C3D4E5F6G7H8", effect)
		if shows(one) {
			t.Errorf("%s:\n%s", name, one)
		}
		if !strings.Contains(one, "00 20 00 80 [redacted]") || one != other {
			t.Errorf("%s: the traces differ:\n%s\n\n%s", name, one, other)
		}
	}
}
