package practice

// A Kind is a kind of card that [Store.Issue] issues.
type Kind string

const (
	// KindMyNumber is the マイナンバーカード of today: RSA-2048, both
	// certificates.
	KindMyNumber Kind = "mynumber"
	// KindJuki is the 住民基本台帳カード: its own label, RSA-1024, one
	// signature certificate for three years, no authentication. Unlike the real
	// ones, its certificate is signed with SHA-256, since crypto/x509 does not
	// create SHA-1 signatures.
	KindJuki Kind = "juki"
	// KindPhone is an Android phone: reading the authentication certificate
	// needs its PIN.
	KindPhone Kind = "phone"
	// KindNoSign is a card without signature certificate, such as a child's.
	KindNoSign Kind = "no-sign"
	// KindExpired is a マイナンバーカード whose certificates have expired.
	KindExpired Kind = "expired"
	// KindNext is the next card: ECDSA P-384, and certificates for ten years.
	KindNext Kind = "next"
)

// kindRow holds the properties of a kind of card (docs/card.md §1, §5, §6 and
// §9).
type kindRow struct {
	label     string
	algorithm algorithm
	sign      bool // signature certificate
	auth      bool // authentication key, PIN and certificate
	years     int  // validity in birthdays, or in years if fixed is set
	fixed     bool
	age       int // years before now at which the card is issued
}

// kinds is the table of kinds. The label of the next card is unknown; this one
// is a guess.
var kinds = map[Kind]kindRow{
	KindMyNumber: {label: "JPKIAPICCTOKEN2", algorithm: rsa2048, sign: true, auth: true, years: 5},
	KindJuki:     {label: "JPKIAPICCTOKEN", algorithm: rsa1024, sign: true, years: 3, fixed: true},
	KindPhone:    {label: "JPKIAPGPSETOKEN", algorithm: rsa2048, sign: true, auth: true, years: 5},
	KindNoSign:   {label: "JPKIAPICCTOKEN2", algorithm: rsa2048, auth: true, years: 5},
	KindExpired:  {label: "JPKIAPICCTOKEN2", algorithm: rsa2048, sign: true, auth: true, years: 5, age: 6},
	KindNext:     {label: "JPKIAPICCTOKEN3", algorithm: p384, sign: true, auth: true, years: 10},
}

func (k Kind) valid() bool { _, ok := kinds[k]; return ok }

// Kinds returns all kinds, in the order of the command line's help.
func Kinds() []Kind {
	return []Kind{KindMyNumber, KindJuki, KindPhone, KindNoSign, KindExpired, KindNext}
}

// The maximum tries, and the default secrets (docs/card.md §5).
const (
	signTries = 5
	authTries = 3

	defaultSignPassword = "RENSHU123"
	defaultAuthPIN      = "1234"
)
