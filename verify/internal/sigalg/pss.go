package sigalg

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"math/big"
)

// VerifyPSS implements RSASSA-PSS-VERIFY (RFC 8017 §8.1.2, §9.1.2) for a digest
// made with hash. mask is the hash of the mask generation, and salt the exact
// length of the salt in octets. crypto/rsa cannot be used, because it takes the
// length 0 to mean any length. The key must be computable, and the signature as
// long as its modulus.
func VerifyPSS(key *rsa.PublicKey, hash, mask crypto.Hash, salt int, digest, signature []byte) bool {
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
	unused := byte(0xFF) << (8 - (size*8 - emBits)) // the bits that must be 0
	if em[size-1] != 0xBC || db[0]&unused != 0 {
		return false
	}
	maskMGF1(db, mask, h)
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
