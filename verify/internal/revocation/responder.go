package revocation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// byOCSP returns the answer of one response. NotChecked means that the response
// is about other certificates. nonce is the one that was sent, or nil.
func (k *Checker) byOCSP(ctx context.Context, r *Response, cert, issuer *x509.Certificate, nonce []byte) Answer {
	s := r.about(cert, issuer)
	if s == nil {
		return Answer{}
	}
	if r.unknownCritical || s.unknownCritical {
		return unknown(Gap{AnswerRefused, "OCSP: a critical extension is not understood"})
	}
	fetched := nonce != nil
	if fetched && r.nonce == nil { // the response may have been prepared in advance (RFC 5019 §4)
		nonce = nil
	}
	if nonce != nil && !bytes.Equal(nonce, r.nonce) {
		return unknown(Gap{AnswerNonce, "OCSP: the response has another nonce than ours"})
	}
	signer, why := k.responder(ctx, r, issuer)
	if signer == nil {
		return unknown(why)
	}
	if r.producedAt.After(k.limit()) || s.thisUpdate.After(k.limit()) {
		return unknown(Gap{AnswerFuture, "OCSP: the response is from after the clock's time"})
	}
	if !k.recent(s, nonce != nil) {
		return unknown(Gap{AnswerOutOfDate, "OCSP: the response is not for the reference time"})
	}
	if nonce != nil && r.producedAt.Add(skew).Before(k.now()) {
		return unknown(Gap{AnswerOutOfDate, "OCSP: the response was produced before it was asked for"})
	}
	if fetched && nonce == nil && s.status != Revoked && !k.current(s) {
		return unknown(Gap{AnswerOutOfDate, "OCSP: the response has no nonce, and is not current"})
	}
	answer := Answer{Status: s.status, Source: FromOCSP}
	switch {
	case s.status == Revoked:
		answer = revokedBy(s.entry, FromOCSP)
	case s.status == Unknown:
		return unknown(Gap{AnswerUnknown, "OCSP: the responder does not know the certificate"})
	case dropped(cert, s.thisUpdate, s.archiveCutoff):
		return unknown(Gap{AnswerRefused, "OCSP: the certificate had expired, so good proves nothing"})
	case nonce == nil || !s.nextUpdate.IsZero(): // a response with our nonce is current even without an end
		answer.Until, answer.Stale = k.stale(s.thisUpdate, s.nextUpdate)
	}
	answer.SHA1, answer.Weak = tolerated(signer, issuer, r.algorithm)
	answer.NoNonce = fetched && nonce == nil
	return answer
}

// current reports whether a status that was prepared in advance may answer our
// request: it says when newer information will be available, and that time has
// not come yet (RFC 5019 §4).
func (k *Checker) current(s *single) bool {
	return !s.nextUpdate.IsZero() && !s.nextUpdate.Add(skew).Before(k.now())
}

// longest is how much older than the reference time a status without an end may
// be, in a response with our nonce. By RFC 6960 §4.2.2.1, newer information is
// then always available.
const longest = 7 * 24 * time.Hour

// recent reports whether a status is suitable for the reference time. asked
// reports whether the response has our nonce.
func (k *Checker) recent(s *single, asked bool) bool {
	if asked && s.nextUpdate.IsZero() {
		return !s.thisUpdate.After(k.limit()) && !s.thisUpdate.Add(longest).Before(k.At)
	}
	return k.covers(s.thisUpdate, s.nextUpdate)
}

// about returns the status of cert, or nil. If there are several, it returns
// the newest.
func (r *Response) about(cert, issuer *x509.Certificate) *single {
	key := publicKeyBits(issuer)
	serial := serialBytes(cert.SerialNumber)
	var found *single
	for i := range r.singles {
		s := &r.singles[i]
		if s.hash == 0 || !bytes.Equal(s.serial, serial) || !bytes.Equal(s.keyHash, digest(s.hash, key)) {
			continue
		}
		// The hash may be over the name as in the certificate, or as in its
		// issuer's.
		if !bytes.Equal(s.nameHash, digest(s.hash, cert.RawIssuer)) &&
			!bytes.Equal(s.nameHash, digest(s.hash, issuer.RawSubject)) {
			continue
		}
		if found == nil || s.thisUpdate.After(found.thisUpdate) {
			found = s
		}
	}
	return found
}

func digest(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

// publicKeyBits returns the subjectPublicKey without tag, length and unused
// bits, which CertIDs and responder IDs hash.
func publicKeyBits(c *x509.Certificate) (bits []byte) {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	_ = in.ReadASN1(&in, cbasn1.SEQUENCE) && in.SkipASN1(cbasn1.SEQUENCE) && in.ReadASN1BitStringAsBytes(&bits)
	return bits
}

// responder returns the signer of the response: a certificate with the issuer's
// key, or a responder that the issuer has certified with this key (RFC 6960
// §4.2.2.2). If there is none, it returns nil and the reason.
func (k *Checker) responder(ctx context.Context, r *Response, issuer *x509.Certificate) (*x509.Certificate, Gap) {
	why := Gap{AnswerSigner, "OCSP: the responder's certificate is not at hand"}
	refuse := func(cause Cause, err error) { why = Gap{cause, "OCSP: " + err.Error()} }
	candidates := append([]*x509.Certificate{issuer}, r.certs...)
	if r.responderName != nil {
		candidates = append(candidates, k.Named(r.responderName)...)
	}
	for _, c := range candidates {
		if !r.names(c) {
			continue
		}
		if err := k.Verify(c, r.algorithm, r.tbs, r.signature); err != nil {
			refuse(AnswerSigner, err)
			if errors.Is(err, sigalg.ErrSignature) {
				why.Cause = AnswerSignature
			}
			continue
		}
		if err := k.allowed(c, r.algorithm); err != nil {
			refuse(AnswerSigner, err)
			continue
		}
		if bytes.Equal(c.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) {
			return c, Gap{}
		}
		err := k.delegate(ctx, c, issuer, r.producedAt)
		if err == nil {
			return c, Gap{}
		}
		refuse(AnswerSigner, err)
	}
	return nil, why
}

// names reports whether the responder ID is that of the certificate.
func (r *Response) names(c *x509.Certificate) bool {
	if r.responderName != nil {
		dn, err := name.ParseDN(c.RawSubject)
		return err == nil && dn.Equal(r.responderName)
	}
	sum := sha1.Sum(publicKeyBits(c))
	return bytes.Equal(sum[:], r.responderKey)
}

// errDelegate is wrapped by most errors from delegate.
var errDelegate = errors.New("the responder was not appointed by the issuer")

// delegate returns nil if the issuer has authorised the responder c: c is
// signed with the issuer's key, is for OCSPSigning, was valid when it responded
// or, if that is later, at the reference time, and is not revoked.
func (k *Checker) delegate(ctx context.Context, c, issuer *x509.Certificate, producedAt time.Time) error {
	above, err := name.ParseDN(c.RawIssuer)
	if err != nil {
		return errDelegate
	}
	subject, err := name.ParseDN(issuer.RawSubject)
	if err != nil || !above.Equal(subject) {
		return errDelegate
	}
	if err := k.Verify(issuer, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		return fmt.Errorf("%w: %w", errDelegate, err)
	}
	if err := k.allowed(issuer, c.SignatureAlgorithm); err != nil {
		return err
	}
	if !mayAnswer(c) {
		return fmt.Errorf("%w: its certificate is not for OCSPSigning", errDelegate)
	}
	for _, id := range c.UnhandledCriticalExtensions {
		if contents(id) != oidOCSPNoCheck {
			return fmt.Errorf("%w: unknown critical extension", errDelegate)
		}
	}
	t := producedAt
	if k.At.After(t) {
		t = k.At
	}
	if t.Before(c.NotBefore) || t.After(c.NotAfter) {
		return errors.New("the responder's certificate was not valid then")
	}
	if hasExtension(c, oidOCSPNoCheck) {
		return nil
	}
	// RFC 6960 §4.2.2.2.1: the status must be checked if the certificate says
	// how. Otherwise it is enough that no CRL at hand lists it.
	answer := k.byCRL(ctx, c, issuer)
	named := len(c.OCSPServer) > 0 || hasExtension(c, oidCRLDP)
	if answer.Status == Revoked || named && answer.Status != Good {
		return fmt.Errorf("the responder's own certificate is %s", answer.Status)
	}
	return nil
}

// mayAnswer reports whether the key usage and the extended key usage of a
// certificate allow it to sign responses.
func mayAnswer(c *x509.Certificate) bool {
	if hasExtension(c, oidKeyUsage) && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return false
	}
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning)
}
