package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	encoding "encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
)

// maxExtensions limits the extensions of a certificate.
const maxExtensions = 128

// parts holds the parts of a certificate. Its slices of bytes are parts of raw,
// except that known may be noKey.
type parts struct {
	raw, tbs                 []byte
	version, algorithm       []byte // whole elements; version is nil if absent
	issuer, validity         []byte
	subject, key             []byte
	uniqueIDs                []byte // whole elements, unchanged
	serial                   *big.Int
	extensions               []pkix.Extension
	outerAlgorithm, sigValue []byte
	known                    []byte // key, or noKey if crypto/x509 cannot read key
	broken                   string // the part that cannot be split
}

// threeElements reports whether a certificate that crypto/x509 has parsed has
// only the three elements of RFC 5280 §4.1.
func threeElements(der []byte) bool {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	return in.ReadASN1(&body, asn1.SEQUENCE) && body.SkipASN1(asn1.SEQUENCE) &&
		body.SkipASN1(asn1.SEQUENCE) && body.SkipASN1(asn1.BIT_STRING) && body.Empty()
}

// split splits a certificate into its parts. ok is false if der is not a
// SEQUENCE of three elements, or if the first of them lacks a field up to the
// public key. If only the serial number, a unique identifier or the extensions
// cannot be read, ok is true, and p.broken names that part.
func split(der []byte) (p *parts, ok bool) {
	p = &parts{raw: der, serial: new(big.Int)}
	in := cryptobyte.String(der)
	var body, tbs, fields, serial cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !in.Empty() || !body.ReadASN1Element(&tbs, asn1.SEQUENCE) ||
		!body.ReadASN1Element((*cryptobyte.String)(&p.outerAlgorithm), asn1.SEQUENCE) ||
		!body.ReadASN1Element((*cryptobyte.String)(&p.sigValue), asn1.BIT_STRING) || !body.Empty() {
		return nil, false
	}
	p.tbs = tbs
	element := func(to *[]byte, tag asn1.Tag) bool { return fields.ReadASN1Element((*cryptobyte.String)(to), tag) }
	version := asn1.Tag(0).ContextSpecific().Constructed()
	if !tbs.ReadASN1(&fields, asn1.SEQUENCE) || fields.PeekASN1Tag(version) && !element(&p.version, version) ||
		!fields.ReadASN1Element(&serial, asn1.INTEGER) || !element(&p.algorithm, asn1.SEQUENCE) ||
		!element(&p.issuer, asn1.SEQUENCE) || !element(&p.validity, asn1.SEQUENCE) ||
		!element(&p.subject, asn1.SEQUENCE) || !element(&p.key, asn1.SEQUENCE) {
		return nil, false
	}
	if !serial.ReadASN1Integer(p.serial) {
		p.serial, p.broken = new(big.Int), "serial number"
		return p, true
	}
	rest := fields
	for n := uint8(1); n <= 2; n++ {
		if tag := asn1.Tag(n).ContextSpecific(); fields.PeekASN1Tag(tag) && !fields.SkipASN1(tag) {
			p.broken = "unique identifiers"
			return p, true
		}
	}
	p.uniqueIDs = rest[:len(rest)-len(fields)]
	if !fields.Empty() && !p.readExtensions(fields) {
		p.broken = "extensions"
	}
	return p, true
}

// readExtensions reads the [3] EXPLICIT Extensions, each of which may occur
// once.
func (p *parts) readExtensions(fields cryptobyte.String) bool {
	var explicit, list cryptobyte.String
	if !fields.ReadASN1(&explicit, asn1.Tag(3).ContextSpecific().Constructed()) || !fields.Empty() ||
		!explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return false
	}
	seen := make(map[string]bool)
	for !list.Empty() {
		var one, value cryptobyte.String
		var e pkix.Extension
		if !list.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&e.Id) ||
			one.PeekASN1Tag(asn1.BOOLEAN) && !one.ReadASN1Boolean(&e.Critical) ||
			!one.ReadASN1(&value, asn1.OCTET_STRING) || !one.Empty() ||
			seen[e.Id.String()] || len(p.extensions) == maxExtensions {
			return false
		}
		seen[e.Id.String()], e.Value = true, value
		p.extensions = append(p.extensions, e)
	}
	return true
}

// dates returns the validity. A time that cannot be read is zero.
func (p *parts) dates() (from, to time.Time) {
	in := cryptobyte.String(p.validity)
	var both cryptobyte.String
	if in.ReadASN1(&both, asn1.SEQUENCE) && readTime(&both, &from) {
		readTime(&both, &to)
	}
	return from, to
}

func readTime(in *cryptobyte.String, t *time.Time) bool {
	if in.PeekASN1Tag(asn1.UTCTime) {
		return in.ReadASN1UTCTime(t)
	}
	return in.ReadASN1GeneralizedTime(t)
}

// takesVersion reports whether the version is 1, 2 or 3.
func (p *parts) takesVersion() bool {
	in, n := cryptobyte.String(p.version), 0
	var inner cryptobyte.String
	return p.version == nil || in.ReadASN1(&inner, asn1.Tag(0).ContextSpecific().Constructed()) &&
		inner.ReadASN1Integer(&n) && inner.Empty() && n >= 0 && n <= 2
}

// parse calls crypto/x509 for the certificate with these extensions. It
// replaces the names, the serial number and, if crypto/x509 cannot read it, the
// key. It marks optional extensions as not critical, as RFC 5280 requires,
// which does not change the meaning of the certificate.
func (p *parts) parse(extensions []pkix.Extension) (*x509.Certificate, error) {
	if p.known == nil {
		p.known = p.key
		if _, err := x509.ParsePKIXPublicKey(p.key); err != nil {
			p.known = noKey
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(p.version)
			b.AddASN1BigInt(one)
			b.AddBytes(p.algorithm)
			b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {})
			b.AddBytes(p.validity)
			b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {})
			b.AddBytes(p.known)
			b.AddBytes(p.uniqueIDs)
			if len(extensions) > 0 {
				b.AddASN1(asn1.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						for _, e := range extensions {
							addExtension(b, e)
						}
					})
				})
			}
		})
		b.AddBytes(p.outerAlgorithm)
		b.AddBytes(p.sigValue)
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func addExtension(b *cryptobyte.Builder, e pkix.Extension) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(e.Id)
		if e.Critical && !optional(e) {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(e.Value)
	})
}

// noKey is a SubjectPublicKeyInfo with an algorithm that does not exist.
var noKey = func() []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(encoding.ObjectIdentifier{2, 25, 0})
		})
		b.AddASN1BitString(nil)
	})
	return b.BytesOrPanic()
}()

// alternatives reads a subjectAltName.
func alternatives(value cryptobyte.String) ([]name.General, bool) {
	var list cryptobyte.String
	if !value.ReadASN1(&list, asn1.SEQUENCE) || !value.Empty() {
		return nil, false
	}
	names, err := name.ReadGenerals(list)
	return names, err == nil
}
