package card_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

// exampleCard returns a virtual card. A program would use a *pcsc.Conn, between
// Begin and End.
func exampleCard() apdu.Transmitter { return newVirtual() }

// The tries are read before a secret is sent. The caller holds the transaction
// in which all exchanges take place.
func ExampleOpen() {
	c, err := card.Open(exampleCard())
	if err != nil {
		log.Fatal(err) // matches card.ErrNotJPKI if this is another kind of card
	}
	token, err := c.Token()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Label, token.Kind)
	for _, credential := range []card.Credential{card.SignPassword, card.AuthPIN} {
		tries, err := c.Tries(credential)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(credential, tries.Left, "of", tries.Max)
	}
	// Output:
	// JPKIAPICCTOKEN2 mynumber
	// sign 5 of 5
	// auth 3 of 3
}

// Before it signs, a program reads the tries, verifies the secret, reads the
// certificate, and gets the signer of its key.
func ExampleCard_Signer() {
	c, err := card.Open(exampleCard())
	if err != nil {
		log.Fatal(err)
	}
	tries, err := c.Tries(card.SignPassword)
	if err != nil {
		log.Fatal(err)
	}
	if !tries.Known || tries.Left < 2 {
		log.Fatal("a wrong entry may lock the card") // ask the person first
	}

	// Lower case would cost a try, so Verify refuses it. Normalize converts it
	// to upper case.
	password, how, err := card.Normalize(card.SignPassword, card.NewSecret([]byte("abc123xyz")))
	if err != nil {
		log.Fatal(err)
	}
	defer password.Wipe()
	fmt.Println("raised:", how.Raised)
	if err := c.Verify(card.SignPassword, password); err != nil {
		log.Fatal(err)
	}
	cert, err := c.Certificate(card.SignCert)
	if err != nil {
		log.Fatal(err)
	}
	key, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
	if err != nil {
		log.Fatal(err)
	}

	digest := sha256.Sum256([]byte("the contract"))
	signature, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	public := cert.PublicKey.(*rsa.PublicKey)
	fmt.Println(len(signature), rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil)
	// Output:
	// raised: true
	// 256 true
}

// A wrong secret costs one try. The error says how many are left.
func ExampleCard_Verify() {
	c, err := card.Open(exampleCard())
	if err != nil {
		log.Fatal(err)
	}
	err = c.Verify(card.SignPassword, card.NewSecret([]byte("WRONG123")))
	var refused *card.PINError
	switch {
	case errors.As(err, &refused) && errors.Is(err, card.ErrBlocked):
		fmt.Println("locked")
	case errors.As(err, &refused) && refused.Tries.Known:
		fmt.Println("wrong,", refused.Tries.Left, "left")
	case err != nil:
		log.Fatal(err)
	}

	// A malformed secret costs no try, since it is not sent.
	err = c.Verify(card.SignPassword, card.NewSecret([]byte("1234")))
	var malformed *card.FormError
	if errors.As(err, &malformed) {
		fmt.Println("not sent:", malformed.Reason)
	}
	// Output:
	// wrong, 4 left
	// not sent: four-digits
}

// If the answer to a VERIFY is lost, a try may have been used. The program must
// say so, and must never repeat the secret by itself.
func ExampleOutcomeUnknownError() {
	v := newVirtual()
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.LoseAnswer(nil)})
	c, err := card.Open(v)
	if err != nil {
		log.Fatal(err)
	}
	password := card.NewSecret([]byte("ABC123XYZ"))
	for range 2 {
		err = c.Verify(card.SignPassword, password)
		var unknown *card.OutcomeUnknownError
		fmt.Println(errors.As(err, &unknown) && unknown.Op == card.OpVerify)
	}
	fmt.Println("sent:", v.Tally().Right)
	// Output:
	// true
	// true
	// sent: 1
}

// Only some status words carry a count. After a VERIFY by another program, a
// card may answer 9000 instead: the count is then unknown, and must not be
// taken to be full.
func ExampleCard_Tries() {
	v := newVirtual(func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true })
	c, err := card.Open(v)
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Verify(card.AuthPIN, card.NewSecret([]byte("1357"))); err != nil {
		log.Fatal(err)
	}
	tries, err := c.Tries(card.AuthPIN)
	fmt.Println(tries.Known, tries.Verified, err)
	v.Reset()
	if c, err = card.Open(v); err != nil {
		log.Fatal(err)
	}
	tries, err = c.Tries(card.AuthPIN)
	fmt.Println(tries.Known, tries.Left, err)
	// Output:
	// false true <nil>
	// true 3 <nil>
}

// A new secret is checked before the old one is verified, while a mistake costs
// nothing.
func ExampleCheckNew() {
	old := card.NewSecret([]byte("ABC123XYZ"))
	for _, proposed := range []string{"AAAAA1", "ABCDEFGH", "SAKURA2026"} {
		err := card.CheckNew(card.SignPassword, old, card.NewSecret([]byte(proposed)))
		var weak *card.WeakSecretError
		var form *card.FormError
		switch {
		case errors.As(err, &weak):
			fmt.Println("easily guessed:", weak.Reason)
		case errors.As(err, &form):
			fmt.Println("not allowed:", form.Reason)
		default:
			fmt.Println("accepted")
		}
	}
	// Output:
	// easily guessed: repeated
	// not allowed: single-class
	// accepted
}

// A Secret cannot be printed by accident.
func ExampleSecret() {
	s := card.NewSecret([]byte("ABC123XYZ"))
	fmt.Printf("%v %q %x\n", s, s, s)
	s.Wipe()
	fmt.Println(s.Len())
	// Output:
	// [redacted] [redacted] [redacted]
	// 0
}
