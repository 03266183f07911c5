// Package card drives the JPKI application (公的個人認証AP) on a My Number card: it
// reads the tries left, verifies and changes the two secrets, reads the four
// certificates, and signs through [crypto.Signer].
//
// It does not find cards, hold transactions, prompt or retry. It talks to one
// card through any [apdu.Transmitter], and sends a secret only once, and only
// if the caller passes one. A [Card] is valid for one transaction: call [Open]
// again after another program may have used the card.
//
// No open specification exists. docs/card.md lists what is known and how
// certain it is; table.go holds its values. Where the sources disagree, this
// package works with either behaviour.
package card

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"natsuin/card/apdu"
)

// A Credential is one of the two secrets of the application.
type Credential uint8

// The secrets: 署名用電子証明書のパスワード and
// 利用者証明用電子証明書の暗証番号.
const (
	SignPassword Credential = iota + 1
	AuthPIN
)

// String returns "sign" or "auth".
func (c Credential) String() string {
	if rule, ok := credentials[c]; ok {
		return rule.word
	}
	return "unknown"
}

// MaxTries returns how many wrong entries in a row lock the secret: 5 or 3.
func (c Credential) MaxTries() int { return credentials[c].maxTries }

// A CertID names one of the four certificates on the card.
type CertID uint8

// The four certificates.
const (
	SignCert CertID = iota + 1 // 署名用電子証明書
	SignCA                     // the self-signed certificate of its CA
	AuthCert                   // 利用者証明用電子証明書
	AuthCA                     // the self-signed certificate of its CA
)

// String returns "sign", "sign-ca", "auth" or "auth-ca".
func (id CertID) String() string {
	if place, ok := certificates[id]; ok {
		return place.word
	}
	return "unknown"
}

// CA returns the certificate of the issuer. A CA is its own issuer.
func (id CertID) CA() CertID { return certificates[id].ca }

// Credential returns the secret that guards the certificate's key.
func (id CertID) Credential() Credential { return certificates[id].credential }

var (
	// ErrNotJPKI means that the JPKI application could not be selected.
	ErrNotJPKI = errors.New("card: no JPKI application")
	// ErrNotSelected is an [ErrNotJPKI] for an answer that says neither that
	// the application is missing nor that SELECT is not supported: a malformed
	// answer, or any other status word.
	ErrNotSelected = fmt.Errorf("%w selected", ErrNotJPKI)
)

// A Card is the selected application during one transaction. It is not safe for
// concurrent use.
type Card struct {
	t       apdu.Transmitter
	current fileID // the selected elementary file, or 0 if none or unknown
	// verified holds the secrets whose last VERIFY was answered with 9000.
	verified map[Credential]bool
	// pinSelected is set before the first selection of a PIN file is sent.
	pinSelected bool
	// unknown is the error of the VERIFY or CHANGE whose outcome is unknown, or
	// nil. If it is set, this Card sends no more secrets.
	unknown *OutcomeUnknownError
}

// Open selects the application in one exchange. The sources disagree on whether
// this drops the verified state (docs/card.md §2). The error is [ErrNotJPKI]
// for any answer but 9000, and also [ErrNotSelected] unless the status word
// says that the card has no such application or does not support the command.
// It is an [*apdu.TransmitError] if there was no answer.
func Open(t apdu.Transmitter) (*Card, error) {
	cmd := selectApplication()
	_, status, err := apdu.Exchange(t, cmd)
	switch {
	case errors.As(err, new(*apdu.MalformedError)):
		return nil, fmt.Errorf("%w: %w", ErrNotSelected, err)
	case err != nil:
		return nil, err
	case status == apdu.OK:
		return &Card{t: t, verified: map[Credential]bool{}}, nil
	}
	refusal := &apdu.StatusError{Op: cmd.Op, Status: status}
	switch status {
	case apdu.NotFound, apdu.NoFunction, apdu.WrongParameters, apdu.WrongData, apdu.WrongLength,
		apdu.LengthParameters, apdu.NoInstruction, apdu.NoClass:
		return nil, fmt.Errorf("%w: %w", ErrNotJPKI, refusal)
	}
	return nil, fmt.Errorf("%w: %w", ErrNotSelected, refusal)
}

// PINSelected reports whether the selection of a PIN file was attempted since
// [Open]. Only such a card must be reset when the transaction ends.
func (c *Card) PINSelected() bool { return c.pinSelected }

// transmit is like [apdu.Exchange]. It forgets the current file if the answer
// leaves open which file is selected.
func (c *Card) transmit(cmd apdu.Command) ([]byte, apdu.Status, error) {
	data, status, err := apdu.Exchange(c.t, cmd)
	if err != nil || !keepsSelection(status) {
		c.current = 0
	}
	return data, status, err
}

// keepsSelection reports whether the selected file is certainly still selected
// after status s. A card that answers any other status may have been reset, and
// a VERIFY must not reach the wrong secret.
func keepsSelection(s apdu.Status) bool {
	_, counted := s.Tries()
	return counted || s == apdu.OK || s == apdu.EndOfFile
}

// exchange sends a command and returns any status word but 9000 as an error.
func (c *Card) exchange(cmd apdu.Command) ([]byte, error) {
	data, status, err := c.transmit(cmd)
	if err != nil {
		return nil, err
	}
	if status != apdu.OK {
		return data, &apdu.StatusError{Op: cmd.Op, Status: status}
	}
	return data, nil
}

// choose selects an elementary file unless it is the current one.
func (c *Card) choose(f fileID) error {
	if c.current == f {
		return nil
	}
	c.current = 0
	if _, err := c.exchange(selectFile(f)); err != nil {
		return err
	}
	c.current = f
	return nil
}

// absent reports whether err, a refused selection, means that the card has no
// such file. A card that was reset has lost the application and refuses with
// the same status word. absent tells the two apart by selecting the token
// information, which every known card has.
func (c *Card) absent(err error) bool {
	return statusOf(err) == apdu.NotFound && c.choose(fileToken) == nil
}

// readStart reads the first bytes of a file: in one exchange by its short
// identifier, or in two more if the card does not support that.
func (c *Card) readStart(f fileID, length int) ([]byte, error) {
	data, status, err := c.transmit(readShort(f, length))
	c.current = 0 // reading by short identifier may or may not select the file
	if err != nil {
		return nil, err
	}
	if status == apdu.OK || status == apdu.EndOfFile {
		return data, nil
	}
	if status == apdu.SecurityState {
		return nil, notVerified("READ BINARY")
	}
	if err := c.choose(f); err != nil {
		return nil, err
	}
	return c.read(0, length)
}

// notVerified returns the error for status 6982.
func notVerified(op string) error {
	return fmt.Errorf("%w: %w", ErrNotVerified, &apdu.StatusError{Op: op, Status: apdu.SecurityState})
}

// statusOf returns the status word of a refused command, or 0.
func statusOf(err error) apdu.Status {
	var e *apdu.StatusError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// A Kind is a generation or form of the card.
type Kind uint8

// The kinds that the token label distinguishes (docs/card.md §1).
const (
	KindUnknown  Kind = iota
	KindMyNumber      // マイナンバーカード
	KindJuki          // 住民基本台帳カード
	KindAndroid       // Android phone
	KindIPhone        // iPhone; programs of third parties cannot sign with it
)

var kindWords = [...]string{"unknown", "mynumber", "juki", "android", "iphone"}

// String returns a stable word for the kind: "mynumber", "juki", "android",
// "iphone" or "unknown".
func (k Kind) String() string { return wordOf(kindWords[:], int(k)) }

// Hash returns SHA-384 if [HashFor] may return it for a key of such a card, and
// 0 if all its keys are taken to be RSA.
func (k Kind) Hash() crypto.Hash {
	if rsaOnly[k] {
		return 0
	}
	return crypto.SHA384
}

// A Token holds the label in EF 0006 (the token information), and the kind of
// card that has this label.
type Token struct {
	Label string // as on the card, without padding; escape it before display
	Kind  Kind
}

// Token reads the label in the token information. If the card has no such file,
// it returns the zero Token and a nil error.
func (c *Card) Token() (Token, error) {
	data, err := c.readStart(fileToken, labelLength)
	if statusOf(err) == apdu.NotFound {
		return Token{}, nil
	}
	if err != nil {
		return Token{}, err
	}
	label := strings.ToValidUTF8(string(bytes.Trim(data, " \x00")), "\uFFFD")
	return Token{Label: label, Kind: kinds[label]}, nil
}

// Presence says which certificates the card claims to hold in EF 0008. It is
// only a hint: only reading a certificate proves that it is there.
type Presence struct {
	Known, Sign, Auth bool
}

// Presence reads EF 0008. If the card refuses this, or returns fewer than two
// bytes, Known is false and the error nil.
func (c *Card) Presence() (Presence, error) {
	data, err := c.readStart(filePresence, 3)
	if statusOf(err) != 0 {
		return Presence{}, nil
	}
	if err != nil || len(data) < 2 {
		return Presence{}, err
	}
	return Presence{Known: true, Sign: data[0] == presentMark, Auth: data[1] == presentMark}, nil
}
