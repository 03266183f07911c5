package virtual_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"natsuin/card/virtual"
)

var (
	signKey = sync.OnceValue(newRSA)
	authKey = sync.OnceValue(newRSA)
)

func newRSA() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// der returns bytes that stand for a certificate, which the card does not
// parse.
func der(name byte, n int) []byte {
	return append([]byte{0x30, 0x82, byte(n >> 8), byte(n)}, bytes.Repeat([]byte{name}, n)...)
}

func state() virtual.State {
	return virtual.State{
		Label: "JPKIAPICCTOKEN2",
		Sign: virtual.Slot{Key: signKey(), Certificate: der('S', 1000), CA: der('s', 700),
			Secret: []byte("RENSHU123"), Tries: 5, MaxTries: 5},
		Auth: virtual.Slot{Key: authKey(), Certificate: der('A', 900), CA: der('a', 600),
			Secret: []byte("1234"), Tries: 3, MaxTries: 3},
	}
}

// client sends commands to a card and compares the answers. Both are in
// hexadecimal.
type client struct {
	*testing.T
	card *virtual.Card
}

func newClient(t *testing.T, change func(*virtual.Options)) client {
	o := virtual.Options{State: state()}
	if change != nil {
		change(&o)
	}
	return client{t, virtual.New(o)}
}

func (cl client) send(command string) []byte {
	cl.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(command, " ", ""))
	if err != nil {
		cl.Fatal(err)
	}
	answer, err := cl.card.Transmit(raw)
	if err != nil {
		cl.Fatalf("%s: %v", command, err)
	}
	return answer
}

// want sends a command, compares the status word, and returns the data.
func (cl client) want(command, status string) []byte {
	cl.Helper()
	answer := cl.send(command)
	end := len(answer) - 2
	if got := strings.ToUpper(hex.EncodeToString(answer[end:])); got != status {
		cl.Fatalf("%s: answered %s, want %s", command, got, status)
	}
	return answer[:end]
}

func (cl client) ok(commands ...string) {
	cl.Helper()
	for _, c := range commands {
		cl.want(c, "9000")
	}
}

// The commands as programs send them, copied from docs/card.md §1 and §2.
const (
	application = "00A4040C0A D392F000260100000001"
	signPIN     = "00A4020C02 001B"
	authPIN     = "00A4020C02 0018"
	signKeyFile = "00A4020C02 001A"
	authKeyFile = "00A4020C02 0017"
	signCert    = "00A4020C02 0001"
	authCert    = "00A4020C02 000A"
	query       = "00200080"
	rightSign   = "00200080 09 52454E534855313233"
	rightAuth   = "00200080 04 31323334"
	wrongSign   = "00200080 09 52454E534855313234"
	wrongAuth   = "00200080 04 31323335"
	newSign     = "00240180 08 4E4557504153 3132"
	verifyNew   = "00200080 08 4E4557504153 3132"
	read        = "00B0000000"
	someDigest  = "802A008033 3031300d060960864801650304020105000420 0000000000000000000000000000000000000000000000000000000000000000 00"
)

func zeros(n int) string { return strings.Repeat("00", n) }

// short returns a signature command for the key with a short identifier.
func short(p2 string, n int) string {
	return fmt.Sprintf("802A00%s%02X%s00", p2, n, zeros(n))
}

func TestEachWrongByteIsRefused(t *testing.T) {
	inApplication := []string{application}
	inPIN := []string{application, signPIN}
	verified := []string{application, signPIN, rightSign}
	inKey := append(verified, signKeyFile)
	for _, c := range []struct {
		name, command, status string
		before                []string
	}{
		{"short header", "00A404", "6700", nil},
		{"nothing", "", "6700", nil},
		{"wrong class", "01A4040C0A D392F000260100000001", "6E00", nil},
		{"own class for SELECT", "80A4040C0A D392F000260100000001", "6E00", nil},
		{"ISO class for signing", "00" + someDigest[2:], "6E00", inKey},
		{"unknown instruction", "00CB0000", "6D00", inApplication},
		{"another application", "00A4040C0A D392F000260100000002", "6A82", nil},
		{"part of the application's name", "00A4040C05 D392F00026", "6A82", nil},
		{"SELECT for the next occurrence", "00A404020A D392F000260100000001 00", "6A86", nil},
		{"SELECT with FCI and a short Le", "00A404000A D392F000260100000001 0D", "6700", nil},
		{"SELECT of a file with FCI", "00A4020002 0001 00", "6A86", inApplication},
		{"SELECT with Le", "00A4040C0A D392F000260100000001 00", "6700", nil},
		{"SELECT with wrong Lc", "00A4040C0B D392F000260100000001", "6700", nil},
		{"SELECT of nothing", "00A4040C", "6700", nil},
		{"SELECT by path", "00A4080C02 0001", "6A86", inApplication},
		{"extended length", "00A4040C00000A D392F000260100000001", "6700", nil},
		{"file before application", signCert, "6A82", nil},
		{"unknown file", "00A4020C02 0003", "6A82", inApplication},
		{"file of three bytes", "00A4020C03 000100", "6700", inApplication},
		{"read without file", read, "6986", inApplication},
		{"read of a PIN file", read, "6981", inPIN},
		{"read of a key file", read, "6981", inKey},
		{"read before the password", read, "6982", []string{application, signCert}},
		{"read without Le", "00B00000", "6700", []string{application, authCert}},
		{"read with data", "00B0000001FF00", "6700", []string{application, authCert}},
		{"read past the end", "00B0050000", "6B00", []string{application, authCert}},
		{"VERIFY without file", rightSign, "6986", inApplication},
		{"VERIFY on a certificate", rightSign, "6981", []string{application, authCert}},
		{"VERIFY with P1", "00200180 09 52454E534855313233", "6A86", inPIN},
		{"VERIFY with P2 of the whole card", "0020001B 09 52454E534855313233", "6A86", inPIN},
		{"VERIFY with P2 9F", "0020009F 09 52454E534855313233", "6A86", inPIN},
		{"VERIFY on a certificate by short identifier", "00200081 09 52454E534855313233", "6981", inPIN},
		{"VERIFY on a key by short identifier", "0020009A 09 52454E534855313233", "6981", inPIN},
		{"VERIFY on a missing file by short identifier", "00200099 09 52454E534855313233", "6A82", inPIN},
		{"VERIFY by short identifier before the application", "0020009B 09 52454E534855313233", "6A82", nil},
		{"VERIFY by short identifier with Le", "0020009B 09 52454E534855313233 00", "6700", inPIN},
		{"VERIFY with wrong Lc", "00200080 0A 52454E534855313233", "6700", inPIN},
		{"VERIFY with Le", "00200080 09 52454E534855313233 00", "6700", inPIN},
		{"VERIFY with Lc 0", "0020008000", "6700", inPIN},
		{"VERIFY of 17 bytes", "00200080 11 4141414141414141414141414141414141", "6700", inPIN},
		{"CHANGE before VERIFY", newSign, "6982", inPIN},
		{"CHANGE with old and new", "00240080 02 4142", "6A86", verified},
		{"CHANGE to nothing", "00240180", "6700", verified},
		{"CHANGE to five characters", "00240180 05 4142433132", "6700", verified},
		{"CHANGE to seventeen", "00240180 11 4141414141414141414141414141414141", "6700", verified},
		{"CHANGE to lower case", "00240180 06 616263313233", "6A80", verified},
		{"CHANGE by short identifier", "0024019B 08 4E4557504153 3132", "6A86", verified},
		{"CHANGE of the other secret", "00240180 04 35363738", "6982", append(verified, authPIN)},
		{"signing before VERIFY", someDigest, "6982", []string{application, signKeyFile}},
		{"signing with the other key", someDigest, "6982", append(verified, authKeyFile)},
		{"signing without a key file", someDigest, "6981", verified},
		{"signing without Le", someDigest[:len(someDigest)-3], "6700", inKey},
		{"signing with short Le", someDigest[:len(someDigest)-2] + "80", "6700", inKey},
		{"signing by short identifier before VERIFY", short("9A", 33), "6982", inApplication},
		{"signing with the other key by short identifier", short("97", 33), "6982", verified},
		{"signing with a PIN file by short identifier", short("9B", 33), "6981", verified},
		{"signing with a missing file by short identifier", short("99", 33), "6A82", verified},
		{"signing with P2 9F", short("9F", 33), "6A86", inKey},
		{"signing with P2 00", short("00", 33), "6A86", inKey},
		{"signing with P1 01", "802A018020" + zeros(32) + "00", "6A86", inKey},
		{"signing with P1 03", "802A038020" + zeros(32) + "00", "6A86", inKey},
		{"signing nothing", "802A008000", "6700", inKey},
		{"signing a byte more than PKCS #1 v1.5 has room for", "802A0080F6" + zeros(246) + "00", "6700", inKey},
		{"signing a digest a byte short", "802A02801F" + zeros(31) + "00", "6700", inKey},
		{"signing a digest a byte long", "802A028021" + zeros(33) + "00", "6700", inKey},
		{"signing a digest before VERIFY", "802A029A20" + zeros(32) + "00", "6982", inApplication},
		{"GET DATA of another object", "00CA5F5200", "6A88", inApplication},
		{"GET DATA without Le", "00CA5F51", "6700", inApplication},
		{"GET DATA with a short Le", "00CA5F5107", "6700", inApplication},
		{"GET DATA with the own class", "80CA5F5100", "6E00", inApplication},
		{"GET RESPONSE with nothing waiting", "00C0000000", "6985", inApplication},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClient(t, nil)
			cl.ok(c.before...)
			cl.want(c.command, c.status)
			if s := cl.card.State(); s.Sign.Tries != 5 || s.Auth.Tries != 3 || string(s.Sign.Secret) != "RENSHU123" {
				t.Errorf("the refusal changed the card: %d and %d tries", s.Sign.Tries, s.Auth.Tries)
			}
		})
	}
}

func TestTriesCountDownAndBlock(t *testing.T) {
	for name, o := range map[string]struct {
		change             func(*virtual.Options)
		blocked, query     string
		file, right, wrong string
		tries              int
	}{
		"password":   {nil, "6984", "63C0", signPIN, rightSign, wrongSign, 5},
		"PIN":        {nil, "6984", "63C0", authPIN, rightAuth, wrongAuth, 3},
		"other word": {func(o *virtual.Options) { o.BlockedStatus = 0x6983 }, "6983", "63C0", signPIN, rightSign, wrongSign, 5},
		"blocked query": {func(o *virtual.Options) { o.QueryBlocked = true },
			"6984", "6984", signPIN, rightSign, wrongSign, 5},
		"9000 once verified": {func(o *virtual.Options) { o.QueryAfterVerify = true },
			"6984", "63C0", authPIN, rightAuth, wrongAuth, 3},
		"kept when selected anew": {func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true },
			"6984", "63C0", signPIN, rightSign, wrongSign, 5},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, o.change)
			cl.ok(application, o.file)
			for left := o.tries; left > 0; left-- {
				cl.want(query, "63C"+string(rune('0'+left)))
				cl.want(query, "63C"+string(rune('0'+left)))
				cl.want(o.wrong, "63C"+string(rune('0'+left-1)))
			}
			cl.want(query, o.query)
			cl.want(o.right, o.blocked)
			cl.want(o.wrong, o.blocked)
			cl.card.Reset()
			cl.ok(application, o.file)
			cl.want(o.right, o.blocked)
			if got := cl.card.Tally(); got.Wrong != o.tries || got.Right != 0 || got.Blocked != 3 {
				t.Errorf("tally %+v", got)
			}
		})
	}
}

func TestRightSecretRestoresTheCount(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN)
	cl.want(wrongSign, "63C4")
	cl.want(wrongSign, "63C3")
	cl.want(rightSign, "9000")
	cl.want(query, "63C5")
	cl.want(wrongSign, "63C4")
	if cl.card.Verified(virtual.Sign) {
		t.Error("a wrong password left the card open")
	}
}

func TestSecretOfAnotherLengthCostsATry(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN)
	cl.want(rightAuth, "63C4")
	cl.want("00200080 0A 52454E53485531323300", "63C3")
}

func TestQueryAfterVerify(t *testing.T) {
	cl := newClient(t, func(o *virtual.Options) { o.QueryAfterVerify = true })
	cl.ok(application, signPIN)
	cl.want(query, "63C5")
	cl.ok(rightSign, query)
	cl.ok(authPIN)
	cl.want(query, "63C3")
}

// The sources disagree on whether another SELECT of the application drops the
// verified state (docs/card.md §2).
func TestVerifiedStateOverANewSelection(t *testing.T) {
	for name, c := range map[string]struct {
		change               func(*virtual.Options)
		counter, certificate string
	}{
		"drops, counts": {nil, "63C5", "6982"},
		"drops, 9000":   {func(o *virtual.Options) { o.QueryAfterVerify = true }, "63C5", "6982"},
		"keeps, counts": {func(o *virtual.Options) { o.KeepVerified = true }, "63C5", "9000"},
		"keeps, 9000":   {func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true }, "9000", "9000"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, c.change)
			cl.ok(application, signPIN, rightSign, application)
			cl.want(read, "6986") // no file is selected in either case
			cl.ok(signPIN)
			cl.want(query, c.counter)
			cl.ok(signCert)
			cl.want(read, c.certificate)
			cl.ok(authPIN)
			cl.want(query, "63C3")
		})
	}
}

func TestVerifiedStateEnds(t *testing.T) {
	for name, end := range map[string]func(client){
		"selecting the application": func(cl client) { cl.ok(application) },
		"reset":                     func(cl client) { cl.card.Reset(); cl.ok(application) },
		"power":                     func(cl client) { cl.card.PowerDown(); cl.card.PowerUp(); cl.ok(application) },
		"wrong password":            func(cl client) { cl.ok(signPIN); cl.want(wrongSign, "63C4") },
	} {
		for _, keeps := range []bool{false, true} {
			if keeps && name == "selecting the application" {
				continue
			}
			t.Run(fmt.Sprintf("%s, keeps %t", name, keeps), func(t *testing.T) {
				cl := newClient(t, func(o *virtual.Options) { o.KeepVerified = keeps })
				cl.ok(application, signPIN, rightSign, signCert, read, signKeyFile, someDigest)
				end(cl)
				cl.ok(signKeyFile)
				cl.want(someDigest, "6982")
				cl.ok(signCert)
				cl.want(read, "6982")
			})
		}
	}
}

func TestCardWithoutPowerIsSilent(t *testing.T) {
	cl := newClient(t, nil)
	cl.card.PowerDown()
	if _, err := cl.card.Transmit([]byte{0, 0x20, 0, 0x80}); !errors.Is(err, virtual.ErrNoPower) {
		t.Errorf("Transmit: %v", err)
	}
}

func TestChangeReplacesTheSecret(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN, rightSign, newSign)
	cl.card.Reset()
	cl.ok(application, signPIN)
	cl.want(rightSign, "63C4")
	cl.ok(verifyNew)
}

func TestFilesArePadded(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN, rightSign, signCert)
	var file []byte
	for offset := 0; ; offset += 256 {
		answer := cl.send("00B0" + hex.EncodeToString([]byte{byte(offset >> 8), 0}) + "00")
		file = append(file, answer[:len(answer)-2]...)
		if len(answer) < 258 {
			break
		}
	}
	want := der('S', 1000)
	if !bytes.HasPrefix(file, want) || len(file) <= len(want) {
		t.Fatalf("%d bytes, want the certificate's %d and padding", len(file), len(want))
	}
	if rest := bytes.TrimLeft(file[len(want):], "\xFF"); len(rest) != 0 {
		t.Errorf("padded with % X", rest)
	}
	cl.ok("00A4020C02 0006")
	if got := cl.want(read, "9000"); len(got) != 160 || string(got[:32]) != "JPKIAPICCTOKEN2                 " {
		t.Errorf("token information of %d bytes: %q", len(got), got[:32])
	}
	cl.ok("00A4020C02 0008")
	if got := cl.want(read, "9000"); !bytes.Equal(got, []byte{0x8F, 0x8F, 0x00}) {
		t.Errorf("hint % X", got)
	}
}

func TestEndOfFileByOption(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(*virtual.Options)
		across, past string
		bytes        int
	}{
		"default":      {nil, "9000", "6B00", 60},
		"warning":      {func(o *virtual.Options) { o.WarnAtEnd = true }, "6282", "6282", 60},
		"exact length": {func(o *virtual.Options) { o.ExactLength = true }, "6C3C", "6B00", 0},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, c.change)
			cl.ok(application, "00A4020C02 0006")
			if got := cl.want("00B0006400", c.across); len(got) != c.bytes {
				t.Errorf("%d bytes, want %d", len(got), c.bytes)
			}
			cl.want("00B000643C", "9000")
			cl.want("00B000A000", c.past)
			cl.want("00B0010000", "6B00")
		})
	}
}

func TestShortIdentifierByOption(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application)
	if got := cl.want("00B08A0000", "9000"); len(got) != 256 || got[4] != 'A' {
		t.Errorf("EF 000A by short identifier: % X…", got[:8])
	}
	if got := cl.want("00B08A0400", "9000"); len(got) != 252 {
		t.Errorf("from offset 4 came %d bytes: only the first 256 can be reached", len(got))
	}
	cl.want("00B0810000", "6982")
	cl.want("00B0830000", "6A82")
	cl.want("00B0AA0000", "6A86")
	cl = newClient(t, func(o *virtual.Options) { o.RefuseShortID = true })
	cl.ok(application)
	cl.want("00B08A0000", "6A86")
	cl.want("0020009B", "6A86")
	cl.want("0020009B 09 52454E534855313234", "6A86")
	cl.want("802A009A0100", "6A86")
	if tries := cl.card.State().Sign.Tries; tries != 5 {
		t.Errorf("%d tries left", tries)
	}
}

func TestAbsentHalves(t *testing.T) {
	without := func(o *virtual.Options) {
		o.State.Sign.Certificate, o.State.Sign.Key = nil, nil
		o.State.Auth = virtual.Slot{}
	}
	cl := newClient(t, without)
	cl.ok(application, signPIN, rightSign, signCert)
	if got := cl.want(read, "9000"); len(bytes.Trim(got, "\xFF")) != 0 {
		t.Errorf("EF without certificate holds % X", got)
	}
	cl.want(signKeyFile, "6A82")
	cl.want(authPIN, "6A82")
	cl.ok("00A4020C02 0008")
	if got := cl.want(read, "9000"); !bytes.Equal(got, []byte{0, 0, 0}) {
		t.Errorf("hint % X", got)
	}
	cl = newClient(t, func(o *virtual.Options) { without(o); o.MissingFiles = true })
	cl.ok(application)
	cl.want(signCert, "6A82")
}

func TestPhoneHidesItsAuthenticationCertificate(t *testing.T) {
	cl := newClient(t, func(o *virtual.Options) { o.State.AuthCertificateNeedsPIN = true })
	cl.ok(application, authCert)
	cl.want(read, "6982")
	cl.want("00B08A0000", "6982")
	cl.ok(authPIN, rightAuth, authCert, read)
}

func TestRSASignatureIsOverTheDigestInfo(t *testing.T) {
	digest := sha256.Sum256([]byte("letter"))
	command := "802A008033 3031300d060960864801650304020105000420" + hex.EncodeToString(digest[:]) + "00"
	for name, chain := range map[string]bool{"at once": false, "with GET RESPONSE": true} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, func(o *virtual.Options) { o.ChainAnswers = chain })
			cl.ok(application, authPIN, rightAuth, authKeyFile)
			var signature []byte
			if chain {
				cl.want(command, "6100")
				signature = cl.want("00C0000064", "619C")
				signature = append(signature, cl.want("00C000009C", "9000")...)
				cl.want("00C0000000", "6985")
			} else {
				signature = cl.want(command, "9000")
			}
			if err := rsa.VerifyPKCS1v15(&authKey().PublicKey, crypto.SHA256, digest[:], signature); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestECDSASignature(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum384([]byte("letter"))
	command := "802A008030" + hex.EncodeToString(digest[:]) + "00"
	for _, asDER := range []bool{false, true} {
		cl := newClient(t, func(o *virtual.Options) { o.State.Sign.Key, o.DERSignatures = key, asDER })
		cl.ok(application, signPIN, rightSign, signKeyFile)
		cl.want("802A008020"+zeros(32)+"00", "6A80")
		cl.want("802A028020"+zeros(32)+"00", "6A86")
		signature := cl.want(command, "9000")
		if asDER {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
				t.Error("DER signature does not verify")
			}
			continue
		}
		r, s := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
		if len(signature) != 96 || !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
			t.Errorf("raw signature of %d bytes does not verify", len(signature))
		}
	}
}

func TestChangesAreSavedBeforeTheAnswer(t *testing.T) {
	var saved []virtual.State
	cl := newClient(t, func(o *virtual.Options) {
		o.Save = func(s virtual.State) error { saved = append(saved, s); return nil }
	})
	cl.ok(application, signPIN, rightSign)
	if len(saved) != 0 {
		t.Error("a right password at full count was saved")
	}
	cl.want(wrongSign, "63C4")
	cl.ok(rightSign, newSign)
	if len(saved) != 3 || saved[0].Sign.Tries != 4 || saved[1].Sign.Tries != 5 || string(saved[2].Sign.Secret) != "NEWPAS12" {
		t.Errorf("saved %d times", len(saved))
	}
}

func TestFailedSaveChangesNothing(t *testing.T) {
	cl := newClient(t, func(o *virtual.Options) {
		o.Save = func(virtual.State) error { return errors.New("disk full") }
	})
	cl.ok(application, signPIN, rightSign)
	cl.want(newSign, "6581")
	cl.want(wrongSign, "6581")
	if s := cl.card.State().Sign; s.Tries != 5 || string(s.Secret) != "RENSHU123" || cl.card.Verified(virtual.Sign) {
		t.Errorf("%d tries, secret %s, verified %v", s.Tries, s.Secret, cl.card.Verified(virtual.Sign))
	}
}

func TestLogHoldsNoSecret(t *testing.T) {
	cl := newClient(t, nil)
	cl.ok(application, signPIN, rightSign, newSign)
	cl.want("80200080 09 52454E534855313233", "6E00") // even a VERIFY with a wrong class carries the secret
	for _, e := range cl.card.Log() {
		if strings.Contains(e.Command, "52454E534855") || strings.Contains(e.Command, "4E4557504153") {
			t.Errorf("the log holds %s", e.Command)
		}
	}
	e := cl.card.Log()[2]
	if e.Op != virtual.OpVerify || e.Credential != virtual.Sign || e.Outcome != virtual.Right || e.Status != 0x9000 {
		t.Errorf("VERIFY was logged as %+v", e)
	}
}

func FuzzTransmit(f *testing.F) {
	for _, c := range []string{application, signPIN, rightSign, newSign, read, someDigest, "00B0810000", "00C0000000",
		"0020009B 06 414243313233", "00200098 04 31323335", "802A029A20" + zeros(32) + "00", "00A404000A D3921000310001010408 00", "00CA5F5100"} {
		raw, err := hex.DecodeString(strings.ReplaceAll(c, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, uint8(0x1B))
	}
	f.Fuzz(func(t *testing.T, command []byte, file uint8) {
		card := virtual.New(virtual.Options{State: state()})
		send := func(c ...byte) []byte {
			answer, err := card.Transmit(c)
			if err != nil || len(answer) < 2 || len(answer) > 258 {
				t.Fatalf("% X: % X, %v", c, answer, err)
			}
			return answer
		}
		send(append([]byte{0, 0xA4, 4, 0x0C, 10}, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1)...)
		send(0, 0xA4, 2, 0x0C, 2, 0, file)
		send(command...)
		if s := card.State(); s.Sign.Tries < 4 || s.Auth.Tries < 2 {
			t.Errorf("one command cost more than one try: %d, %d", s.Sign.Tries, s.Auth.Tries)
		}
	})
}
