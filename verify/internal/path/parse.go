package path

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
)

var (
	idCRLDP = asn1.ObjectIdentifier{2, 5, 29, 31}
	// idHidden is an arc of id-ce that nobody uses, as long as idCRLDP in DER.
	idHidden = asn1.ObjectIdentifier{2, 5, 29, 127}

	derCRLDP  = []byte{0x06, 0x03, 0x55, 0x1d, 0x1f}
	derHidden = []byte{0x06, 0x03, 0x55, 0x1d, 0x7f}
)

// ParseCertificate parses a DER certificate as x509.ParseCertificate does, and
// also those whose CRL distribution points crypto/x509 cannot read
// (nameRelativeToCRLIssuer, RFC 5280 section 4.2.1.13): it is shown a copy in
// which that extension has another name, and the result is put right again.
// Validate reads the extension itself.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err == nil {
		return cert, nil
	}
	if bytes.Count(der, derCRLDP) != 1 || bytes.Contains(der, derHidden) {
		return nil, err
	}
	hidden, second := x509.ParseCertificate(bytes.Replace(der, derCRLDP, derHidden, 1))
	if second != nil {
		return nil, err
	}
	found := false
	for i := range hidden.Extensions {
		if hidden.Extensions[i].Id.Equal(idHidden) {
			hidden.Extensions[i].Id, found = idCRLDP, true
		}
	}
	if !found {
		return nil, err // the bytes were something else
	}
	var critical []asn1.ObjectIdentifier
	for _, id := range hidden.UnhandledCriticalExtensions {
		if !id.Equal(idHidden) {
			critical = append(critical, id)
		}
	}
	hidden.UnhandledCriticalExtensions = critical
	original := bytes.Clone(der)
	at := bytes.Index(hidden.Raw, hidden.RawTBSCertificate)
	hidden.RawTBSCertificate = original[at : at+len(hidden.RawTBSCertificate)]
	hidden.Raw = original
	return hidden, nil
}
