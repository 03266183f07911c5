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
	mu           sync.Mutex
	lists        map[place]*revocation.CRL
	size         int               // of what follows, in bytes, roughly
	certificates map[string]*facts // by the certificate's bytes
	signed       map[place]bool    // the signed part of each certificate and list
	signatures   map[signature]error
}

// signature is what was signed and the key that may have signed it.
type signature struct {
	signed place
	key    string
}

// maxMemory is where Memory begins anew: real runs meet the same few issuers in
// every message, and need far less.
const maxMemory = 4 << 20

// certificate returns the facts of a certificate, which hold the one copy of it
// that is remembered.
func (m *Memory) certificate(der []byte, parsed *x509.Certificate) (*facts, error) {
	m.mu.Lock()
	f := m.certificates[string(der)]
	m.mu.Unlock()
	if f != nil {
		return f, nil
	}
	if parsed == nil {
		var err error
		if parsed, err = ParseCertificate(bytes.Clone(der)); err != nil {
			return nil, err
		}
	}
	f = newFacts(parsed)
	m.mu.Lock()
	defer m.mu.Unlock()
	if first := m.certificates[string(der)]; first != nil { // somebody else was faster
		return first, nil
	}
	m.take(len(der))
	m.certificates[string(der)] = f
	m.signed[placeOf(f.cert.RawTBSCertificate)] = true
	return f, nil
}

// list returns a list that the caller keeps for all messages; nil means that it is
// none.
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
	m.signed[placeOf(list.Signed())] = true
	return list.Copy()
}

// verify is strength.Verify for a signature that may be known.
func (m *Memory) verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, value []byte) error {
	id := signature{placeOf(signed), string(signer.RawSubjectPublicKeyInfo)}
	m.mu.Lock()
	err, known := m.signatures[id]
	m.mu.Unlock()
	if known {
		return err
	}
	err = strength.Verify(signer, a, signed, value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.signed[id.signed] {
		m.take(len(id.key))
		m.signatures[id] = err
	}
	return err
}

// take makes room for so many bytes.
func (m *Memory) take(n int) {
	if m.size += n; m.size > maxMemory || m.certificates == nil {
		m.size = n
		m.certificates, m.signed, m.signatures = map[string]*facts{}, map[place]bool{}, map[signature]error{}
	}
}
