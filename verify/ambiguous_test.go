package verify_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"natsuin/verify"
)

// The signer is identified by its key alone, and two trusted certificates with
// different names have that key. Their order in the message, which is not
// signed, must not decide which name is shown.
func TestOneKeyInTwoTrustedCertificates(t *testing.T) {
	w := newWorld(t)
	id := func(c *x509.Certificate) { c.SubjectKeyId = []byte{7, 7, 7} }
	key := ecKey(t)
	yamada, sato := issue(t, "Yamada Taro", key, w.root, id), issue(t, "Sato President", key, w.root, id)
	stranger := issue(t, "Stranger", key, issue(t, "nobody", ecKey(t), nil, authority), id)
	byKey := func(s *info) { s.keyID = true }
	certs := [][]byte{yamada.cert.Raw, sato.cert.Raw}
	for range 2 {
		m := by(yamada, byKey)
		m.certs = certs
		r := run(t, m.encode(t), nil, w.policy)
		open(verify.CheckChain, verify.ReasonAmbiguous).hold(t, r)
		if c, _ := r.Signers[0].Check(verify.CheckDates); c.Detail != verify.ReasonAmbiguous {
			t.Errorf("dates: %+v", c)
		}
		if c := r.Signers[0].Certificate; c != nil {
			t.Errorf("named %v", c.Subject)
		}
		m.signers[0].attrs = func(l [][]byte) [][]byte { return append(l, reference(sato.cert)) }
		r = run(t, m.encode(t), nil, w.policy)
		valid.hold(t, r)
		if c := r.Signers[0].Certificate; !c.Equal(sato.cert) {
			t.Errorf("named %v, and the attribute names Sato", c.Subject)
		}
		slices.Reverse(certs)
	}
	m := by(yamada, byKey)
	m.certs = [][]byte{stranger.cert.Raw, yamada.cert.Raw}
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if c := r.Signers[0].Certificate; !c.Equal(yamada.cert) {
		t.Errorf("named %v, whom nobody trusted certified", c.Subject)
	}
}

// The extended key usage of a CA limits what the certificates below it may be
// used for.
func TestExtendedKeyUsageOfACA(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		usages []x509.ExtKeyUsage
		auth   bool
		want   expect
	}{
		"servers":                  {[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, false, open(verify.CheckChain, verify.ReasonChainExtendedUsage)},
		"servers, allowing logins": {[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, true, open(verify.CheckChain, verify.ReasonChainExtendedUsage)},
		"clients":                  {[]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, false, open(verify.CheckChain, verify.ReasonChainExtendedUsage)},
		"clients, allowing logins": {[]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, true, valid},
		"mail and servers":         {[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageEmailProtection}, false, valid},
		"any":                      {[]x509.ExtKeyUsage{x509.ExtKeyUsageAny}, false, valid},
	} {
		t.Run(name, func(t *testing.T) {
			ca := issue(t, "ca", ecKey(t), w.root, func(one *x509.Certificate) { authority(one); one.ExtKeyUsage = c.usages })
			signer := issue(t, "signer", ecKey(t), ca, nil)
			m := by(signer, nil)
			m.certs = append(m.certs, ca.cert.Raw)
			p := w.policy
			p.AllowAuth = c.auth
			c.want.hold(t, run(t, m.encode(t), nil, p))
		})
	}
}
