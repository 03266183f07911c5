package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"go.mozilla.org/pkcs7"
)

// SignedData (RFC 5652 §5) as types for encoding/asn1, which writes sets sorted
// and lengths in the shortest form. Data that does not change when it is parsed
// and encoded again is therefore DER, except for the raw values in it.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version          int
		DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated     struct{ Type asn1.ObjectIdentifier }
		Certificates     []asn1.RawValue `asn1:"set,tag:0"`
		Signers          []signerInfo    `asn1:"set"`
	}
	signerInfo struct {
		Version            int
		Issuer             asn1.RawValue
		DigestAlgorithm    pkix.AlgorithmIdentifier
		Attributes         []attribute `asn1:"set,tag:0"`
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
		Unsigned           []attribute `asn1:"optional,set,tag:1"`
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	signingCertificateV2 struct {
		Certs []essCertIDv2
	}
	essCertIDv2 struct {
		Hash   pkix.AlgorithmIdentifier `asn1:"optional"`
		Sum    []byte
		Issuer struct {
			Names  []asn1.RawValue
			Serial *big.Int
		}
	}
)

var oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}

var digestOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA256: pkcs7.OIDDigestAlgorithmSHA256,
	crypto.SHA384: pkcs7.OIDDigestAlgorithmSHA384,
	crypto.SHA512: pkcs7.OIDDigestAlgorithmSHA512,
}

var ecdsaOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA256: pkcs7.OIDDigestAlgorithmECDSASHA256,
	crypto.SHA384: pkcs7.OIDDigestAlgorithmECDSASHA384,
	crypto.SHA512: pkcs7.OIDDigestAlgorithmECDSASHA512,
}

// checkStructure parses envelope strictly, compares the fields that pkcs7
// ignores, and checks that encoding it again gives the same octets.
func (p *Pending) checkStructure(envelope, signature []byte) error {
	ci, err := parseEnvelope(envelope)
	if err != nil {
		return err
	}
	sd := ci.Content
	if len(sd.Signers) != 1 || len(sd.DigestAlgorithms) != 1 {
		return fmt.Errorf("%d signers, %d digest algorithms", len(sd.Signers), len(sd.DigestAlgorithms))
	}
	si := sd.Signers[0]
	switch {
	case !ci.Type.Equal(pkcs7.OIDSignedData), !sd.Encapsulated.Type.Equal(pkcs7.OIDData):
		return fmt.Errorf("content types %v, %v", ci.Type, sd.Encapsulated.Type)
	case sd.Version != 1 || si.Version != 1:
		return fmt.Errorf("versions %d, %d", sd.Version, si.Version)
	case !sameAlgorithm(sd.DigestAlgorithms[0], p.digestAlgorithm()), !sameAlgorithm(si.DigestAlgorithm, p.digestAlgorithm()):
		return errors.New("digest algorithm")
	case !sameAlgorithm(si.SignatureAlgorithm, p.signatureAlgorithm()):
		return errors.New("signature algorithm")
	case len(si.Unsigned) != 0:
		return fmt.Errorf("%d unsigned attributes", len(si.Unsigned))
	case len(si.Attributes) != p.attributeCount():
		return fmt.Errorf("%d signed attributes", len(si.Attributes))
	case !bytes.Equal(si.Signature, signature):
		return errors.New("another signature value")
	}
	for _, a := range si.Attributes {
		if len(a.Values) != 1 {
			return fmt.Errorf("attribute %v with %d values", a.Type, len(a.Values))
		}
	}
	return p.checkCertificates(sd.Certificates)
}

// attributeCount returns how many signed attributes there must be: contentType,
// messageDigest, and those that were not left out.
func (p *Pending) attributeCount() int {
	n := 2
	if !p.time.IsZero() {
		n++
	}
	if p.bound {
		n++
	}
	return n
}

// parseEnvelope parses DER strictly: encoding the result again must give the
// same octets.
func parseEnvelope(envelope []byte) (contentInfo, error) {
	var ci contentInfo
	rest, err := asn1.Unmarshal(envelope, &ci)
	if err != nil {
		return ci, err
	}
	again, err := asn1.Marshal(ci)
	if err != nil {
		return ci, err
	}
	if len(rest) > 0 || !bytes.Equal(again, envelope) {
		return ci, errors.New("not DER")
	}
	return ci, nil
}

// checkCertificates requires exactly the certificates that were given, in any
// order.
func (p *Pending) checkCertificates(found []asn1.RawValue) error {
	if len(found) != len(p.certs) {
		return fmt.Errorf("%d certificates", len(found))
	}
	for _, c := range p.certs {
		same := func(f asn1.RawValue) bool { return bytes.Equal(f.FullBytes, c.Raw) }
		if !slices.ContainsFunc(found, same) {
			return fmt.Errorf("a certificate is missing or changed: %v", c.Subject)
		}
	}
	return nil
}

func (p *Pending) digestAlgorithm() pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: digestOIDs[p.content.Hash]}
}

func (p *Pending) signatureAlgorithm() pkix.AlgorithmIdentifier {
	if _, ok := p.signer.PublicKey.(*ecdsa.PublicKey); ok {
		return pkix.AlgorithmIdentifier{Algorithm: ecdsaOIDs[p.content.Hash]}
	}
	return pkix.AlgorithmIdentifier{Algorithm: pkcs7.OIDEncryptionAlgorithmRSA, Parameters: asn1.NullRawValue}
}

func sameAlgorithm(a, b pkix.AlgorithmIdentifier) bool {
	return a.Algorithm.Equal(b.Algorithm) &&
		a.Parameters.Class == b.Parameters.Class && a.Parameters.Tag == b.Parameters.Tag &&
		bytes.Equal(a.Parameters.Bytes, b.Parameters.Bytes)
}
