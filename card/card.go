// Package card is the JPKI application (公的個人認証AP) on a My Number card: it counts
// tries, verifies and changes the two secrets, reads the four certificates, and signs
// through crypto.Signer.
//
// It does not find cards, hold transactions, prompt or retry: it speaks to one card
// through any apdu.Transmitter, and sends a secret only when a caller gives one, once.
// A Card is for one transaction: after another program may have touched the card, Open
// it again.
//
// There is no open specification. docs/card.md says what is known and how surely; its facts
// are in table.go, and what sources disagree about is treated as unsure.
package card

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"natsuin/card/apdu"
)

// A Credential is one of the two secrets of the application.
type Credential uint8

// The secrets: 署名用電子証明書のパスワード and 利用者証明用電子証明書の暗証番号.
const (
	SignPassword Credential = iota + 1
	AuthPIN
)

// String is "sign" or "auth".
func (c Credential) String() string {
	if rule, ok := credentials[c]; ok {
		return rule.word
	}
	return "unknown"
}

// MaxTries is how many wrong entries in a row lock the secret: 5 or 3.
func (c Credential) MaxTries() int { return credentials[c].maxTries }

// A CertID is the place of a certificate on the card.
type CertID uint8

// The four certificates.
const (
	SignCert CertID = iota + 1 // 署名用電子証明書
	SignCA                     // that of its CA, self-signed
	AuthCert                   // 利用者証明用電子証明書
	AuthCA                     // that of its CA, self-signed
)

// String is "sign", "sign-ca", "auth" or "auth-ca".
func (id CertID) String() string {
	if place, ok := certificates[id]; ok {
		return place.word
	}
	return "unknown"
}

// CA is the place of the issuer's certificate; a CA is its own.
func (id CertID) CA() CertID { return certificates[id].ca }

// Credential is the secret that guards the certificate's key.
func (id CertID) Credential() Credential { return certificates[id].credential }

var (
	// ErrNotJPKI is a card, or something else, without the JPKI application.
	ErrNotJPKI = errors.New("card: no JPKI application")
	// ErrNotSelected is an ErrNotJPKI whose answer to the selection does not
	// say that the application is missing: another status word, or no valid
	// answer.
	ErrNotSelected = fmt.Errorf("%w selected", ErrNotJPKI)
)

// A Card is the application, selected, for the length of one transaction.
type Card struct {
	t       apdu.Transmitter
	current fileID // the elementary file that is selected; 0: none, or not known
	// verified are the secrets of which the last VERIFY was answered 9000.
	verified map[Credential]bool
	// pinSelected: the selection of a PIN file was sent since Open.
	pinSelected bool
	// unknown is the VERIFY or CHANGE whose outcome is not known. After it this Card
	// sends no secret any more.
	unknown *OutcomeUnknownError
}

// Open selects the application. Whether that drops the verified state is
// disputed (docs/card.md §2). An answer other than 9000 is ErrNotJPKI, and
// ErrNotSelected too unless it says that there is no such application.
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

// PINSelected reports whether the selection of a PIN file was sent since Open.
// Only such a card needs to be left reset.
func (c *Card) PINSelected() bool { return c.pinSelected }

// transmit is apdu.Exchange that knows what it does not know after a failure.
func (c *Card) transmit(cmd apdu.Command) ([]byte, apdu.Status, error) {
	data, status, err := apdu.Exchange(c.t, cmd)
	if err != nil || !keepsSelection(status) {
		c.current = 0
	}
	return data, status, err
}

// keepsSelection tells the words after which the selected file surely still is. Any
// other may come from a card that was reset, and a VERIFY must not hit another secret.
func keepsSelection(s apdu.Status) bool {
	_, counted := s.Tries()
	return counted || s == apdu.OK || s == apdu.EndOfFile
}

// exchange sends a command and makes any status word but 9000 an error.
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

// choose selects an elementary file, unless it is the current one.
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

// absent tells whether a refused selection means that the card has no such file: the
// token information, which every card has, is still there. A card that was reset, and
// so has lost the application, refuses with the same word.
func (c *Card) absent(err error) bool {
	return statusOf(err) == apdu.NotFound && c.choose(fileToken) == nil
}

// readStart reads the first bytes of a file in one exchange by its short identifier,
// or in two on a card that does not know that.
func (c *Card) readStart(f fileID, length int) ([]byte, error) {
	data, status, err := c.transmit(readShort(f, length))
	c.current = 0 // whether it selects the file depends on the card
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

// notVerified is 6982.
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

// A Kind is the sort of card.
type Kind uint8

// The kinds that the token label tells (docs/card.md §1).
const (
	KindUnknown  Kind = iota
	KindMyNumber      // マイナンバーカード
	KindJuki          // 住民基本台帳カード
	KindAndroid       // Android phone
	KindIPhone        // iPhone, with which third parties cannot sign
)

var kindWords = [...]string{"unknown", "mynumber", "juki", "android", "iphone"}

// String is the word of the kind.
func (k Kind) String() string { return wordOf(kindWords[:], int(k)) }

// A Token is what EF 0006 says of the card.
type Token struct {
	Label string // as the card says it, without padding: escape it before display
	Kind  Kind
}

// Token reads the token label. A card without that file is of unknown kind.
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

// Presence is the hint of EF 0008. It is no proof: read the certificate.
type Presence struct {
	Known, Sign, Auth bool
}

// Presence reads the hint; a card without one is no error.
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
