// Package trust lists the root certificates that may anchor a signature: the
// six that J-LIS publishes, pinned by fingerprint, and those that the user has
// registered after comparing a fingerprint.
//
// It does not validate certificate paths, and it contains no certificates: it
// recognises a pinned root by its SHA-256 fingerprint, wherever the certificate
// comes from. Historical SHA-1 values are for display and never anchors.
//
// The published values and their sources are in docs/card.md §7.
package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"

	"natsuin/fingerprint"
)

// A Usage is the purpose of the certificates under a published root.
type Usage uint8

// The usages. Unless the caller asks for more, only a Sign root anchors
// signatures, because a key under an Auth root signs whatever a server sends at
// login.
const (
	Sign Usage = iota + 1 // 署名用
	Auth                  // 利用者証明用
)

// String returns "sign" or "auth".
func (u Usage) String() string {
	switch u {
	case Sign:
		return "sign"
	case Auth:
		return "auth"
	default:
		return "unknown"
	}
}

// A Root is a published root certificate of the JPKI, identified by its
// fingerprint.
type Root struct {
	Name                string // "signca01" … "authca03"
	SHA256, SHA1        fingerprint.Fingerprint
	NotBefore, NotAfter time.Time // UTC
	Serial              string    // upper-case hexadecimal
	Usage               Usage
}

// published is the table of docs/card.md §7. The dates are those in the
// certificates themselves, to the second.
var published = [...]struct {
	name, sha256, sha1, notBefore, notAfter, serial string
	usage                                           Usage
}{
	{"signca01", "19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355", "952CCDC94DF8F402E08EE56C309D518905E77146", "2015-10-20T02:40:28Z", "2025-10-19T14:59:59Z", "01", Sign},
	{"signca02", "79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB", "8822572DC6D5C4A0DFAC2C9F4C9644DABAF9523E", "2019-09-14T23:41:56Z", "2029-09-14T14:59:59Z", "0132C4AB", Sign},
	{"signca03", "D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F", "C1F62C4D71FE8AE7148A6974653B3927CD2309DB", "2023-07-16T00:50:27Z", "2033-07-15T14:59:59Z", "067C6A21", Sign},
	{"authca01", "4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D", "11D9CC90492B10FCFAD1DAD30865C240983913D0", "2015-10-20T03:08:13Z", "2025-10-19T14:59:59Z", "01", Auth},
	{"authca02", "0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6", "7CB04732A0578C7106F21D80DE64DE9CCD43067C", "2019-09-14T23:41:59Z", "2029-09-14T14:59:59Z", "0133C349", Auth},
	{"authca03", "64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5", "DF05F7C5D2D20EDC5C487F1B2E185BAB0D8D229C", "2023-07-16T01:01:04Z", "2033-07-15T14:59:59Z", "06D18006", Auth},
}

// Published returns the six pinned roots in the order of docs/card.md §7.
func Published() []Root {
	roots := make([]Root, len(published))
	for i := range published {
		roots[i] = rootAt(i)
	}
	return roots
}

// Lookup returns the published root with the SHA-256 fingerprint of cert. It
// does not find a certificate that has only the same name or the same SHA-1
// value.
func Lookup(cert *x509.Certificate) (Root, bool) {
	if cert == nil || len(cert.Raw) == 0 {
		return Root{}, false
	}
	sum := sha256.Sum256(cert.Raw)
	for i, row := range published {
		if bytes.Equal(mustHex(row.sha256), sum[:]) {
			return rootAt(i), true
		}
	}
	return Root{}, false
}

func rootAt(i int) Root {
	row := published[i]
	return Root{
		Name:      row.name,
		SHA256:    fingerprint.Fingerprint{Algorithm: fingerprint.SHA256, Sum: mustHex(row.sha256)},
		SHA1:      fingerprint.Fingerprint{Algorithm: fingerprint.SHA1, Sum: mustHex(row.sha1)},
		NotBefore: mustTime(row.notBefore),
		NotAfter:  mustTime(row.notAfter),
		Serial:    row.serial,
		Usage:     row.usage,
	}
}

// mustHex and mustTime parse the values in the tables of this package. They
// panic on invalid values.
func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("trust: table: " + err.Error())
	}
	return b
}

func mustTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic("trust: table: " + err.Error())
	}
	return t
}
