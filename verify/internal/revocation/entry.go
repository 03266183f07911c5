package revocation

import (
	"bytes"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
)

// maxSerial limits a serial number, in bytes. RFC 5280 allows 20.
const maxSerial = 64

// entry is one revoked certificate.
type entry struct {
	revokedAt      time.Time
	reason         Reason
	invalidityDate time.Time
}

// rawEntry is an entry whose extensions have not been read.
type rawEntry struct {
	serial     []byte // contents octets
	revokedAt  time.Time
	extensions cryptobyte.String // contents octets, or nil if absent
}

func readEntry(list *cryptobyte.String) (rawEntry, bool) {
	var in, serial cryptobyte.String
	var e rawEntry
	if !list.ReadASN1(&in, asn1.SEQUENCE) || !in.ReadASN1(&serial, asn1.INTEGER) ||
		len(serial) == 0 || len(serial) > maxSerial || !readTime(&in, &e.revokedAt) {
		return e, false
	}
	e.serial = serial
	if !in.Empty() && (!in.ReadASN1(&e.extensions, asn1.SEQUENCE) || !in.Empty()) {
		return e, false
	}
	return e, true
}

// details reads the extensions of an entry. issuer is nil unless the entry
// names a certificate issuer. known is false if a critical extension is not
// supported.
func (e rawEntry) details() (out entry, issuer []name.General, known, ok bool) {
	out, known = entry{revokedAt: e.revokedAt}, true
	if e.extensions == nil {
		return out, nil, true, true
	}
	ok = readExtensions(e.extensions, func(x extension) bool {
		v := x.value
		switch x.oid {
		case oidReasonCode:
			return readReason(v, &out.reason)
		case oidInvalidityDate:
			return v.ReadASN1GeneralizedTime(&out.invalidityDate) && v.Empty()
		case oidCertificateIssuer:
			if !onlySequence(&v) {
				return false
			}
			var err error
			issuer, err = name.ReadGenerals(v)
			return err == nil
		}
		known = known && !x.critical
		return true
	})
	return out, issuer, known, ok
}

// readReason reads a CRLReason with nothing after it. The value 7 is unused
// (RFC 5280 §5.3.1).
func readReason(in cryptobyte.String, out *Reason) bool {
	var code int
	if !in.ReadASN1Enum(&code) || !in.Empty() {
		return false
	}
	*out = Reason(code)
	_, ok := reasonNames[*out]
	return ok
}

// checkEntries reads every entry once. It checks their structure, and whether
// one has a critical extension that is not supported.
func (c *CRL) checkEntries(version int) error {
	for list := c.entries; !list.Empty(); {
		e, ok := readEntry(&list)
		if !ok || version != 1 && e.extensions != nil {
			return ErrMalformed
		}
		_, issuer, known, ok := e.details()
		if !ok {
			return ErrMalformed
		}
		// A CRL that is not indirect must not name a certificate issuer.
		if !known || issuer != nil && !c.scope.indirect {
			c.unknownCritical = true
		}
	}
	return nil
}

// find returns the last entry for the serial number of a certificate by the
// issuer. In an indirect CRL, an entry belongs to the last certificate issuer
// named before it, or to the issuer of the CRL if there is none (RFC 5280
// §5.3.3).
func (c *CRL) find(issuer name.DN, serial *big.Int) (entry, bool) {
	var found entry
	var hit bool
	want := serialBytes(serial)
	if !c.scope.indirect && !bytes.Contains(c.entries, want) {
		return entry{}, false // no entry has it
	}
	current := c.issuer.Equal(issuer)
	for list := c.entries; !list.Empty(); {
		raw, ok := readEntry(&list)
		if !ok {
			return entry{}, false // cannot happen, since checkEntries has read the entries
		}
		match := bytes.Equal(raw.serial, want)
		if !match && !c.scope.indirect {
			continue
		}
		e, names, _, ok := raw.details()
		if !ok {
			return entry{}, false
		}
		if names != nil {
			current = false
			for _, g := range names {
				current = current || g.Form == name.DirectoryName && g.DN.Equal(issuer)
			}
		}
		if match && current {
			found, hit = e, true
		}
	}
	return found, hit
}

// serialBytes returns the contents octets of an INTEGER.
func serialBytes(serial *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(serial)
	der, err := b.Bytes()
	if err != nil {
		return nil
	}
	var out cryptobyte.String
	in := cryptobyte.String(der)
	in.ReadASN1(&out, asn1.INTEGER)
	return out
}
