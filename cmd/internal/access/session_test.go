package access

import (
	"context"
	"testing"

	"natsuin/card"
)

// The certificate and that of its CA come from one transaction, which resets no
// card, since neither needs a secret.
func TestACertificateIsReadWithItsIssuer(t *testing.T) {
	a, _ := newAccess(t, Flags{Reader: PracticeReader}, "")
	cert, ca, err := a.ReadIssued(t.Context(), card.AuthCert)
	if err != nil || ca == nil {
		t.Fatal(cert, ca, err)
	}
	if err := cert.CheckSignatureFrom(ca); err != nil {
		t.Error(err)
	}
}

// ends is a connection that counts how it is ended.
type ends struct {
	Connection
	err                  error
	resets, close, leave int
}

func (c *ends) Begin(context.Context) error { return nil }

func (c *ends) End(reset bool) error {
	if reset {
		c.resets++
	}
	return c.err
}

func (c *ends) Close() error { c.close++; return nil }
func (c *ends) Leave() error { c.leave++; return nil }

// If the reset at the end of a transaction fails, the end of the connection
// resets the card. A card on which no PIN file was selected is left as it is.
func TestACardIsResetOnceItsPINFileWasSelected(t *testing.T) {
	for _, test := range []struct {
		what string
		pin  bool
		err  error
		want ends
	}{
		{"no PIN file", false, nil, ends{leave: 1}},
		{"a PIN file", true, nil, ends{resets: 1, leave: 1}},
		{"a PIN file, failed", true, errBroken, ends{resets: 1, close: 1}},
	} {
		a, _ := newAccess(t, Flags{}, "")
		conn := &ends{err: test.err}
		s := &Session{access: a, conn: conn, open: true, pin: test.pin, release: func() {}}
		s.Close()
		conn.err = nil
		if *conn != test.want {
			t.Errorf("%s: %+v, want %+v", test.what, *conn, test.want)
		}
	}
}
