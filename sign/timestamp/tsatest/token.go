package tsatest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidType       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidReference  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA1       = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidECDSA1     = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
	oidECDSA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidRSA        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
)

// reply is the answer that will be sent.
type reply struct {
	status    int
	mediaType string
	pkiStatus int
	text      string
	body      []byte
}

// token holds the content of the token that will be sent.
type token struct {
	version      int64
	policy, hash asn1.ObjectIdentifier
	sum          []byte
	serial       int64
	time         time.Time
	accuracy     []byte // DER; nil for none
	nonce        *big.Int
	extensions   []byte // DER

	contentType  asn1.ObjectIdentifier
	certificates []*x509.Certificate
	signer       identity
	named        *x509.Certificate // by signing-certificate-v2
	signers      int
	sha1, spoil  bool
}

// sign makes id the signer.
func (t *token) sign(id identity) {
	t.signer, t.named, t.certificates = id, id.cert, []*x509.Certificate{id.cert}
}

func (a *Authority) must(key crypto.Signer, edit func(*x509.Certificate)) identity {
	id, err := a.issue(a.Now(), key, edit)
	if err != nil {
		panic(err)
	}
	return id
}

// answer answers a request, and rejects one that it cannot read.
func (a *Authority) answer(request []byte, fault Fault) reply {
	out := reply{status: http.StatusOK, mediaType: "application/timestamp-reply"}
	a.serial++
	t := &token{version: 1, policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1}, serial: a.serial, time: a.Now(), contentType: oidTSTInfo, signers: 1}
	t.sign(a.sound)
	if !t.read(request) {
		out.pkiStatus = 2
	}
	if fault.reply != nil {
		fault.reply(a, &out)
	}
	var der []byte
	if out.pkiStatus < 2 {
		if fault.token != nil {
			fault.token(a, t)
		}
		der = t.encode()
	}
	out.body = encoded(func(b *cryptobyte.Builder) { out.add(b, der) })
	if fault.replace != nil {
		out.body = fault.replace(a, out.body)
	}
	return out
}

// read takes the imprint and the nonce from a request, and reports whether it
// could be parsed.
func (t *token) read(request []byte) bool {
	in := cryptobyte.String(request)
	var s, imprint, algorithm, sum cryptobyte.String
	var version int
	if !in.ReadASN1(&s, der.SEQUENCE) || !in.Empty() || !s.ReadASN1Integer(&version) || version != 1 ||
		!s.ReadASN1(&imprint, der.SEQUENCE) || !imprint.ReadASN1(&algorithm, der.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&t.hash) || !imprint.ReadASN1(&sum, der.OCTET_STRING) {
		return false
	}
	t.sum = sum
	if s.PeekASN1Tag(der.OBJECT_IDENTIFIER) && !s.SkipASN1(der.OBJECT_IDENTIFIER) {
		return false
	}
	t.nonce = new(big.Int)
	return s.ReadASN1Integer(t.nonce)
}

func (r *reply) add(b *cryptobyte.Builder, token []byte) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(int64(r.pkiStatus))
			if r.text != "" {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(der.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(r.text)) })
				})
			}
			if r.pkiStatus == 2 { // unacceptedPolicy, bit 15
				b.AddASN1(der.BIT_STRING, func(b *cryptobyte.Builder) { b.AddBytes([]byte{0, 0, 1}) })
			}
		})
		b.AddBytes(token)
	})
}

func (t *token) content() []byte {
	return encoded(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(t.version)
			b.AddASN1ObjectIdentifier(t.policy)
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.hash) })
				b.AddASN1OctetString(t.sum)
			})
			b.AddASN1Int64(t.serial)
			b.AddASN1GeneralizedTime(t.time.UTC().Truncate(time.Second))
			b.AddBytes(t.accuracy)
			if t.nonce != nil {
				b.AddASN1BigInt(t.nonce)
			}
			b.AddBytes(t.extensions)
		})
	})
}

// encode returns the ContentInfo.
func (t *token) encode() []byte {
	content := t.content()
	context0 := der.Tag(0).ContextSpecific().Constructed()
	return encoded(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSignedData)
			b.AddASN1(context0, func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(3)
					b.AddASN1(der.SET, t.addDigest)
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(t.contentType)
						b.AddASN1(context0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
					})
					if t.certificates != nil {
						b.AddASN1(context0, func(b *cryptobyte.Builder) {
							for _, c := range t.certificates {
								b.AddBytes(c.Raw)
							}
						})
					}
					b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
						for range t.signers {
							t.addSigner(b, content)
						}
					})
				})
			})
		})
	})
}

func (t *token) addDigest(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		if t.sha1 {
			b.AddASN1ObjectIdentifier(oidSHA1)
		} else {
			b.AddASN1ObjectIdentifier(oidSHA256)
		}
	})
}

func (t *token) digest(data []byte) ([]byte, crypto.Hash) {
	if t.sha1 {
		s := sha1.Sum(data)
		return s[:], crypto.SHA1
	}
	s := sha256.Sum256(data)
	return s[:], crypto.SHA256
}

func (t *token) addSigner(b *cryptobyte.Builder, content []byte) {
	of, _ := t.digest(content)
	attributes := t.attributes(of)
	signed, hash := t.digest(encoded(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SET, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
	}))
	value, err := t.signer.key.Sign(rand.Reader, signed, hash)
	if err != nil {
		panic(err)
	}
	if t.spoil {
		value[len(value)-1] ^= 1
	}
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(t.signer.cert.RawIssuer)
			b.AddASN1BigInt(t.signer.cert.SerialNumber)
		})
		t.addDigest(b)
		b.AddASN1(der.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			switch _, ec := t.signer.key.(*ecdsa.PrivateKey); {
			case !ec:
				b.AddASN1ObjectIdentifier(oidRSA)
				b.AddASN1NULL()
			case t.sha1:
				b.AddASN1ObjectIdentifier(oidECDSA1)
			default:
				b.AddASN1ObjectIdentifier(oidECDSA256)
			}
		})
		b.AddASN1OctetString(value)
	})
}

// attributes returns the signed attributes, without the header of the set.
func (t *token) attributes(digest []byte) []byte {
	attribute := func(id asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) []byte {
		return encoded(func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(id)
				b.AddASN1(der.SET, value)
			})
		})
	}
	list := [][]byte{
		attribute(oidType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.contentType) }),
		attribute(oidDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
	}
	if t.named != nil {
		sum := sha256.Sum256(t.named.Raw)
		list = append(list, attribute(oidReference, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
				})
			})
		}))
	}
	slices.SortFunc(list, bytes.Compare)
	return slices.Concat(list...)
}

func encoded(add cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	add(&b)
	return b.BytesOrPanic()
}
