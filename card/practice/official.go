package practice

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
)

// offices holds two authorities of the government and an official. The
// certificates of Bridge and Ministry are cross-certificates from the authority
// above, not self-signed ones.
type offices struct {
	Bridge   keyed `json:"bridge"`
	Ministry keyed `json:"ministry"`
	Official keyed `json:"official"`
}

// officialYears is how long the government's certificates are valid.
const officialYears = 3

// Official returns the key of a practice official and the chain of the
// 官職証明書. The chain begins with the official's certificate; the ministry
// CA, the bridge CA and the practice signature root follow, each the issuer of
// the one before. The chain maps policies from domain to domain and requires an
// explicit policy, so that path validation for the practice policy has to
// follow the mappings (RFC 5280 §6.1).
func (s *Store) Official() (crypto.Signer, []*x509.Certificate, error) {
	var (
		signer crypto.Signer
		chain  []*x509.Certificate
	)
	err := s.update(func(st *state) (err error) {
		if st.Offices == nil || s.closed(st.Offices) {
			if st.Offices, err = s.openOffices(st); err != nil {
				return err
			}
		}
		if signer, err = s.key(st.Offices.Official.Key); err != nil {
			return err
		}
		root := st.Generations[0].Sign.Certificate
		for _, g := range st.Generations {
			bridge, err := s.certificate(st.Offices.Bridge.Certificate)
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
		for _, der := range [][]byte{st.Offices.Official.Certificate, st.Offices.Ministry.Certificate, st.Offices.Bridge.Certificate, root} {
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

// closed reports whether the official's certificate has expired.
func (s *Store) closed(o *offices) bool {
	certificate, err := s.certificate(o.Official.Certificate)
	return err == nil && s.now().After(certificate.NotAfter)
}

func (s *Store) openOffices(st *state) (*offices, error) {
	from, until := s.now(), s.now().AddDate(officialYears, 0, 0)
	roots, err := s.generationFor(st, until)
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
