package virtual

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"time"
)

// digestInfo lists the DigestInfo values that the card accepts, without the
// digest (RFC 8017 §9.2, note 1). SHA-1 dates from the 住民基本台帳カード and is still
// accepted.
var digestInfo = []struct {
	size   int
	prefix []byte
}{
	{20, []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
	{32, []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}},
	{48, []byte{0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30}},
	{64, []byte{0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40}},
}

func wellFormedDigestInfo(b []byte) bool {
	for _, d := range digestInfo {
		if len(b) == len(d.prefix)+d.size && bytes.HasPrefix(b, d.prefix) {
			return true
		}
	}
	return false
}

// sign signs with the selected key. An RSA key pads a DigestInfo by PKCS #1
// v1.5. A P-384 key signs the SHA-384 digest itself (docs/card.md §2, §9).
func (c *Card) sign(cmd command, wellFormed bool, e *Entry) ([]byte, uint16) {
	switch {
	case cmd.p1 != 0x00 || cmd.p2 != 0x80:
		return nil, statusParameters
	case !wellFormed || len(cmd.data) == 0 || cmd.le != 256:
		return nil, statusLength
	case c.session.file == 0:
		return nil, statusNoFile
	}
	cred, ok := keyFile[c.session.file]
	if !ok {
		return nil, statusFileType
	}
	e.Credential = cred
	if !c.session.verified[cred] {
		return nil, statusSecurity
	}
	signature, sw := c.signature(c.state.Slot(cred).Key, cmd.data)
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

func (c *Card) signature(key crypto.Signer, data []byte) ([]byte, uint16) {
	random := c.opts.Rand
	if random == nil {
		random = rand.Reader
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if !wellFormedDigestInfo(data) {
			return nil, statusData
		}
		signature, err := rsa.SignPKCS1v15(random, key, 0, data)
		if err != nil {
			return nil, statusUnknownFault
		}
		return signature, statusOK
	case *ecdsa.PrivateKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(data) != size {
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
