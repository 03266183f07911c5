package virtual_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"natsuin/card/virtual"
)

// Commands that other programs send and natsuin does not (docs/card.md §12).
const (
	applicationFCI = "00A404000A D392F000260100000001 00"
	inputFCI       = "00A404000A D3921000310001010408 00"
	input          = "00A4040C0A D3921000310001010408"
	contactATR     = "00CA5F5100"
	shortQuery     = "0020009B"
	shortRightSign = "0020009B 09 52454E534855313233"
	shortWrongSign = "0020009B 09 52454E534855313234"
	shortRightAuth = "00200098 04 31323334"
	shortWrongAuth = "00200098 04 31323335"
)

func signCommand(p1, p2 byte, data []byte) string {
	return fmt.Sprintf("802A%02X%02X%02X%X00", p1, p2, len(data), data)
}

// padded checks that the signature was made over a block that holds only PKCS
// #1 v1.5 padding and want.
func padded(t *testing.T, key *rsa.PublicKey, signature, want []byte) {
	t.Helper()
	if err := rsa.VerifyPKCS1v15(key, 0, want, signature); err != nil {
		t.Errorf("not a signature of %d bytes as they are: %v", len(want), err)
	}
}

func TestP1ZeroPadsWhateverItIsGiven(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, authPIN, rightAuth, authKeyFile)
	for _, n := range []int{1, 20, 32, 36, 47, 245} {
		data := bytes.Repeat([]byte{0xA5}, n)
		padded(t, &authKey().PublicKey, cl.want(signCommand(0x00, 0x80, data), "9000"), data)
	}
}

func TestP1TwoAddsTheDigestInfo(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN, rightSign, signKeyFile)
	digest := sha256.Sum256([]byte("letter"))
	signature := cl.want(signCommand(0x02, 0x80, digest[:]), "9000")
	if err := rsa.VerifyPKCS1v15(&signKey().PublicKey, crypto.SHA256, digest[:], signature); err != nil {
		t.Error(err)
	}
	info, err := hex.DecodeString("3031300d060960864801650304020105000420")
	if err != nil {
		t.Fatal(err)
	}
	if same := cl.want(signCommand(0x00, 0x80, append(info, digest[:]...)), "9000"); !bytes.Equal(same, signature) {
		t.Error("P1 00 with the DigestInfo gives another signature")
	}
}

// The secret of a file named in P2 is counted, blocked and verified like that
// of the selected file.
func TestShortIdentifierKeepsTheRulesOnTries(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application)
	cl.want(shortQuery, "63C5")
	cl.want(shortWrongSign, "63C4")
	cl.want(shortWrongAuth, "63C2")
	cl.ok(signPIN)
	cl.want(query, "63C4")
	cl.want(shortQuery, "63C4")
	cl.ok(shortRightSign)
	cl.want(shortQuery, "63C5")
	cl.want(query, "63C5") // the named file is the selected one now
	for left := 4; left >= 0; left-- {
		cl.want(shortWrongSign, fmt.Sprintf("63C%d", left))
	}
	for _, c := range []string{shortRightSign, rightSign, shortWrongSign} {
		cl.want(c, "6984")
	}
	cl.want(short("9A", 1), "6982")
	if s := cl.card.State(); s.Sign.Tries != 0 || s.Auth.Tries != 2 {
		t.Errorf("%d and %d tries left", s.Sign.Tries, s.Auth.Tries)
	}
	if !cl.card.PINSelected() {
		t.Error("a PIN file that was named in P2 does not count as selected")
	}
	for _, e := range cl.card.Log() {
		if strings.Contains(e.Command, "52454E534855") {
			t.Errorf("the log holds %s", e.Command)
		}
	}
}

func TestShortIdentifierSelectsTheFile(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, shortRightAuth, short("97", 1))
	cl.ok(short("80", 1)) // the key is the selected file now
	cl.want(read, "6981")
	cl.want(query, "6981")
}

func TestFileControlInformation(t *testing.T) {
	cl := newClient(t, nil)
	if got := fmt.Sprintf("%X", cl.want(applicationFCI, "9000")); got != "6F0C840AD392F000260100000001" {
		t.Errorf("FCI %s", got)
	}
	cl.ok(authCert, read)
	if got := cl.want("00A404000A D392F000260100000001", "9000"); len(got) != 0 {
		t.Errorf("without Le came % X", got)
	}
	if got := fmt.Sprintf("%X", cl.want(inputFCI, "9000")); got != "6F0C840AD3921000310001010408" {
		t.Errorf("FCI %s", got)
	}
}

// The 券面事項入力補助 application has no files, and selecting it leaves the
// JPKI application with nothing selected or verified.
func TestInputSupportApplicationIsEmpty(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		cl := newClient(t, func(o *virtual.Options) { o.KeepVerified = keeps })
		cl.ok(application, signPIN, rightSign, signKeyFile, someDigest, input)
		for _, file := range []string{"0001", "0002", "0006", "000A", "0011", "0018", "001A", "001B"} {
			cl.want("00A4020C02"+file, "6A82")
		}
		cl.want(read, "6986")
		cl.want("00B0810000", "6A82")
		cl.want(query, "6986")
		cl.want(rightSign, "6986")
		cl.want(shortRightSign, "6A82")
		cl.want("00200091 04 31323334", "6A82") // the short identifier of its PIN on a real card
		cl.want(someDigest, "6986")
		cl.want(short("9A", 1), "6A82")
		cl.ok(application, signKeyFile)
		cl.want(someDigest, "6982")
		if s := cl.card.State(); s.Sign.Tries != 5 || s.Auth.Tries != 3 {
			t.Errorf("%d and %d tries left", s.Sign.Tries, s.Auth.Tries)
		}
	}
	cl := newClient(t, func(o *virtual.Options) { o.OnlyJPKI = true })
	cl.want(input, "6A82")
	cl.want(inputFCI, "6A82")
	cl.ok(application)
}

func TestContactATR(t *testing.T) {
	cl := newClient(t, nil)
	for _, before := range []string{"", application, input} {
		if before != "" {
			cl.ok(before)
		}
		if got := cl.want(contactATR, "9000"); !bytes.Equal(append([]byte{0x3B}, got...), cl.card.ATR()) {
			t.Errorf("after %q: % X", before, got)
		}
	}
	cl.ok("00CA5F5108")
}

// TestForeignClients sends the commands that other programs send for a whole
// task, with the right secrets, and checks that no try was used in the end. The
// status word must be 9000, or the one after "=".
func TestForeignClients(t *testing.T) {
	digest := sha256.Sum256([]byte("letter"))
	for name, script := range map[string]struct {
		commands  []string
		key       func() *rsa.PrivateKey
		signature string // the last command
	}{
		"Node library, short identifiers throughout": {
			[]string{applicationFCI, "00B08A0000", shortRightSign, "00B0810000", inputFCI, applicationFCI, shortRightSign},
			signKey, signCommand(0x02, 0x9A, digest[:])},
		"Rust library, key named in P2": {
			[]string{contactATR, application, "00A4020C020006", read, "00A4020C020008", read, authCert, read, contactATR, authPIN, query + "=63C3", rightAuth},
			authKey, signCommand(0x02, 0x97, digest[:])},
		"Rust library, signature password": {
			[]string{application, signPIN, query + "=63C5", rightSign, signCert, read, application, signPIN, rightSign},
			signKey, signCommand(0x02, 0x9A, digest[:])},
		"PKCS #11 module": {
			[]string{application, application, "00A4020C020006", "00B0000020", authCert, "00B0000004", "00B0000000", authPIN, query + "=63C3", signPIN, query + "=63C5",
				signPIN, rightSign, signKeyFile},
			signKey, "802A008033 3031300d060960864801650304020105000420" + hex.EncodeToString(digest[:]) + "00"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, nil)
			for _, c := range script.commands {
				command, status, other := strings.Cut(c, "=")
				if !other {
					status = "9000"
				}
				cl.want(command, status)
			}
			if err := rsa.VerifyPKCS1v15(&script.key().PublicKey, crypto.SHA256, digest[:], cl.want(script.signature, "9000")); err != nil {
				t.Error(err)
			}
			if s := cl.card.State(); s.Sign.Tries != 5 || s.Auth.Tries != 3 || cl.card.Tally().Wrong != 0 {
				t.Errorf("%d and %d tries left", s.Sign.Tries, s.Auth.Tries)
			}
		})
	}
}
