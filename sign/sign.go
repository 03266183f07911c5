// Package sign creates signatures over files of any size, with a key that may
// be on a card. [Digest] reads the content once, [Prepare] returns what the key
// must sign, and [Pending.Complete] puts the result of the key into a CMS
// SignedData, detached or attached. It returns only signatures that an
// independent implementation has accepted.
//
// [Signature.WithTimeStamp] adds a time-stamp token to a new signature, and
// [Message.WithTimeStamps] to one that exists already.
//
// The package does not access a card, ask for a PIN or open a file or
// connection. It does not check chains, dates or revocation, and does not
// verify signatures or tokens made by others. Package verify does.
//
// The standards are RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 5754
// and RFC 5758 (algorithms), and RFC 8017 §8.2 and SEC 1 §4.1 for bare
// signatures.
package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"natsuin/sign/internal/cms"
)

// Options adjusts a signature. The zero value can be used.
type Options struct {
	// Issuers are CA certificates to include in addition to the signer's.
	// Duplicates, and the signer's own certificate, are ignored.
	Issuers []*x509.Certificate

	// SigningTime is the time at which the signer claims to sign, truncated to
	// the second. Zero means now.
	SigningTime time.Time

	// OmitSigningTime omits the attribute with the time. A PAdES signature must
	// not have it, because the time is in the PDF (ETSI EN 319 142-1 §6.3).
	OmitSigningTime bool

	// OmitSigningCertificate omits signing-certificate-v2, for receivers that
	// know only the attributes of RFC 5652.
	OmitSigningCertificate bool
}

// A Pending is a signature that lacks only the result of the key. [Prepare]
// returns one.
type Pending struct {
	content    Content
	signer     *x509.Certificate
	certs      []*x509.Certificate // the signer's first
	time       time.Time           // zero if omitted
	bound      bool                // signing-certificate-v2 is included
	attributes []byte
	digest     []byte
}

// Prepare determines everything that the signature covers: the digest of the
// content, the time, and the certificate. Every digest is computed with the
// hash of the content (RFC 8933 §3). The error is an [*UnsupportedError] if
// this package cannot sign with the hash or the public key.
func Prepare(content Content, signer *x509.Certificate, opts Options) (*Pending, error) {
	if err := checkArguments(content, signer); err != nil {
		return nil, err
	}
	p := &Pending{
		content: Content{Hash: content.Hash, Sum: slices.Clone(content.Sum), Size: content.Size},
		signer:  signer,
		certs:   unique(append([]*x509.Certificate{signer}, opts.Issuers...)),
		bound:   !opts.OmitSigningCertificate,
	}
	if !opts.OmitSigningTime {
		p.time = opts.SigningTime
		if p.time.IsZero() {
			p.time = time.Now()
		}
		p.time = p.time.UTC().Truncate(time.Second)
	}

	attributes := cms.Attributes{Hash: p.content.Hash, Digest: p.content.Sum, SigningTime: p.time}
	if p.bound {
		attributes.Signer = signer
	}
	var err error
	p.attributes, err = attributes.Marshal()
	if err != nil {
		return nil, fmt.Errorf("prepare: signature: %w", err)
	}
	h := p.content.Hash.New()
	h.Write(p.attributes)
	p.digest = h.Sum(nil)
	return p, nil
}

// Digest returns the digest that the key must sign, with PKCS #1 v1.5 or ECDSA:
// the hash of the DER SET OF signed attributes (RFC 5652 §5.4).
func (p *Pending) Digest() []byte { return slices.Clone(p.digest) }

// Hash returns the hash of [Pending.Digest], to pass to [crypto.Signer].
func (p *Pending) Hash() crypto.Hash { return p.content.Hash }

// Sign signs [Pending.Digest] with key and completes the signature. The error
// wraps that of key, or is one of [Pending.Complete].
func (p *Pending) Sign(key crypto.Signer) (*Signature, error) {
	signature, err := key.Sign(rand.Reader, p.Digest(), p.Hash())
	if err != nil {
		return nil, fmt.Errorf("sign: attributes: %w", err)
	}
	return p.Complete(signature)
}

// Complete builds the SignedData around signature and checks it. signature is a
// PKCS #1 v1.5 signature as long as the modulus, or a DER ECDSA-Sig-Value. If a
// check fails, the error is a [*CheckError] and there is no [Signature].
// Complete is safe for concurrent use.
func (p *Pending) Complete(signature []byte) (*Signature, error) {
	data, err := cms.New(cms.Signer{
		Hash:        p.content.Hash,
		Certificate: p.signer,
		Attributes:  p.attributes,
		Signature:   signature,
	}, p.certs)
	if err != nil {
		return nil, fmt.Errorf("complete: signature: %w", err)
	}
	envelope := data.Detached()
	if err := p.check(envelope, signature); err != nil {
		return nil, err
	}
	return &Signature{content: p.content, value: slices.Clone(signature), data: data, detached: envelope}, nil
}

func checkArguments(content Content, signer *x509.Certificate) error {
	if !cms.Supported(content.Hash) {
		return &UnsupportedError{What: "hash", Name: content.Hash.String()}
	}
	if len(content.Sum) != content.Hash.Size() || content.Size < 0 {
		return fmt.Errorf("prepare: signature: digest of %d bytes over %d bytes is not one of %v",
			len(content.Sum), content.Size, content.Hash)
	}
	if signer == nil || len(signer.Raw) == 0 {
		return fmt.Errorf("prepare: signature: no certificate")
	}
	switch key := signer.PublicKey.(type) {
	case *rsa.PublicKey:
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
		return &UnsupportedError{What: "curve", Name: key.Curve.Params().Name}
	default:
		return &UnsupportedError{What: "public key", Name: fmt.Sprintf("%T", key)}
	}
}

// unique returns certs in the same order, without nils and duplicates.
func unique(certs []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, c := range certs {
		same := func(o *x509.Certificate) bool { return bytes.Equal(o.Raw, c.Raw) }
		if c != nil && !slices.ContainsFunc(out, same) {
			out = append(out, c)
		}
	}
	return out
}
