package path

import (
	"bytes"
	"crypto/x509"
	"sync"

	"natsuin/verify/internal/revocation"
	"natsuin/verify/internal/sigalg"
)

// A Cache caches parsed certificates and CRLs, and signature checks, for many
// messages. It never changes a verdict: nothing in it depends on a policy, a
// time or a budget, and each [Budget] spends as if the cache were empty.
// Several goroutines may share one. The zero value is empty.
type Cache struct {
	mu    sync.Mutex
	lists map[place]*revocation.CRL // those of the caller, which are few

	size         int // of the following fields: bytes of DER plus overhead
	certificates map[string]*x509.Certificate
	facts        map[*x509.Certificate]*facts
	places       map[place]bool // of the keys and signed parts of these certificates, and of signed parts of lists
	signatures   map[signature]error
}

// signature is signed bytes, and the key that may have signed them.
type signature struct{ signed, key place }

// The limits of a Cache, in bytes. Everything but its lists is dropped before
// its size exceeds maxCache, and certificates above maxCertificate are not
// cached.
const (
	maxCache       = 1 << 20
	maxCertificate = 64 << 10
	overhead       = 1 << 10 // of one certificate, in bytes
)

// certificate parses a certificate of a message.
func (k *Cache) certificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificate {
		return ParseCertificate(der)
	}
	k.mu.Lock()
	c := k.certificates[string(der)]
	k.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := ParseCertificate(bytes.Clone(der)) // a copy, which does not keep the whole message in memory
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.take(len(der) + overhead)
	k.certificates[string(der)] = c
	return c, nil
}

// factsOf reads a certificate, without the numbers of a Budget. It
// distinguishes copies of a certificate, because the caller may have changed
// the fields of one.
func (k *Cache) factsOf(c *x509.Certificate) *facts {
	k.mu.Lock()
	f := k.facts[c]
	k.mu.Unlock()
	if f != nil {
		return f
	}
	f = newFacts(c)
	if len(c.Raw) > maxCertificate {
		return f
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.take(len(c.Raw) + overhead)
	k.facts[c] = f
	k.places[placeOf(c.RawTBSCertificate)] = true
	k.places[placeOf(c.RawSubjectPublicKeyInfo)] = true
	return f
}

// list parses der, a CRL that the caller gives for every message, unless it is
// cached. It returns a copy for one message, or nil if the CRL is malformed.
func (k *Cache) list(der []byte) *revocation.CRL {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lists == nil {
		k.lists = map[place]*revocation.CRL{}
	}
	list := once(k.lists, der, revocation.ParseCRL)
	if list == nil {
		return nil
	}
	k.take(0)
	k.places[placeOf(list.Signed())] = true
	return list.Copy()
}

// verify is like [sigalg.Verify], but caches the result if places has the
// signed bytes and the key.
func (k *Cache) verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, value []byte) error {
	id := signature{placeOf(signed), placeOf(signer.RawSubjectPublicKeyInfo)}
	k.mu.Lock()
	err, known := k.signatures[id]
	k.mu.Unlock()
	if known {
		return err
	}
	err = sigalg.Verify(signer, a, signed, value)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.places[id.signed] && k.places[id.key] {
		k.take(overhead)
		k.signatures[id] = err
	}
	return err
}

// take reserves n bytes. If they exceed the limit, it first empties the cache.
func (k *Cache) take(n int) {
	if k.size += n; k.size > maxCache || k.facts == nil {
		k.size = n
		k.certificates, k.facts = map[string]*x509.Certificate{}, map[*x509.Certificate]*facts{}
		k.places, k.signatures = map[place]bool{}, map[signature]error{}
	}
}
