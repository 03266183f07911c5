package cms_test

import (
	"bytes"
	"crypto"
	_ "crypto/sha512"
	"math"
	"testing"
	"time"

	"natsuin/sign/internal/cms"
)

// SHA-256 is the DEFAULT of ESSCertIDv2 (RFC 5035 §4), which DER omits.
func TestHashOfTheCertificateIsNamedUnlessItIsTheDefault(t *testing.T) {
	const arc = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" // followed by one octet for the hash
	for _, c := range []struct {
		hash crypto.Hash
		want string // precedes the octets of the hash
	}{
		{crypto.SHA256, "\x04\x20"},
		{crypto.SHA384, "\x30\x0b" + arc + "\x02" + "\x04\x30"},
		{crypto.SHA512, "\x30\x0b" + arc + "\x03" + "\x04\x40"},
	} {
		cert := certificate("a")
		out, err := cms.Attributes{Hash: c.hash, SigningTime: time.Unix(0, 0), Signer: cert}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		h := c.hash.New()
		h.Write(cert.Raw)
		if !bytes.Contains(out, append([]byte(c.want), h.Sum(nil)...)) {
			t.Errorf("%v: %x", c.hash, out)
		}
		if named := bytes.Contains(out, []byte(arc)); named != (c.hash != crypto.SHA256) {
			t.Errorf("%v: named %v", c.hash, named)
		}
	}
}

// 128 octets are reserved for the headers around the content, in addition to
// the version, the digest algorithms and all that follows the content.
func TestAttachedHasALargestContent(t *testing.T) {
	sd := signedData(t)
	_, after, err := sd.Attached(0)
	if err != nil {
		t.Fatal(err)
	}
	const prefix = 3 + 15
	largest := math.MaxInt64 - int64(prefix+len(after)) - 128
	if before, _, err := sd.Attached(largest); err != nil || len(before) > prefix+128 {
		t.Errorf("%d bytes: %v, %d octets before them", largest, err, len(before))
	}
	if _, _, err := sd.Attached(largest + 1); err == nil {
		t.Errorf("%d bytes were accepted", largest+1)
	}
}
