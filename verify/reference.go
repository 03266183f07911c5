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
)

func hexUpper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// checkSigningCertificate holds the signing-certificate attributes (RFC 2634 5.4, RFC 5035) against the certificate that
// verified the signature. Version 1 knows SHA-1 only: it is compared, never relied upon alone.
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

// matchReference compares the first ESSCertID of a SigningCertificate, which is the signer's, and returns its hash.
func matchReference(value cryptobyte.String, second bool, cert *x509.Certificate) (crypto.Hash, *problem) {
	bad := refuse(ReasonAttributeMalformed)
	var seq, ids, id, want cryptobyte.String
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !value.Empty() ||
		!seq.ReadASN1(&ids, asn1.SEQUENCE) || !ids.ReadASN1(&id, asn1.SEQUENCE) {
		return 0, bad
	}
	hash := crypto.SHA1
	if second {
		hash = crypto.SHA256
		if id.PeekASN1Tag(asn1.SEQUENCE) {
			var raw cryptobyte.String
			if !id.ReadASN1Element(&raw, asn1.SEQUENCE) {
				return 0, bad
			}
			a, ok := cms.ParseAlgorithm(raw)
			if !ok {
				return 0, bad
			}
			var no *problem
			if hash, no = digestOf(a); no != nil {
				return 0, no
			}
		}
	}
	if !id.ReadASN1(&want, asn1.OCTET_STRING) {
		return 0, bad
	}
	d := hash.New()
	d.Write(cert.Raw)
	if got := d.Sum(nil); !bytes.Equal(want, got) {
		return 0, refuse(ReasonOtherCertificate, "attribute", hexUpper(want), "certificate", hexUpper(got))
	}
	if id.Empty() {
		return hash, nil
	}
	var issuerSerial, names cryptobyte.String
	serial := new(big.Int)
	if !id.ReadASN1(&issuerSerial, asn1.SEQUENCE) || !id.Empty() || !issuerSerial.ReadASN1(&names, asn1.SEQUENCE) ||
		!issuerSerial.ReadASN1Integer(serial) || !issuerSerial.Empty() {
		return 0, bad
	}
	if serial.Cmp(cert.SerialNumber) != 0 {
		return 0, refuse(ReasonOtherCertificate, "attribute", serial.Text(16), "certificate", cert.SerialNumber.Text(16))
	}
	return hash, nil
}
