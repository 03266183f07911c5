package timestamp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"strings"
	"time"
)

// A Transport carries one TimeStampReq (DER) to an authority and returns what
// comes back, at most [MaxReply] octets. It tries once. Errors: a
// [*RefusedError], or that of a context that ended.
type Transport interface {
	Send(ctx context.Context, request []byte) (Answer, error)
}

// An Answer is what an authority sent: a TimeStampResp, if it keeps to the
// standard.
type Answer struct {
	Body []byte
	// ContentType is the media type without parameters, in lower case.
	ContentType string
}

// ContentType is the media type of an answer (RFC 3161 §3.4).
const ContentType = "application/timestamp-reply"

// A Client asks one authority for tokens, one after another. It is not safe for
// concurrent use.
type Client struct {
	Transport Transport
	// Policy is the policy that tokens must have; the zero value means any.
	Policy x509.OID
	// Rand is the source of nonces; nil means [crypto/rand.Reader].
	Rand io.Reader

	seen map[[sha256.Size]byte]bool // the tokens that this Client has received
}

// A Token is the answer of an authority to our request. It proves nothing until
// package verify has checked it.
type Token struct {
	DER  []byte // a ContentInfo
	Info *Info
	// OtherType is set if the answer came as another media type than
	// [ContentType].
	OtherType bool
}

// Stamp asks for a token over an imprint. It sends one request with a new
// nonce, and checks that the answer grants a token, is the answer to this
// request, and was not seen before. Errors: [*RefusedError]; that of a context
// that ended; another if the request cannot be made.
func (c *Client) Stamp(ctx context.Context, imprint Imprint) (*Token, error) {
	random := c.Rand
	if random == nil {
		random = rand.Reader
	}
	nonce, err := newNonce(random)
	if err != nil {
		return nil, err
	}
	asked := &request{imprint: imprint, policy: c.Policy, nonce: nonce}
	out, err := asked.marshal()
	if err != nil {
		return nil, err
	}
	answer, err := c.Transport.Send(ctx, out)
	if err != nil {
		return nil, err
	}
	der, info, err := ParseReply(answer.Body)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(der)
	if c.seen[id] {
		return nil, refused(ReasonRepeated)
	}
	if c.seen == nil {
		c.seen = map[[sha256.Size]byte]bool{}
	}
	c.seen[id] = true
	if no := asked.check(info); no != nil {
		return nil, no
	}
	return &Token{DER: der, Info: info, OtherType: !strings.EqualFold(answer.ContentType, ContentType)}, nil
}

// A Doubt is what a person should know about a token that is used.
type Doubt string

// The doubts.
const (
	DoubtType     Doubt = "type"     // the answer came as another media type
	DoubtClock    Doubt = "clock"    // off our clock by more than 10 minutes
	DoubtClaim    Doubt = "claim"    // before the claimed signing time by more than 10 minutes
	DoubtAccuracy Doubt = "accuracy" // over a minute
)

// Doubts returns every doubt.
func Doubts() []Doubt { return []Doubt{DoubtType, DoubtClock, DoubtClaim, DoubtAccuracy} }

const (
	maxDifference = 10 * time.Minute
	maxAccuracy   = time.Minute
)

// Doubts returns the doubts about the token. now is the time of the local
// clock. claimed is the time at which the signer claims to have signed; zero if
// unknown.
func (t *Token) Doubts(now, claimed time.Time) (list []Doubt) {
	if t.OtherType {
		list = append(list, DoubtType)
	}
	if t.Info.GenTime.Sub(now).Abs() > maxDifference {
		list = append(list, DoubtClock)
	}
	if !claimed.IsZero() && claimed.Sub(t.Info.GenTime) > maxDifference {
		list = append(list, DoubtClaim)
	}
	if t.Info.Accuracy > maxAccuracy {
		list = append(list, DoubtAccuracy)
	}
	return list
}
