package verify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/name"
	"natsuin/verify/internal/path"
)

func hexUpper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// checkSigningCertificate compares the signing-certificate attributes (RFC 2634
// §5.4, RFC 5035) with the certificate that verified the signature. Version 1
// always uses SHA-1: it must match if it is there, and if it is alone, the
// check passes with a remark.
func checkSigningCertificate(s cms.Signer, cert *x509.Certificate) Check {
	remark := RemarkNoReference
	for _, kind := range []cms.OID{oidSigningCertificate, oidSigningCertificate2} {
		value := attribute(s, kind)
		if value == nil {
			continue
		}
		if cert == nil {
			return notDone(CheckSigningCertificate, ReasonNoCertificate)
		}
		hash, no := matchReference(value, kind == oidSigningCertificate2, cert)
		if no != nil {
			return failed(CheckSigningCertificate, no)
		}
		if hash != crypto.SHA1 {
			remark = ""
		} else if remark == RemarkNoReference {
			remark = RemarkSHA1Reference
		}
	}
	if remark == RemarkNoReference {
		return notDone(CheckSigningCertificate, RemarkNoReference)
	}
	return passed(CheckSigningCertificate, remark)
}

// checkReference is like checkSigningCertificate, but a failure is final only
// if the right certificate cannot be another one: anyone can put a forged copy
// of a certificate into a message. It cannot be another one if a CA at hand has
// signed cert, because a CA uses a serial number once; if the attribute and the
// signer identifier have different issuers or serial numbers; or if the
// certificate that the attribute names is at hand.
func (d *document) checkReference(s cms.Signer, cert *x509.Certificate) Check {
	check := checkSigningCertificate(s, cert)
	if check.Detail != ReasonOtherCertificate || d.origin(cert) == path.Authentic || d.contradicts(s) {
		return check
	}
	check.Result, check.Best = Unclear, Indeterminate
	return check
}

// contradicts reports whether a signing-certificate attribute names another
// issuer or serial number than the signer identifier, or a certificate at hand.
func (d *document) contradicts(s cms.Signer) bool {
	for _, kind := range []cms.OID{oidSigningCertificate, oidSigningCertificate2} {
		value := attribute(s, kind)
		var seq, ids cryptobyte.String
		if value == nil || !value.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1(&ids, asn1.SEQUENCE) {
			continue
		}
		id, no := readCertID(&ids, kind == oidSigningCertificate2)
		if no != nil {
			continue
		}
		if s.Serial != nil && id.serial != nil &&
			(id.serial.Cmp(s.Serial) != 0 || !sameName(id.issuer, s.RawIssuer)) {
			return true
		}
		for _, c := range d.certificates {
			if d.budget.Signatures.Spend(nil, len(c.Raw)) == nil && bytes.Equal(id.digest, hashOf(id.hash, c.Raw)) {
				return true
			}
		}
	}
	return false
}

// matchReference compares the first ESSCertID of a SigningCertificate, which is
// about the signer, and returns its hash. The others and the policies restrict
// nothing here, but must be well formed (RFC 5035).
func matchReference(value cryptobyte.String, second bool, cert *x509.Certificate) (crypto.Hash, *problem) {
	bad := refuse(ReasonAttributeMalformed)
	var seq, ids, policies cryptobyte.String
	var present bool
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !value.Empty() || !seq.ReadASN1(&ids, asn1.SEQUENCE) || ids.Empty() ||
		!seq.ReadOptionalASN1(&policies, &present, asn1.SEQUENCE) || !seq.Empty() || present && !arePolicies(policies) {
		return 0, bad
	}
	var first certID
	for i := 0; !ids.Empty(); i++ {
		id, no := readCertID(&ids, second)
		if i == 0 {
			if no != nil {
				return 0, no
			}
			first = id
		} else if no != nil && no.reason == ReasonAttributeMalformed {
			return 0, no
		}
	}
	return first.hash, first.compare(cert)
}

// certID is an ESSCertID or ESSCertIDv2 (RFC 2634 §5.4.1, RFC 5035 §4). issuer
// and serial are nil if absent.
type certID struct {
	hash   crypto.Hash
	digest []byte
	issuer []byte // a DER Name
	serial *big.Int
}

func readCertID(ids *cryptobyte.String, second bool) (certID, *problem) {
	bad := refuse(ReasonAttributeMalformed)
	id := certID{hash: crypto.SHA1}
	var one, digest cryptobyte.String
	if !ids.ReadASN1(&one, asn1.SEQUENCE) {
		return id, bad
	}
	var forbidden *problem
	if second {
		id.hash = crypto.SHA256
		if one.PeekASN1Tag(asn1.SEQUENCE) {
			var raw cryptobyte.String
			if !one.ReadASN1Element(&raw, asn1.SEQUENCE) {
				return id, bad
			}
			a, ok := cms.ParseAlgorithm(raw)
			if !ok {
				return id, bad
			}
			id.hash, forbidden = digestOf(a)
		}
	}
	if !one.ReadASN1(&digest, asn1.OCTET_STRING) {
		return id, bad
	}
	id.digest = digest
	if one.Empty() {
		return id, forbidden
	}
	// IssuerSerial: the issuer of a certificate is exactly one directoryName.
	var issuerSerial, names, directory, issuer cryptobyte.String
	id.serial = new(big.Int)
	if !one.ReadASN1(&issuerSerial, asn1.SEQUENCE) || !one.Empty() ||
		!issuerSerial.ReadASN1(&names, asn1.SEQUENCE) || !names.ReadASN1(&directory, asn1.Tag(4).ContextSpecific().Constructed()) ||
		!names.Empty() || !directory.ReadASN1Element(&issuer, asn1.SEQUENCE) || !directory.Empty() ||
		!issuerSerial.ReadASN1Integer(id.serial) || !issuerSerial.Empty() {
		return id, bad
	}
	id.issuer = issuer
	return id, forbidden
}

// compare returns how the certificate differs from the one that the attribute
// names, or nil.
func (id certID) compare(cert *x509.Certificate) *problem {
	differs := func(attribute, certificate string) *problem {
		return refuse(ReasonOtherCertificate, "attribute", attribute, "certificate", certificate)
	}
	d := id.hash.New()
	d.Write(cert.Raw)
	if got := d.Sum(nil); !bytes.Equal(id.digest, got) {
		return differs(hexUpper(id.digest), hexUpper(got))
	}
	if id.serial == nil {
		return nil
	}
	if id.serial.Cmp(cert.SerialNumber) != 0 {
		return differs(id.serial.Text(16), cert.SerialNumber.Text(16))
	}
	if !sameName(id.issuer, cert.RawIssuer) {
		return differs(name.Text(id.issuer), name.Text(cert.RawIssuer))
	}
	return nil
}

// sameName reports whether two DER names match (RFC 5280 §7.1). A name that
// cannot be parsed matches only the same bytes.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := name.ParseDN(a)
	if err != nil {
		return false
	}
	y, err := name.ParseDN(b)
	return err == nil && x.Equal(y)
}

// arePolicies reports whether list holds only PolicyInformation (RFC 5280
// §4.2.1.4).
func arePolicies(list cryptobyte.String) bool {
	for !list.Empty() {
		var one, qualifiers cryptobyte.String
		var present bool
		if !list.ReadASN1(&one, asn1.SEQUENCE) || !one.SkipASN1(asn1.OBJECT_IDENTIFIER) ||
			!one.ReadOptionalASN1(&qualifiers, &present, asn1.SEQUENCE) || !one.Empty() {
			return false
		}
	}
	return true
}
