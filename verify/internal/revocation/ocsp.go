package revocation

import (
	"crypto"
	_ "crypto/sha1" // identifies issuers in a CertID
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// A ResponderError is an OCSP response that has only an error status, such as
// tryLater(3) or unauthorized(6) (RFC 6960 §4.2.1).
type ResponderError struct{ Status int }

// Error implements error.
func (e *ResponderError) Error() string {
	return fmt.Sprintf("revocation: the responder returned error %d", e.Status)
}

// A Response is a parsed OCSP basic response. Its signature has not been
// verified yet.
type Response struct {
	tbs       []byte
	algorithm x509.SignatureAlgorithm
	signature []byte
	certs     []*x509.Certificate

	responderName name.DN // nil if the responder is named by its key
	responderKey  []byte
	producedAt    time.Time
	singles       []single
	nonce         []byte // nil if absent
	// unknownCritical reports whether a critical extension is not supported, so
	// that the whole response must not be used.
	unknownCritical bool
}

// single is one SingleResponse.
type single struct {
	hash              crypto.Hash // zero if the hash is unknown
	nameHash, keyHash []byte
	serial            []byte // contents octets
	status            Status
	entry             entry

	thisUpdate, nextUpdate time.Time // nextUpdate is zero if absent
	archiveCutoff          time.Time // zero if absent
	unknownCritical        bool
}

const (
	oidBasicResponse = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"
	oidNonce         = "\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
	oidSHA1          = "\x2b\x0e\x03\x02\x1a"
	oidArchiveCutoff = "\x2b\x06\x01\x05\x05\x07\x30\x01\x06"

	maxSingles        = 10000
	maxResponderCerts = 16
)

var certIDHashes = map[string]crypto.Hash{
	oidSHA1:                                crypto.SHA1,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x01": crypto.SHA256,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x02": crypto.SHA384,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x03": crypto.SHA512,
}

// ParseResponse parses a DER OCSPResponse of type id-pkix-ocsp-basic with
// nothing after it. The error is [ErrMalformed], a *[ResponderError] for an
// error status, or says that the type is unknown.
func ParseResponse(der []byte) (*Response, error) {
	in := cryptobyte.String(der)
	var outer, body, oid, basic cryptobyte.String
	var status int
	var hasBody bool
	if !in.ReadASN1(&outer, asn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1Enum(&status) ||
		!outer.ReadOptionalASN1(&body, &hasBody, tagContextConstructed) || !outer.Empty() {
		return nil, ErrMalformed
	}
	if status != 0 {
		return nil, &ResponderError{status}
	}
	if !hasBody || !onlySequence(&body) || !body.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		!body.ReadASN1(&basic, asn1.OCTET_STRING) || !body.Empty() {
		return nil, ErrMalformed
	}
	if string(oid) != oidBasicResponse {
		return nil, errors.New("revocation: unknown type of OCSP response")
	}
	return parseBasic(basic)
}

func parseBasic(in cryptobyte.String) (*Response, error) {
	r := &Response{}
	var outer, tbs, algorithm, certs cryptobyte.String
	var hasCerts bool
	if !in.ReadASN1(&outer, asn1.SEQUENCE) || !in.Empty() ||
		!outer.ReadASN1Element(&tbs, asn1.SEQUENCE) || !outer.ReadASN1Element(&algorithm, asn1.SEQUENCE) ||
		!outer.ReadASN1BitStringAsBytes(&r.signature) ||
		!outer.ReadOptionalASN1(&certs, &hasCerts, tagContextConstructed) || !outer.Empty() {
		return nil, ErrMalformed
	}
	r.tbs, r.algorithm = tbs, sigalg.Parse(algorithm)
	if hasCerts {
		if !onlySequence(&certs) {
			return nil, ErrMalformed
		}
		for !certs.Empty() {
			var der cryptobyte.String
			if !certs.ReadASN1Element(&der, asn1.SEQUENCE) {
				return nil, ErrMalformed
			}
			// Certificates that cannot be parsed, and those beyond
			// maxResponderCerts, are ignored.
			if c, err := certificate.Parse(der); err == nil && len(r.certs) < maxResponderCerts {
				r.certs = append(r.certs, c)
			}
		}
	}
	if !r.parseData(tbs) {
		return nil, ErrMalformed
	}
	return r, nil
}

// parseData reads a ResponseData.
func (r *Response) parseData(in cryptobyte.String) bool {
	var version, id, list, extensions cryptobyte.String
	var hasVersion, hasExtensions bool
	if !onlySequence(&in) ||
		!in.ReadOptionalASN1(&version, &hasVersion, tagContextConstructed) {
		return false
	}
	if hasVersion {
		var v int
		if !version.ReadASN1Integer(&v) || v != 0 || !version.Empty() {
			return false
		}
	}
	var tag asn1.Tag
	if !in.ReadAnyASN1(&id, &tag) {
		return false
	}
	switch tag {
	case 0xa1:
		dn, err := name.ParseDN(id)
		if err != nil {
			return false
		}
		r.responderName = dn
	case 0xa2:
		var key cryptobyte.String
		if !id.ReadASN1(&key, asn1.OCTET_STRING) || !id.Empty() || len(key) == 0 {
			return false
		}
		r.responderKey = key
	default:
		return false
	}
	if !in.ReadASN1GeneralizedTime(&r.producedAt) || !in.ReadASN1(&list, asn1.SEQUENCE) ||
		!in.ReadOptionalASN1(&extensions, &hasExtensions, asn1.Tag(0xa1)) || !in.Empty() {
		return false
	}
	for !list.Empty() {
		s, ok := readSingle(&list)
		if !ok || len(r.singles) == maxSingles {
			return false
		}
		r.singles = append(r.singles, s)
	}
	if !hasExtensions {
		return true
	}
	return onlySequence(&extensions) && readExtensions(extensions, func(e extension) bool {
		if e.oid == oidNonce {
			var nonce cryptobyte.String
			if !e.value.ReadASN1(&nonce, asn1.OCTET_STRING) || !e.value.Empty() {
				return false
			}
			r.nonce = nonce
			return len(nonce) > 0
		}
		r.unknownCritical = r.unknownCritical || e.critical
		return true
	})
}

// readSingle reads a SingleResponse.
func readSingle(list *cryptobyte.String) (single, bool) {
	var s single
	var in, id, algorithm, oid, nameHash, keyHash, serial, status cryptobyte.String
	var tag asn1.Tag
	if !list.ReadASN1(&in, asn1.SEQUENCE) || !in.ReadASN1(&id, asn1.SEQUENCE) ||
		!id.ReadASN1(&algorithm, asn1.SEQUENCE) || !algorithm.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		!id.ReadASN1(&nameHash, asn1.OCTET_STRING) || !id.ReadASN1(&keyHash, asn1.OCTET_STRING) ||
		!id.ReadASN1(&serial, asn1.INTEGER) || !id.Empty() || !in.ReadAnyASN1(&status, &tag) {
		return s, false
	}
	s.hash = certIDHashes[string(oid)]
	s.nameHash, s.keyHash, s.serial = nameHash, keyHash, serial
	switch tag {
	case 0x80:
		s.status = Good
	case 0x82:
		s.status = Unknown
	case 0xa1:
		s.status = Revoked
		var reason cryptobyte.String
		var hasReason bool
		if !status.ReadASN1GeneralizedTime(&s.entry.revokedAt) ||
			!status.ReadOptionalASN1(&reason, &hasReason, tagContextConstructed) || !status.Empty() {
			return s, false
		}
		if hasReason && !readReason(reason, &s.entry.reason) {
			return s, false
		}
	default:
		return s, false
	}
	var next, extensions cryptobyte.String
	var hasNext, hasExtensions bool
	if !in.ReadASN1GeneralizedTime(&s.thisUpdate) ||
		!in.ReadOptionalASN1(&next, &hasNext, tagContextConstructed) ||
		hasNext && (!next.ReadASN1GeneralizedTime(&s.nextUpdate) || !next.Empty()) ||
		!in.ReadOptionalASN1(&extensions, &hasExtensions, asn1.Tag(0xa1)) || !in.Empty() {
		return s, false
	}
	if !hasExtensions {
		return s, true
	}
	ok := onlySequence(&extensions) && readExtensions(extensions, func(e extension) bool {
		switch e.oid {
		case oidArchiveCutoff:
			return e.value.ReadASN1GeneralizedTime(&s.archiveCutoff)
		case oidInvalidityDate:
			return e.value.ReadASN1GeneralizedTime(&s.entry.invalidityDate)
		}
		s.unknownCritical = s.unknownCritical || e.critical
		return true
	})
	return s, ok
}
