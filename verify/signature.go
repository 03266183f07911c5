package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"math/big"

	"natsuin/verify/internal/sigalg"
)

// verify reports whether signature is a signature of the digest by the key.
// Whether the key is allowed is left to keyProblem, but RSA keys under 1024
// bits, and keys that take too long, verify nothing.
func (s suite) verify(key any, digest, signature []byte) bool {
	if len(digest) != s.digest.Size() || !sigalg.Computable(key) || !s.fits(key, signature) {
		return false
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.scheme == pss {
			return verifyPSS(k, s, digest, signature)
		}
		// It compares the whole encoded block, with a NULL in the DigestInfo.
		return rsa.VerifyPKCS1v15(k, s.digest, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, signature)
	}
	return false
}

// fits reports whether a signature value can be one by the key. The key must be
// computable.
func (s suite) fits(key any, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return (s.scheme == pkcs1 || s.scheme == pss) && len(signature) == k.Size()
	default:
		return s.scheme == ecdsaScheme && len(signature) <= 150 // P-521: two INTEGERs of 66 octets
	}
}

// verifyPSS implements RSASSA-PSS-VERIFY (RFC 8017 §8.1.2, §9.1.2) with a salt
// of exactly that many octets. crypto/rsa cannot be used, since it takes a
// length of 0 to mean any.
func verifyPSS(key *rsa.PublicKey, s suite, digest, signature []byte) bool {
	hash, salt := s.digest, s.salt
	value := new(big.Int).SetBytes(signature)
	if value.Cmp(key.N) >= 0 {
		return false
	}
	value.Exp(value, big.NewInt(int64(key.E)), key.N)
	emBits := key.N.BitLen() - 1
	size, hLen := (emBits+7)/8, hash.Size()
	if value.BitLen() > size*8 || size < hLen+salt+2 {
		return false
	}
	em := value.FillBytes(make([]byte, size))
	db, h := em[:size-hLen-1], em[size-hLen-1:size-1]
	unused := byte(0xFF) << (8 - (size*8 - emBits)) // bits that must be 0
	if em[size-1] != 0xBC || db[0]&unused != 0 {
		return false
	}
	maskMGF1(db, s.mask, h)
	db[0] &^= unused
	zeros := len(db) - salt - 1
	for _, b := range db[:zeros] {
		if b != 0 {
			return false
		}
	}
	if db[zeros] != 1 {
		return false
	}
	d := hash.New()
	d.Write(make([]byte, 8))
	d.Write(digest)
	d.Write(db[zeros+1:])
	return bytes.Equal(d.Sum(nil), h)
}

// maskMGF1 XORs b with the output of MGF1 (RFC 8017 §B.2.1).
func maskMGF1(b []byte, hash crypto.Hash, seed []byte) {
	var counter [4]byte
	for n := uint32(0); len(b) > 0; n++ {
		binary.BigEndian.PutUint32(counter[:], n)
		d := hash.New()
		d.Write(seed)
		d.Write(counter[:])
		for i, m := range d.Sum(nil) {
			if i == len(b) {
				break
			}
			b[i] ^= m
		}
		b = b[min(len(b), hash.Size()):]
	}
}

// publicKey returns the key of a certificate. If it is restricted to
// RSASSA-PSS, the suite must use the hash that the restriction names, if any,
// and a salt that is no shorter (RFC 4055 §3.3); otherwise publicKey returns
// nil.
func publicKey(cert *x509.Certificate, s suite) any {
	key, restriction, restricted := sigalg.PublicKey(cert)
	if !restricted {
		return key
	}
	if s.scheme != pss {
		return nil
	}
	if len(restriction) > 0 {
		hash, mask, salt, no := pssParameters(restriction)
		if no != nil || hash != s.digest || mask != s.mask || s.salt < salt {
			return nil
		}
	}
	return key
}
