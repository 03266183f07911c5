package verify

import (
	"crypto"
	"crypto/ecdsa"
	_ "crypto/md5"  // #nosec G501 -- computed, but never accepted
	_ "crypto/sha1" // #nosec G505 -- computed, but accepted only with AllowSHA1
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"crypto/x509"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// dotted returns the DER contents of an identifier in dotted form. It is for
// the tables of this package, and panics on an invalid identifier.
func dotted(s string) cms.OID {
	oid, err := x509.ParseOID(s)
	if err != nil {
		panic("verify: bad identifier in a table: " + s)
	}
	b, err := oid.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return cms.OID(b)
}

// digests holds the digest algorithms that this package can compute (RFC 5754,
// RFC 3370, RFC 9688; SHA-512/256: RFC 8017 §B.1). It includes those that
// forbiddenHash refuses, because a digest that differs is decisive whatever the
// algorithm.
var digests = map[cms.OID]crypto.Hash{
	dotted("2.16.840.1.101.3.4.2.1"): crypto.SHA256,
	dotted("2.16.840.1.101.3.4.2.2"): crypto.SHA384,
	dotted("2.16.840.1.101.3.4.2.3"): crypto.SHA512,
	dotted("1.3.14.3.2.26"):          crypto.SHA1,

	dotted("1.2.840.113549.2.5"):      crypto.MD5,
	dotted("2.16.840.1.101.3.4.2.4"):  crypto.SHA224,
	dotted("2.16.840.1.101.3.4.2.6"):  crypto.SHA512_256,
	dotted("2.16.840.1.101.3.4.2.8"):  crypto.SHA3_256,
	dotted("2.16.840.1.101.3.4.2.9"):  crypto.SHA3_384,
	dotted("2.16.840.1.101.3.4.2.10"): crypto.SHA3_512,
}

// forbiddenHash returns why a hash is not allowed, or nil. It returns nil for
// SHA-1, on which Policy.AllowSHA1 decides.
func forbiddenHash(hash crypto.Hash) *problem {
	switch hash {
	case 0, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA1:
		return nil
	case crypto.MD5:
		return refuse(ReasonWeakDigest, "digest", hashNames[hash])
	}
	return refuse(ReasonDigestForbidden, "digest", hashNames[hash])
}

// weakDigests holds digest algorithms that this package does not compute, and
// that are not collision-resistant: whoever prepares a content can prepare
// another one with the same digest.
var weakDigests = map[cms.OID]bool{
	dotted("1.2.840.113549.2.2"): true, // MD2
	dotted("1.2.840.113549.2.4"): true, // MD4
}

// hashNames holds the names of digest algorithms for reports.
var hashNames = map[crypto.Hash]string{
	crypto.SHA256: "sha256", crypto.SHA384: "sha384", crypto.SHA512: "sha512", crypto.SHA1: "sha1",
	crypto.MD5: "md5", crypto.SHA224: "sha224", crypto.SHA512_256: "sha512-256",
	crypto.SHA3_256: "sha3-256", crypto.SHA3_384: "sha3-384", crypto.SHA3_512: "sha3-512",
}

type scheme uint8

const (
	pkcs1 scheme = iota + 1 // RSASSA-PKCS1-v1_5
	pss                     // RSASSA-PSS
	ecdsaScheme
)

// schemes holds the signature algorithms. If hash is 0, the identifier does not
// name a hash.
var schemes = map[cms.OID]struct {
	scheme scheme
	hash   crypto.Hash
}{
	oidRSA:                          {pkcs1, 0},
	dotted("1.2.840.113549.1.1.5"):  {pkcs1, crypto.SHA1},
	dotted("1.2.840.113549.1.1.11"): {pkcs1, crypto.SHA256},
	dotted("1.2.840.113549.1.1.12"): {pkcs1, crypto.SHA384},
	dotted("1.2.840.113549.1.1.13"): {pkcs1, crypto.SHA512},
	oidPSS:                          {pss, 0},
	dotted("1.2.840.10045.4.1"):     {ecdsaScheme, crypto.SHA1},
	dotted("1.2.840.10045.4.3.2"):   {ecdsaScheme, crypto.SHA256},
	dotted("1.2.840.10045.4.3.3"):   {ecdsaScheme, crypto.SHA384},
	dotted("1.2.840.10045.4.3.4"):   {ecdsaScheme, crypto.SHA512},

	dotted("1.2.840.113549.1.1.4"):    {pkcs1, crypto.MD5},
	dotted("1.2.840.113549.1.1.14"):   {pkcs1, crypto.SHA224},
	dotted("1.2.840.10045.4.3.1"):     {ecdsaScheme, crypto.SHA224},
	dotted("2.16.840.1.101.3.4.3.14"): {pkcs1, crypto.SHA3_256},
	dotted("2.16.840.1.101.3.4.3.15"): {pkcs1, crypto.SHA3_384},
	dotted("2.16.840.1.101.3.4.3.16"): {pkcs1, crypto.SHA3_512},
	dotted("2.16.840.1.101.3.4.3.10"): {ecdsaScheme, crypto.SHA3_256},
	dotted("2.16.840.1.101.3.4.3.11"): {ecdsaScheme, crypto.SHA3_384},
	dotted("2.16.840.1.101.3.4.3.12"): {ecdsaScheme, crypto.SHA3_512},
}

var (
	oidRSA  = dotted("1.2.840.113549.1.1.1")
	oidPSS  = dotted("1.2.840.113549.1.1.10")
	oidMGF1 = dotted("1.2.840.113549.1.1.8")
)

// suite is the digest and signature algorithm of a signer.
type suite struct {
	digest crypto.Hash
	scheme scheme
	// salt is the exact length of the salt in octets, and mask the hash of the
	// mask generation function. Both are for RSASSA-PSS only.
	salt int
	mask crypto.Hash
}

// digestOf returns the hash of a digest algorithm, whose parameters must be
// absent or NULL (RFC 5754 §2).
func digestOf(a cms.Algorithm) (crypto.Hash, *problem) {
	hash, ok := digests[a.OID]
	switch {
	case weakDigests[a.OID]:
		return 0, refuse(ReasonWeakDigest, "digest", a.OID.String())
	case !ok:
		return 0, refuse(ReasonDigestForbidden, "digest", a.OID.String())
	}
	if !absentOrNull(a.Params) {
		return 0, refuse(ReasonBadParameters, "algorithm", hashNames[hash])
	}
	return hash, nil
}

func digestName(a cms.Algorithm) string {
	if hash, ok := digests[a.OID]; ok {
		return hashNames[hash]
	}
	return a.OID.String()
}

func absentOrNull(params []byte) bool { return len(params) == 0 || string(params) == "\x05\x00" }

// suiteOf returns the suite of a digest algorithm and a signature algorithm,
// which must agree (RFC 5652 §5.3, RFC 8017 §A.2.3). If there is a problem, the
// suite has the part that was understood. suiteOf refuses algorithms that this
// package does not know. forbiddenHash and forbiddenMask refuse some of the
// others.
func suiteOf(digest, signature cms.Algorithm) (suite, *problem) {
	var s suite
	var no *problem
	known, ok := schemes[signature.OID]
	s.scheme = known.scheme
	if s.digest, no = digestOf(digest); no != nil {
		return s, no
	}
	if !ok {
		return s, refuse(ReasonSignatureForbidden, "signature", signature.OID.String())
	}
	hash := known.hash
	switch known.scheme {
	case pkcs1:
		if !absentOrNull(signature.Params) {
			return s, refuse(ReasonBadParameters, "algorithm", "rsa-pkcs1")
		}
	case ecdsaScheme:
		if !absentOrNull(signature.Params) {
			return s, refuse(ReasonBadParameters, "algorithm", "ecdsa")
		}
	case pss:
		if hash, s.mask, s.salt, no = pssParameters(signature.Params); no != nil {
			return s, no
		}
	}
	if hash != 0 && hash != s.digest {
		return s, refuse(ReasonAlgorithmsDisagree, "digest", digestName(digest), "signature", hashNames[hash])
	}
	return s, nil
}

// pssParameters reads RSASSA-PSS-params (RFC 8017 §A.2.3), which must be
// present: the hash, the hash of the mask generation, and the length of the
// salt in octets. It accepts only the trailer field 1.
func pssParameters(der []byte) (hash, maskHash crypto.Hash, salt int, no *problem) {
	bad := refuse(ReasonBadParameters, "algorithm", "rsa-pss")
	s := cryptobyte.String(der)
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return 0, 0, 0, bad
	}
	hash, maskHash, salt = crypto.SHA1, crypto.SHA1, 20
	trailer := 1
	var field cryptobyte.String
	var present bool
	explicit := func(n uint8) bool {
		return seq.ReadOptionalASN1(&field, &present, asn1.Tag(n).ContextSpecific().Constructed())
	}
	if !explicit(0) {
		return 0, 0, 0, bad
	}
	if present {
		a, ok := cms.ParseAlgorithm(field)
		if !ok {
			return 0, 0, 0, bad
		}
		if hash, no = digestOf(a); no != nil {
			return 0, 0, 0, no
		}
	}
	if !explicit(1) {
		return 0, 0, 0, bad
	}
	if present {
		mask, ok := cms.ParseAlgorithm(field)
		if !ok || mask.OID != oidMGF1 {
			return 0, 0, 0, bad
		}
		a, ok := cms.ParseAlgorithm(mask.Params)
		if !ok {
			return 0, 0, 0, bad
		}
		if maskHash, no = digestOf(a); no != nil {
			return 0, 0, 0, no
		}
	}
	if !explicit(2) || present && (!field.ReadASN1Integer(&salt) || !field.Empty()) ||
		!explicit(3) || present && (!field.ReadASN1Integer(&trailer) || !field.Empty()) ||
		!seq.Empty() || salt < 0 || salt > 1024 {
		return 0, 0, 0, bad
	}
	if trailer != 1 {
		return 0, 0, 0, refuse(ReasonParametersForbidden, "trailer", strconv.Itoa(trailer))
	}
	return hash, maskHash, salt, nil
}

// forbiddenMask returns a problem if the mask generation of RSASSA-PSS has
// another hash than the digest, and otherwise nil.
func (s suite) forbiddenMask() *problem {
	if s.scheme == pss && s.mask != 0 && s.mask != s.digest {
		return refuse(ReasonParametersForbidden, "digest", hashNames[s.digest], "mask", hashNames[s.mask])
	}
	return nil
}

// signatureName returns the name of a signature algorithm for the report. key
// may be nil.
func signatureName(a cms.Algorithm, key any) string {
	switch schemes[a.OID].scheme {
	case pkcs1:
		return "rsa-pkcs1"
	case pss:
		return "rsa-pss"
	case ecdsaScheme:
		if k, ok := key.(*ecdsa.PublicKey); ok && curveName(k) != "" {
			return "ecdsa-" + curveName(k)
		}
		return "ecdsa"
	}
	return a.OID.String()
}
