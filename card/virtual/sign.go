package virtual

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"
)

// sha256Info is the DigestInfo of a SHA-256 digest, without the digest (RFC
// 8017 §9.2, note 1).
var sha256Info = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

const (
	sha256Size = 32
	// pkcs1Overhead is the least number of bytes by which the data must be
	// shorter than the modulus (RFC 8017 §9.2).
	pkcs1Overhead = 11
)

// sign signs with the key that is selected or named in P2. With an RSA key it
// pads any data (P1 00), or the DigestInfo of a SHA-256 digest (P1 02), by PKCS
// #1 v1.5. With a P-384 key it signs the SHA-384 digest itself (docs/card.md
// §2, §9, §12).
func (c *Card) sign(cmd command, wellFormed bool, e *Entry) ([]byte, uint16) {
	switch {
	case (cmd.p1 != signData && cmd.p1 != signHash) || !c.refersToFile(cmd.p2):
		return nil, statusParameters
	case !wellFormed || len(cmd.data) == 0 || cmd.le != 256:
		return nil, statusLength
	}
	if sw := c.enterReferred(cmd.p2); sw != statusOK {
		return nil, sw
	}
	cred, ok := keyFile[c.session.file]
	if !ok {
		return nil, statusFileType
	}
	e.Credential = cred
	if !c.session.verified[cred] {
		return nil, statusSecurity
	}
	signature, sw := c.signature(c.state.Slot(cred).Key, cmd.p1, cmd.data)
	if sw != statusOK {
		return nil, sw
	}
	if c.opts.SignatureTime > 0 {
		time.Sleep(c.opts.SignatureTime)
	}
	e.Outcome = Signed
	if c.opts.ChainAnswers {
		c.session.pending = signature
		return nil, more(len(signature))
	}
	return signature, statusOK
}

func (c *Card) signature(key crypto.Signer, p1 byte, data []byte) ([]byte, uint16) {
	random := c.opts.Rand
	if random == nil {
		random = rand.Reader
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		switch {
		case p1 == signHash && len(data) != sha256Size:
			return nil, statusLength
		case p1 == signHash:
			data = slices.Concat(sha256Info, data)
		case len(data) > key.Size()-pkcs1Overhead:
			return nil, statusLength
		}
		signature, err := rsa.SignPKCS1v15(random, key, 0, data)
		if err != nil {
			return nil, statusUnknownFault
		}
		return signature, statusOK
	case *ecdsa.PrivateKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		switch {
		case p1 != signData:
			return nil, statusParameters
		case len(data) != size:
			return nil, statusData
		}
		der, err := key.Sign(random, data, crypto.SHA384)
		if err != nil {
			return nil, statusUnknownFault
		}
		if c.opts.DERSignatures {
			return der, statusOK
		}
		var value struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &value); err != nil {
			return nil, statusUnknownFault
		}
		raw := make([]byte, 2*size)
		value.R.FillBytes(raw[:size])
		value.S.FillBytes(raw[size:])
		return raw, statusOK
	}
	return nil, statusUnknownFault
}
