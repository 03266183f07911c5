package path

import (
	"crypto/x509"
	"errors"
	"time"

	"natsuin/verify/internal/sigalg"
)

// validate implements RFC 5280 §6.1 for a chain, leaf first, whose signatures
// have been verified. It checks the dates last, so that a failure about dates
// means that everything else is valid.
func (s *search) validate(chain []*facts) (*Result, *Failure) {
	fail := func(kind Kind, index int, detail string) (*Result, *Failure) {
		f := newFailure(kind, chain, index, detail)
		f.indeterminate = kind == Malformed && index > 0 // another copy may be readable
		return nil, f
	}
	for i := len(chain) - 1; i >= 0; i-- {
		if kind, detail := s.certificate(chain, i); kind != 0 {
			return fail(kind, i, detail)
		}
	}
	if kind, i := s.pathLengths(chain); kind != 0 {
		return fail(kind, i, "")
	}
	if i, err := s.nameConstraints(chain); err != nil {
		if errors.Is(err, errTooMany) {
			return fail(TooComplex, i, err.Error())
		}
		return fail(NameConstraints, i, err.Error())
	}
	policies, failed := s.policies(chain)
	if failed >= 0 {
		return fail(Policy, failed, "")
	}
	at := s.r.At.Truncate(time.Second)
	for i := len(chain) - 1; i >= 0; i-- {
		if i > 0 && i == len(chain)-1 {
			continue // an anchor's own dates are ignored
		}
		if at.After(chain[i].cert.NotAfter) {
			return fail(Expired, i, "")
		}
		if at.Before(chain[i].cert.NotBefore) {
			return fail(NotYetValid, i, "")
		}
	}
	return &Result{Chain: certificates(chain), AnchorIndex: s.anchors[chain[len(chain)-1]], Policies: policies}, nil
}

// certificate checks one certificate by itself, and as the issuer of the one
// below it. It returns zero if it is valid.
func (s *search) certificate(chain []*facts, i int) (Kind, string) {
	f := chain[i]
	if f.unread {
		return TooComplex, "names"
	}
	if err := f.malformed; err != nil && (f.asAnchor != nil || i == 0 || i < len(chain)-1) {
		return Malformed, err.Error()
	}
	if f.unknownCritical != nil {
		return UnknownCritical, f.unknownCritical.String()
	}
	key := f.cert.PublicKey
	if i == 0 { // the caller has verified what the leaf signed
		key, _, _ = sigalg.PublicKey(f.cert)
	}
	if kind := algorithmKind(s.algorithms.Key(key)); kind != 0 {
		return kind, "public key"
	}
	if i < len(chain)-1 { // an anchor's own signature is ignored
		if kind := algorithmKind(s.algorithms.Algorithm(f.cert.SignatureAlgorithm)); kind != 0 {
			return kind, f.cert.SignatureAlgorithm.String()
		}
	}
	if i == 0 {
		return 0, ""
	}
	if !f.isCA() {
		return NotCA, ""
	}
	if f.hasKeyUsage && f.cert.KeyUsage&x509.KeyUsageCertSign == 0 {
		return KeyUsage, ""
	}
	return 0, ""
}

func algorithmKind(err error) Kind {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, sigalg.ErrWeak):
		return WeakAlgorithm
	}
	return UnsupportedAlgorithm
}

// pathLengths implements RFC 5280 §6.1.4 (l) and (m). It does not count
// self-issued certificates and the last certificate. The limit of the anchor
// applies too.
func (s *search) pathLengths(chain []*facts) (Kind, int) {
	left := len(chain)
	for i := len(chain) - 1; i >= 1; i-- {
		f := chain[i]
		if i < len(chain)-1 && !f.selfIssued() {
			if left == 0 {
				return PathLen, i
			}
			left--
		}
		if f.cert.MaxPathLen >= 0 && f.cert.MaxPathLen < left {
			left = f.cert.MaxPathLen
		}
	}
	return 0, 0
}

// nameConstraints implements RFC 5280 §6.1.3 (b) and (c) with §6.1.4 (g). With
// an error, it returns the index of the certificate whose names were being
// checked.
func (s *search) nameConstraints(chain []*facts) (int, error) {
	var above []*constraints
	for i := len(chain) - 1; i >= 0; i-- {
		f := chain[i]
		if i < len(chain)-1 && (i == 0 || !f.selfIssued()) && len(above) > 0 {
			names := f.names()
			for _, c := range above {
				if err := c.check(names, &s.comparisons); err != nil {
					return i, err
				}
			}
		}
		if f.constraints != nil {
			above = append(above, f.constraints)
		}
	}
	return 0, nil
}

// policies computes the policy graph. failed is the index of the certificate at
// which no valid policy was left, or -1.
func (s *search) policies(chain []*facts) (policies []x509.OID, failed int) {
	n := len(chain) - 1
	if n == 0 {
		// The leaf is the anchor, so only its own policies count.
		n = 1
		chain = []*facts{chain[0], chain[0]}
	}
	g := newPolicyGraph(s.r, n)
	for i := 1; i <= n; i++ {
		f := chain[n-i]
		if !g.certificate(f, i) {
			return nil, n - i
		}
		if i < n && !g.prepare(f) {
			return nil, n - i
		}
	}
	policies, ok := g.finish(chain[0], s.r.InitialPolicies)
	if !ok {
		return nil, 0
	}
	return policies, -1
}

func certificates(chain []*facts) []*x509.Certificate {
	out := make([]*x509.Certificate, len(chain))
	for i, f := range chain {
		out[i] = f.cert
	}
	return out
}

func newFailure(kind Kind, chain []*facts, index int, detail string) *Failure {
	return &Failure{Kind: kind, Cert: chain[index].cert, Chain: certificates(chain), Detail: detail}
}
