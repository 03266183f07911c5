package timestamp

import (
	"encoding/asn1"
	"math/big"
	"regexp"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on untrusted input.
const (
	maxSize       = 64 << 10
	maxInteger    = 64 // octets; RFC 3161 §2.4.2 asks for 20 in a serial number
	maxExtensions = 32
)

// Parse parses a DER TSTInfo, version 1, with nothing after it. The error is a
// *[SyntaxError].
func Parse(raw []byte) (*Info, error) {
	if len(raw) > maxSize {
		return nil, &SyntaxError{"size"}
	}
	in := cryptobyte.String(raw)
	var s cryptobyte.String
	if !in.ReadASN1(&s, der.SEQUENCE) || !in.Empty() {
		return nil, &SyntaxError{"sequence"}
	}
	info := &Info{}
	for _, field := range []struct {
		name string
		read func(*cryptobyte.String) bool
	}{
		{"version", readVersion},
		{"policy", info.readPolicy},
		{"message imprint", info.readImprint},
		{"serial number", func(s *cryptobyte.String) bool { return readInteger(s, &info.SerialNumber) }},
		{"time", info.readTime},
		{"accuracy", info.readAccuracy},
		{"ordering", readOrdering},
		{"nonce", info.readNonce},
		{"authority", readAuthority},
		{"extensions", info.readExtensions},
		{"critical extension", func(*cryptobyte.String) bool { return !info.critical }},
		{"end", func(s *cryptobyte.String) bool { return s.Empty() }},
	} {
		if !field.read(&s) {
			return nil, &SyntaxError{field.name}
		}
	}
	return info, nil
}

// readPolicy reads a TSAPolicyId. Its arcs may be larger than an int: an arc
// under 2.25 may have 128 bits.
func (i *Info) readPolicy(s *cryptobyte.String) bool {
	var id cryptobyte.String
	return s.ReadASN1(&id, der.OBJECT_IDENTIFIER) && i.Policy.UnmarshalBinary(id) == nil
}

func readVersion(s *cryptobyte.String) bool {
	var version int
	return s.ReadASN1Integer(&version) && version == 1
}

// readInteger reads an INTEGER of either sign and limited length.
func readInteger(s *cryptobyte.String, out **big.Int) bool {
	n := new(big.Int)
	if !s.ReadASN1Integer(n) || n.BitLen() > 8*maxInteger {
		return false
	}
	*out = n
	return true
}

// readImprint reads the MessageImprint. For a known hash, the parameters must
// be absent or NULL, and the digest must have the length of the hash.
func (i *Info) readImprint(s *cryptobyte.String) bool {
	var imprint, algorithm cryptobyte.String
	if !s.ReadASN1(&imprint, der.SEQUENCE) || !imprint.ReadASN1(&algorithm, der.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&i.HashAlgorithm) {
		return false
	}
	for _, row := range hashes {
		if row.oid.Equal(i.HashAlgorithm) {
			i.Hash = row.hash
		}
	}
	if i.Hash != 0 {
		var null cryptobyte.String
		var present bool
		if !algorithm.ReadOptionalASN1(&null, &present, der.NULL) || !null.Empty() || !algorithm.Empty() {
			return false
		}
	}
	if !imprint.ReadASN1Bytes(&i.HashedMessage, der.OCTET_STRING) || !imprint.Empty() {
		return false
	}
	return i.Hash == 0 || len(i.HashedMessage) == i.Hash.Size()
}

// timeForm matches a genTime in DER: seconds, Z, and a fraction only without
// trailing zeros.
var timeForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9]{14}(\.[0-9]{0,8}[1-9])?Z$`)
})

// readTime reads GenTime. The reader of cryptobyte accepts no fractions of a
// second, which RFC 3161 allows.
func (i *Info) readTime(s *cryptobyte.String) bool {
	var text cryptobyte.String
	if !s.ReadASN1(&text, der.GeneralizedTime) || !timeForm().Match(text) {
		return false
	}
	t, err := time.Parse("20060102150405Z", string(text))
	if err != nil {
		return false
	}
	i.GenTime = t.UTC()
	return true
}

// readAccuracy reads Accuracy: seconds, milliseconds and microseconds, the last
// two from 1 to 999.
func (i *Info) readAccuracy(s *cryptobyte.String) bool {
	var accuracy cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&accuracy, &present, der.SEQUENCE) {
		return false
	}
	if !present {
		return true
	}
	var seconds uint32
	if accuracy.PeekASN1Tag(der.INTEGER) && !accuracy.ReadASN1Integer(&seconds) {
		return false
	}
	millis, ok := readFraction(&accuracy, 0)
	if !ok {
		return false
	}
	micros, ok := readFraction(&accuracy, 1)
	if !ok || !accuracy.Empty() {
		return false
	}
	i.Accuracy = time.Duration(seconds)*time.Second + millis*time.Millisecond + micros*time.Microsecond
	return true
}

// readFraction reads an [n] IMPLICIT INTEGER (1..999) OPTIONAL.
func readFraction(s *cryptobyte.String, n uint8) (time.Duration, bool) {
	tag := der.Tag(n).ContextSpecific()
	if !s.PeekASN1Tag(tag) {
		return 0, true
	}
	var value int64
	ok := s.ReadASN1Int64WithTag(&value, tag)
	return time.Duration(value), ok && 1 <= value && value <= 999
}

// readOrdering reads a BOOLEAN DEFAULT FALSE. DER omits FALSE, but some
// authorities write it, so it is accepted.
func readOrdering(s *cryptobyte.String) bool {
	var ordering bool
	return !s.PeekASN1Tag(der.BOOLEAN) || s.ReadASN1Boolean(&ordering)
}

func (i *Info) readNonce(s *cryptobyte.String) bool {
	return !s.PeekASN1Tag(der.INTEGER) || readInteger(s, &i.Nonce)
}

// readAuthority reads [0] GeneralName, explicit because it is a CHOICE.
func readAuthority(s *cryptobyte.String) bool {
	tag := der.Tag(0).ContextSpecific().Constructed()
	if !s.PeekASN1Tag(tag) {
		return true
	}
	var outer, name cryptobyte.String
	var nameTag der.Tag
	return s.ReadASN1(&outer, tag) && outer.ReadAnyASN1Element(&name, &nameTag) && outer.Empty()
}

// readExtensions reads [1] IMPLICIT Extensions, each identifier once. None is
// supported, so a critical one is an error (RFC 5280 §4.2).
func (i *Info) readExtensions(s *cryptobyte.String) bool {
	tag := der.Tag(1).ContextSpecific().Constructed()
	if !s.PeekASN1Tag(tag) {
		return true
	}
	var list cryptobyte.String
	if !s.ReadASN1(&list, tag) || list.Empty() {
		return false
	}
	seen := map[string]bool{}
	for !list.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		var critical bool
		if !list.ReadASN1(&extension, der.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) ||
			extension.PeekASN1Tag(der.BOOLEAN) && !extension.ReadASN1Boolean(&critical) ||
			!extension.ReadASN1(&value, der.OCTET_STRING) || !extension.Empty() ||
			seen[oid.String()] || len(seen) == maxExtensions {
			return false
		}
		seen[oid.String()] = true
		i.critical = i.critical || critical
	}
	return true
}
