package practice

import (
	"slices"

	"natsuin/card/virtual"
)

// A Kind is a kind of card that [Store.Issue] issues.
type Kind string

const (
	// KindMyNumber is a マイナンバーカード of the current generation: RSA-2048, both
	// certificates.
	KindMyNumber Kind = "mynumber"
	// KindJuki is a 住民基本台帳カード: its own label, RSA-1024, one signature
	// certificate for three years, no authentication. Unlike real ones, its
	// certificate is signed with SHA-256, because crypto/x509 does not verify
	// certificates that are signed with SHA-1.
	KindJuki Kind = "juki"
	// KindPhone is an Android phone, on which reading the authentication
	// certificate needs its PIN.
	KindPhone Kind = "phone"
	// KindNoSign is a card without a signature certificate, such as a child's.
	KindNoSign Kind = "no-sign"
	// KindExpired is a マイナンバーカード whose certificates have expired.
	KindExpired Kind = "expired"
	// KindNext is a card of the next generation: ECDSA P-384, and certificates
	// for ten years.
	KindNext Kind = "next"
)

// kindRow holds the properties of a kind of card (docs/card.md §1, §5, §6 and
// §9).
type kindRow struct {
	kind      Kind
	label     string
	algorithm algorithm
	sign      bool // signature certificate
	auth      bool // authentication key, PIN and certificate
	years     int  // validity in birthdays, or in years if fixed is set
	fixed     bool
	age       int  // years before now at which the card is issued
	guarded   bool // reading the authentication certificate needs its PIN
	fewFiles  bool // the files that it does not need do not exist
	onlyJPKI  bool // no other application
}

// kinds is the table of kinds, in the order in which the help lists them. The
// label of the next generation is unknown, and the one here is a guess.
var kinds = []kindRow{
	{kind: KindMyNumber, label: "JPKIAPICCTOKEN2", algorithm: rsa2048, sign: true, auth: true, years: 5},
	{kind: KindJuki, label: "JPKIAPICCTOKEN", algorithm: rsa1024, sign: true, years: 3, fixed: true, fewFiles: true, onlyJPKI: true},
	{kind: KindPhone, label: "JPKIAPGPSETOKEN", algorithm: rsa2048, sign: true, auth: true, years: 5, guarded: true, onlyJPKI: true},
	{kind: KindNoSign, label: "JPKIAPICCTOKEN2", algorithm: rsa2048, auth: true, years: 5},
	{kind: KindExpired, label: "JPKIAPICCTOKEN2", algorithm: rsa2048, sign: true, auth: true, years: 5, age: 6},
	{kind: KindNext, label: "JPKIAPICCTOKEN3", algorithm: p384, sign: true, auth: true, years: 10},
}

// row returns the properties of the kind. ok reports whether the kind exists.
func (k Kind) row() (row kindRow, ok bool) {
	i := slices.IndexFunc(kinds, func(r kindRow) bool { return r.kind == k })
	if i < 0 {
		return kindRow{}, false
	}
	return kinds[i], true
}

func (k Kind) valid() bool { _, ok := k.row(); return ok }

// HasAuth reports whether such a card has an authentication PIN.
func (k Kind) HasAuth() bool { row, _ := k.row(); return row.auth }

// Kinds returns all kinds, in the order in which the help lists them.
func Kinds() []Kind {
	list := make([]Kind, len(kinds))
	for i, row := range kinds {
		list[i] = row.kind
	}
	return list
}

// The maximum tries, and the default secrets (docs/card.md §5).
const (
	signTries = 5
	authTries = 3

	defaultSignPassword = "RENSHU123"
	defaultAuthPIN      = "1234"
)

var builtIn = map[virtual.Credential]string{virtual.Sign: defaultSignPassword, virtual.Auth: defaultAuthPIN}
