package path

import (
	"bytes"
	"crypto/x509"
	"sync"

	"natsuin/verify/internal/path/strength"
	"natsuin/verify/internal/revocation"
)

// Memory is what certificates and lists say, and which keys signed them, found
// out once for many messages. Works share it, also at the same time. Nothing in it
// depends on a policy, a time or what may still be spent, and each Work spends as
// if it were empty: it changes no answer, only how soon it comes. The zero value
// is empty.
type Memory struct {
	mu    sync.Mutex
	lists map[place]*revocation.CRL // the caller's, of every run: they are few

	size         int // of the certificates below, in bytes of DER and overhead
	certificates map[string]*x509.Certificate
	facts        map[*x509.Certificate]*facts
	places       map[place]bool // what was signed and the keys, of all of these
	signatures   map[signature]error
}

// signature is what was signed and the key that may have signed it.
type signature struct{ signed, key place }

// What Memory holds before it begins anew, and what it does not even take in. Real
// runs meet a few issuers and some signers; what was made of their certificates is
// some ten times as long as they are.
const (
	maxMemory      = 1 << 20
	maxCertificate = 64 << 10
	overhead       = 1 << 10 // of one certificate, however short
)

// certificate parses a certificate of a message.
func (m *Memory) certificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificate {
		return ParseCertificate(der)
	}
	m.mu.Lock()
	c := m.certificates[string(der)]
	m.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := ParseCertificate(bytes.Clone(der)) // not the message as a whole
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.take(len(der) + overhead)
	m.certificates[string(der)] = c
	return c, nil
}

// factsOf reads a certificate, without the numbers of a Work. A copy of it is
// another: its owner may have changed what it says.
func (m *Memory) factsOf(c *x509.Certificate) *facts {
	m.mu.Lock()
	f := m.facts[c]
	m.mu.Unlock()
	if f != nil {
		return f
	}
	f = newFacts(c)
	if len(c.Raw) > maxCertificate {
		return f
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.take(len(c.Raw) + overhead)
	m.facts[c] = f
	m.places[placeOf(c.RawTBSCertificate)] = true
	m.places[placeOf(c.RawSubjectPublicKeyInfo)] = true
	return f
}

// list returns a list that the caller keeps for all messages, for one of them; nil
// means that it is none.
func (m *Memory) list(der []byte) *revocation.CRL {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lists == nil {
		m.lists = map[place]*revocation.CRL{}
	}
	list := once(m.lists, der, revocation.ParseCRL)
	if list == nil {
		return nil
	}
	m.take(0)
	m.places[placeOf(list.Signed())] = true
	return list.Copy()
}

// verify is strength.Verify for a signature that may be known.
func (m *Memory) verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, value []byte) error {
	id := signature{placeOf(signed), placeOf(signer.RawSubjectPublicKeyInfo)}
	m.mu.Lock()
	err, known := m.signatures[id]
	m.mu.Unlock()
	if known {
		return err
	}
	err = strength.Verify(signer, a, signed, value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.places[id.signed] && m.places[id.key] {
		m.take(overhead)
		m.signatures[id] = err
	}
	return err
}

// take makes room for so many bytes.
func (m *Memory) take(n int) {
	if m.size += n; m.size > maxMemory || m.facts == nil {
		m.size = n
		m.certificates, m.facts = map[string]*x509.Certificate{}, map[*x509.Certificate]*facts{}
		m.places, m.signatures = map[place]bool{}, map[signature]error{}
	}
}
