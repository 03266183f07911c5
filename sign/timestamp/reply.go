package timestamp

import (
	"encoding/asn1"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxReply is the largest answer that is read, in octets.
const MaxReply = 64 << 10

// maxText bounds the text in an authority's answer, in octets.
const maxText = 1 << 10

// PKIStatus values that come with a token (RFC 3161 §2.4.2).
const (
	granted         = 0
	grantedWithMods = 1
)

// failures are the bits of PKIFailureInfo (RFC 3161 §2.4.2).
var failures = []struct {
	bit  int
	name string
}{
	{0, "badAlg"}, {2, "badRequest"}, {5, "badDataFormat"}, {14, "timeNotAvailable"}, {15, "unacceptedPolicy"},
	{16, "unacceptedExtension"}, {17, "addInfoNotAvailable"}, {25, "systemFailure"},
}

var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// ParseReply parses a DER TimeStampResp that grants a token, with nothing after
// it. It returns the token, a DER ContentInfo, and its TSTInfo. No signature
// and no certificate is looked at, and nothing is compared with a request. The
// error is a [*RefusedError].
func ParseReply(raw []byte) (token []byte, info *Info, err error) {
	if len(raw) > MaxReply {
		return nil, nil, refused(ReasonTooLarge)
	}
	in := cryptobyte.String(raw)
	var reply, status cryptobyte.String
	if !in.ReadASN1(&reply, der.SEQUENCE) || !reply.ReadASN1(&status, der.SEQUENCE) {
		return nil, nil, refused(ReasonMalformed)
	}
	if !in.Empty() {
		return nil, nil, refused(ReasonTrailing)
	}
	if no := readStatus(status); no != nil {
		return nil, nil, no
	}
	var whole cryptobyte.String
	if !reply.ReadASN1Element(&whole, der.SEQUENCE) || !reply.Empty() {
		return nil, nil, refused(ReasonMalformed)
	}
	if info, err = parseToken(whole); err != nil {
		return nil, nil, err
	}
	return whole, info, nil
}

// readStatus returns why a PKIStatusInfo grants no token, or nil.
func readStatus(s cryptobyte.String) *RefusedError {
	var code int
	var texts, bits cryptobyte.String
	var some bool
	if !s.ReadASN1Integer(&code) ||
		!s.ReadOptionalASN1(&texts, &some, der.SEQUENCE) || some && texts.Empty() ||
		!s.ReadOptionalASN1(&bits, &some, der.BIT_STRING) || !s.Empty() {
		return refused(ReasonMalformed)
	}
	if code == granted || code == grantedWithMods {
		return nil
	}
	e := &RefusedError{Reason: ReasonRejected, Status: code}
	for _, f := range failures {
		// The first octet counts the unused bits of the last one.
		if at := 1 + f.bit/8; at < len(bits) && bits[at]&(0x80>>(f.bit%8)) != 0 {
			e.Failure = f.name
			break
		}
	}
	e.Text = readTexts(texts)
	return e
}

// readTexts joins the strings of a PKIFreeText, up to the first that is not a
// UTF-8 string or with which they exceed maxText.
func readTexts(s cryptobyte.String) string {
	var list []string
	for size := 0; !s.Empty(); {
		var one cryptobyte.String
		if !s.ReadASN1(&one, der.UTF8String) || !utf8.Valid(one) {
			break
		}
		if size += len(one); size > maxText {
			break
		}
		list = append(list, string(one))
	}
	return strings.Join(list, "; ")
}

// ParseToken parses a time-stamp token, a DER ContentInfo of a SignedData with
// one signer over a TSTInfo (RFC 3161 §2.4.2), and returns the TSTInfo. The
// signature is left to package verify. The error is a [*RefusedError].
func ParseToken(token []byte) (*Info, error) {
	if len(token) > MaxReply {
		return nil, refused(ReasonTooLarge)
	}
	return parseToken(token)
}

func parseToken(in cryptobyte.String) (*Info, error) {
	var outer, explicit, signed, digests, encap, content, octets cryptobyte.String
	var kind, contentType asn1.ObjectIdentifier
	context0 := der.Tag(0).ContextSpecific().Constructed()
	if !in.ReadASN1(&outer, der.SEQUENCE) || !in.Empty() ||
		!outer.ReadASN1ObjectIdentifier(&kind) || !outer.ReadASN1(&explicit, context0) || !outer.Empty() {
		return nil, refused(ReasonMalformed)
	}
	if !kind.Equal(oidSignedData) {
		return nil, refused(ReasonContent)
	}
	var version int
	if !explicit.ReadASN1(&signed, der.SEQUENCE) || !explicit.Empty() ||
		!signed.ReadASN1Integer(&version) || !signed.ReadASN1(&digests, der.SET) ||
		!signed.ReadASN1(&encap, der.SEQUENCE) || !encap.ReadASN1ObjectIdentifier(&contentType) {
		return nil, refused(ReasonMalformed)
	}
	if !contentType.Equal(OIDContent) {
		return nil, refused(ReasonContent)
	}
	if !encap.ReadASN1(&content, context0) || !encap.Empty() ||
		!content.ReadASN1(&octets, der.OCTET_STRING) || !content.Empty() {
		return nil, refused(ReasonMalformed)
	}
	if no := oneSigner(signed); no != nil {
		return nil, no
	}
	info, err := Parse(octets)
	if err != nil {
		return nil, &RefusedError{Reason: reasonOf(err), Err: err}
	}
	return info, nil
}

// oneSigner reads what follows the content of a SignedData: certificates, CRLs,
// and exactly one signer.
func oneSigner(s cryptobyte.String) *RefusedError {
	var part, signers, signer cryptobyte.String
	for n := range 2 {
		if !s.ReadOptionalASN1(&part, nil, der.Tag(n).ContextSpecific().Constructed()) {
			return refused(ReasonMalformed)
		}
	}
	if !s.ReadASN1(&signers, der.SET) || !s.Empty() {
		return refused(ReasonMalformed)
	}
	if !signers.ReadASN1(&signer, der.SEQUENCE) || !signers.Empty() {
		return refused(ReasonContent)
	}
	return nil
}

// reasonOf returns the reason that the field of a [*SyntaxError] stands for.
func reasonOf(err error) Reason {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		switch syntax.Field {
		case "version":
			return ReasonContent
		case "accuracy":
			return ReasonAccuracy
		case "critical extension":
			return ReasonExtension
		}
	}
	return ReasonMalformed
}
