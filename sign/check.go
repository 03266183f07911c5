package sign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"go.mozilla.org/pkcs7"
)

// check checks the finished envelope with independent code. encoding/asn1
// parses it strictly and encodes it again, because pkcs7 ignores errors inside
// a SignedData and does not read versions. Then go.mozilla.org/pkcs7 finds the
// signer and the attributes and verifies the signature. The content is not
// needed, because its digest is known and pkcs7 returns the one in the
// attribute.
func (p *Pending) check(envelope, signature []byte) error {
	if err := p.checkStructure(envelope, signature); err != nil {
		return &CheckError{Check: CheckStructure, Err: err}
	}
	p7, err := pkcs7.Parse(envelope)
	if err != nil {
		return &CheckError{Check: CheckStructure, Err: err}
	}
	if found := p7.GetOnlySigner(); found == nil || !bytes.Equal(found.Raw, p.signer.Raw) {
		return &CheckError{Check: CheckCertificate, Err: errors.New("the signer found is not the certificate given")}
	}
	if err := p.checkAttributes(p7); err != nil {
		return &CheckError{Check: CheckAttributes, Err: err}
	}
	if err := verifyAttributes(p7); err != nil {
		return &CheckError{Check: CheckSignature, Err: err}
	}
	return nil
}

// checkAttributes compares the attributes with the prepared ones. There are no
// others, because [Pending.checkStructure] has counted them.
func (p *Pending) checkAttributes(p7 *pkcs7.PKCS7) error {
	var digest []byte
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeMessageDigest, &digest); err != nil {
		return err
	}
	if !bytes.Equal(digest, p.content.Sum) {
		return &pkcs7.MessageDigestMismatchError{ExpectedDigest: digest, ActualDigest: p.content.Sum}
	}
	var contentType asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &contentType); err != nil {
		return err
	}
	if !contentType.Equal(pkcs7.OIDData) {
		return fmt.Errorf("content type %v", contentType)
	}
	if !p.time.IsZero() {
		var at time.Time
		if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &at); err != nil {
			return err
		}
		if !at.Equal(p.time) {
			return fmt.Errorf("signing time %v", at)
		}
	}
	if !p.bound {
		return nil
	}
	var bound signingCertificateV2
	if err := p7.UnmarshalSignedAttribute(oidSigningCertificateV2, &bound); err != nil {
		return err
	}
	return p.checkBinding(bound)
}

// checkBinding compares signing-certificate-v2 with the signer's certificate
// (RFC 5035 §4).
func (p *Pending) checkBinding(bound signingCertificateV2) error {
	if len(bound.Certs) != 1 {
		return fmt.Errorf("signing certificate: %d entries", len(bound.Certs))
	}
	b := bound.Certs[0]
	var sum []byte
	if len(b.Hash.Algorithm) == 0 { // the DEFAULT
		s := sha256.Sum256(p.signer.Raw)
		sum = s[:]
	} else if b.Hash.Algorithm.Equal(digestOIDs[p.content.Hash]) {
		h := p.content.Hash.New()
		h.Write(p.signer.Raw)
		sum = h.Sum(nil)
	}
	if sum == nil || !bytes.Equal(b.Sum, sum) {
		return errors.New("signing certificate: another hash")
	}
	if b.Issuer.Serial.Cmp(p.signer.SerialNumber) != 0 || len(b.Issuer.Names) != 1 ||
		!bytes.Equal(b.Issuer.Names[0].Bytes, p.signer.RawIssuer) {
		return errors.New("signing certificate: another issuer or serial number")
	}
	return nil
}

// verifyAttributes makes pkcs7 verify the signature over the attributes that it
// parsed. pkcs7 always hashes the content first, which is not available here.
// So verifyAttributes passes the attributes as the content, and a signer
// without attributes: pkcs7 then verifies the same signature over the same
// octets, with the same certificate and algorithm.
func verifyAttributes(p7 *pkcs7.PKCS7) error {
	attributes, err := asn1.MarshalWithParams(p7.Signers[0].AuthenticatedAttributes, "set")
	if err != nil {
		return err
	}
	p7.Content = attributes
	p7.Signers[0].AuthenticatedAttributes = nil
	return p7.Verify()
}

// CheckRaw verifies a bare signature over the content itself, without
// attributes, with the key of the certificate: PKCS #1 v1.5 (RFC 8017 §8.2.2)
// or ECDSA in DER (SEC 1 §4.1.4). A caller that signs content.Sum, for an XML
// signature for example, must call CheckRaw before it releases the signature.
// The error is a [*CheckError], an [*UnsupportedError], or another error if the
// content or the certificate is incomplete.
func CheckRaw(content Content, signer *x509.Certificate, signature []byte) error {
	if err := checkArguments(content, signer); err != nil {
		return err
	}
	var err error
	switch key := signer.PublicKey.(type) {
	case *rsa.PublicKey:
		err = rsa.VerifyPKCS1v15(key, content.Hash, content.Sum, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(key, content.Sum, signature) {
			err = errors.New("ecdsa: verification error")
		}
	}
	if err != nil {
		return &CheckError{Check: CheckSignature, Err: err}
	}
	return nil
}
