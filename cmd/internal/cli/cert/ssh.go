package cert

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
)

// authorizedKey writes a public key as a line of OpenSSH's authorized_keys (RFC
// 4253 §6.6, RFC 5656 §3.1). It is done here because golang.org/x/crypto/ssh, a
// whole client and server, would add a millisecond to the start of every
// command. False: a key that SSH has no name for.
func authorizedKey(public any) (line []byte, ok bool) {
	var name string
	var blob cryptobyte.Builder
	text := func(b []byte) {
		blob.AddUint32LengthPrefixed(func(c *cryptobyte.Builder) { c.AddBytes(b) })
	}
	number := func(n *big.Int) { // positive, so that a high bit needs a zero before it
		text(n.FillBytes(make([]byte, n.BitLen()/8+1)))
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		name = "ssh-rsa"
		text([]byte(name))
		number(big.NewInt(int64(key.E)))
		number(key.N)
	case *ecdsa.PublicKey:
		curve := map[string]string{"P-256": "nistp256", "P-384": "nistp384", "P-521": "nistp521"}[key.Params().Name]
		point, err := key.Bytes()
		if curve == "" || err != nil {
			return nil, false
		}
		name = "ecdsa-sha2-" + curve
		text([]byte(name))
		text([]byte(curve))
		text(point)
	default:
		return nil, false
	}
	return []byte(name + " " + base64.StdEncoding.EncodeToString(blob.BytesOrPanic()) + "\n"), true
}
