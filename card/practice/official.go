package practice

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
)

// offices are the government's side of the bridge. Bridge and Ministry hold the
// cross-certificate that the authority before them gave; neither has one of its own.
type offices struct {
	Bridge   keyed `json:"bridge"`
	Ministry keyed `json:"ministry"`
	Official keyed `json:"official"`
}

// officialYears is how long the government's certificates are valid.
const officialYears = 3

// Official returns the key of a practice official and the chain of the 官職証明書:
// the official's certificate, the ministry CA's, which the bridge CA issued, the
// bridge CA's, which the practice signature root issued, and that root. Policies are
// mapped from domain to domain on the way, and an explicit policy is required, so
// that RFC 5280, 6.1 succeeds with the practice policy alone.
func (s *Store) Official() (crypto.Signer, []*x509.Certificate, error) {
	var (
		signer crypto.Signer
		chain  []*x509.Certificate
	)
	err := s.update(func(b *state) (err error) {
		if b.Offices == nil || s.closed(b.Offices) {
			if b.Offices, err = s.openOffices(b); err != nil {
				return err
			}
		}
		if signer, err = s.key(b.Offices.Official.Key); err != nil {
			return err
		}
		root := b.Generations[0].Sign.Certificate
		for _, g := range b.Generations {
			bridge, err := s.certificate(b.Offices.Bridge.Certificate)
			if err != nil {
				return err
			}
			candidate, err := s.certificate(g.Sign.Certificate)
			if err != nil {
				return err
			}
			if bridge.CheckSignatureFrom(candidate) == nil {
				root = g.Sign.Certificate
			}
		}
		for _, der := range [][]byte{b.Offices.Official.Certificate, b.Offices.Ministry.Certificate, b.Offices.Bridge.Certificate, root} {
			certificate, err := s.certificate(der)
			if err != nil {
				return err
			}
			chain = append(chain, certificate)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return signer, chain, nil
}

// closed tells whether the official's certificate has ended, so that a new one is due.
func (s *Store) closed(o *offices) bool {
	certificate, err := s.certificate(o.Official.Certificate)
	return err == nil && s.now().After(certificate.NotAfter)
}

func (s *Store) openOffices(b *state) (*offices, error) {
	from, until := s.now(), s.now().AddDate(officialYears, 0, 0)
	roots, err := s.generationFor(b, until)
	if err != nil {
		return nil, err
	}
	root, err := s.issuer(roots.Sign.keyed)
	if err != nil {
		return nil, err
	}
	keys, err := newKeys(rsa2048, rsa2048, rsa2048)
	if err != nil {
		return nil, err
	}
	var o offices
	o.Bridge, err = s.certify(root, request{
		subject: bridgeName, key: keys[0], notBefore: from, notAfter: until,
		usage: authorityUsage, authority: true,
		extensions: []pkix.Extension{policies(), mapping(practicePolicy, bridgePolicy), explicitPolicy()},
	})
	if err != nil {
		return nil, err
	}
	bridge, err := s.issuer(o.Bridge)
	if err != nil {
		return nil, err
	}
	o.Ministry, err = s.certify(bridge, request{
		subject: ministryName, key: keys[1], notBefore: from, notAfter: until,
		usage: authorityUsage, authority: true,
		extensions: []pkix.Extension{policies(bridgePolicy), mapping(bridgePolicy, ministryPolicy)},
	})
	if err != nil {
		return nil, err
	}
	ministry, err := s.issuer(o.Ministry)
	if err != nil {
		return nil, err
	}
	o.Official, err = s.certify(ministry, request{
		subject: officialName, key: keys[2], notBefore: from, notAfter: until,
		usage:      x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		extensions: []pkix.Extension{policies(ministryPolicy)},
	})
	if err != nil {
		return nil, err
	}
	return &o, nil
}
