package practice

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	idBasicResponse   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	idNonce           = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	idECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

var errOCSPRequest = errors.New("practice: malformed OCSP request")

// certIDHashes lists the hashes that a request may use to identify the issuer.
var certIDHashes = []struct {
	id   asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, crypto.SHA1},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512},
}

// maxOCSPQuestions and maxNonce limit a request. RFC 9654 §2.1 limits the
// nonce.
const (
	maxOCSPQuestions = 16
	maxNonce         = 128
)

// certID names a certificate in a request (RFC 6960 §4.1.1).
type certID struct {
	raw               []byte // the whole element, which the response repeats
	hash              crypto.Hash
	nameHash, keyHash []byte
	serial            *big.Int
}

// ocspRequest holds the parts of an OCSPRequest that are used here. Its
// signature is ignored, because anybody may ask.
type ocspRequest struct {
	ids   []certID
	nonce []byte // the whole nonce extension, which the response repeats, or nil
}

func parseOCSPRequest(der []byte) (*ocspRequest, error) {
	input := cryptobyte.String(der)
	var whole, tbs, list, extensions cryptobyte.String
	var has bool
	if !input.ReadASN1(&whole, cbasn1.SEQUENCE) || !input.Empty() || !whole.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!whole.SkipOptionalASN1(cbasn1.Tag(0).ContextSpecific().Constructed()) || !whole.Empty() ||
		!tbs.SkipOptionalASN1(cbasn1.Tag(0).ContextSpecific().Constructed()) || // version
		!tbs.SkipOptionalASN1(cbasn1.Tag(1).ContextSpecific().Constructed()) || // requestorName
		!tbs.ReadASN1(&list, cbasn1.SEQUENCE) ||
		!tbs.ReadOptionalASN1(&extensions, &has, cbasn1.Tag(2).ContextSpecific().Constructed()) || !tbs.Empty() {
		return nil, errOCSPRequest
	}
	r := &ocspRequest{}
	for !list.Empty() {
		var one cryptobyte.String
		if len(r.ids) == maxOCSPQuestions || !list.ReadASN1(&one, cbasn1.SEQUENCE) {
			return nil, errOCSPRequest
		}
		id, err := parseCertID(&one)
		if err != nil {
			return nil, err
		}
		if !one.SkipOptionalASN1(cbasn1.Tag(0).ContextSpecific().Constructed()) || !one.Empty() {
			return nil, errOCSPRequest
		}
		r.ids = append(r.ids, id)
	}
	if len(r.ids) == 0 {
		return nil, errOCSPRequest
	}
	if has {
		return r, r.parseExtensions(extensions)
	}
	return r, nil
}

func parseCertID(s *cryptobyte.String) (certID, error) {
	var id certID
	var element, body, algorithm, nameHash, keyHash cryptobyte.String
	var oid asn1.ObjectIdentifier
	id.serial = new(big.Int)
	if !s.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		return id, errOCSPRequest
	}
	id.raw = element
	if !element.ReadASN1(&body, cbasn1.SEQUENCE) ||
		!body.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) ||
		!body.ReadASN1(&nameHash, cbasn1.OCTET_STRING) || !body.ReadASN1(&keyHash, cbasn1.OCTET_STRING) ||
		!body.ReadASN1Integer(id.serial) || !body.Empty() {
		return id, errOCSPRequest
	}
	id.nameHash, id.keyHash = nameHash, keyHash
	for _, h := range certIDHashes {
		if h.id.Equal(oid) {
			id.hash = h.hash
		}
	}
	return id, nil
}

// parseExtensions reads the nonce. Any other extension is an error if it is
// critical, and otherwise ignored.
func (r *ocspRequest) parseExtensions(wrapped cryptobyte.String) error {
	var list cryptobyte.String
	if !wrapped.ReadASN1(&list, cbasn1.SEQUENCE) || !wrapped.Empty() {
		return errOCSPRequest
	}
	for !list.Empty() {
		var element, body, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		var critical bool
		if !list.ReadASN1Element(&element, cbasn1.SEQUENCE) {
			return errOCSPRequest
		}
		raw := element
		if !element.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) ||
			!body.ReadOptionalASN1Boolean(&critical, cbasn1.BOOLEAN, false) ||
			!body.ReadASN1(&value, cbasn1.OCTET_STRING) || !body.Empty() {
			return errOCSPRequest
		}
		switch {
		case oid.Equal(idNonce):
			if r.nonce != nil || len(value) > maxNonce+3 {
				return errOCSPRequest
			}
			r.nonce = raw
		case critical:
			return errOCSPRequest
		}
	}
	return nil
}
