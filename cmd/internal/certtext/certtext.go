// Package certtext formats the contents of a certificate: names, key usages,
// the kind of key and the holder's personal data.
//
// It does not check a certificate. Package verify does.
package certtext

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"natsuin/verify"
)

// Name formats a DER Name as in RFC 4514, but with the RDNs in the order of the
// certificate.
func Name(der []byte) string { return verify.NameText(der) }

// Subject is like [Name], but unless personal is set, it omits the places, the
// birth and the gender from the name of a person (docs/cli.md, "JSON"). A name
// with an organization is not that of a person.
func Subject(der []byte, personal bool) string {
	name, err := verify.ReadName(der)
	if err != nil || personal {
		return Name(der)
	}
	var public [][]verify.NameAttribute
	for _, rdn := range name {
		var kept []verify.NameAttribute
		for _, value := range rdn {
			switch {
			case value.Type == "O":
				return Name(der)
			case !slices.Contains(placeTypes, value.Type):
				kept = append(kept, value)
			}
		}
		if len(kept) > 0 {
			public = append(public, kept)
		}
	}
	return verify.FormatName(public)
}

// placeTypes lists the attribute types of RFC 4519 for an address, and those of
// RFC 3739 for the birth and the gender.
var placeTypes = []string{
	"L", "ST", "STREET", "POSTALCODE", "postalAddress", "postOfficeBox", "houseIdentifier",
	"dateOfBirth", "placeOfBirth", "gender",
}

var usageNames = []struct {
	bit  x509.KeyUsage
	name string
}{
	{x509.KeyUsageDigitalSignature, "digitalSignature"},
	{x509.KeyUsageContentCommitment, "nonRepudiation"},
	{x509.KeyUsageKeyEncipherment, "keyEncipherment"},
	{x509.KeyUsageDataEncipherment, "dataEncipherment"},
	{x509.KeyUsageKeyAgreement, "keyAgreement"},
	{x509.KeyUsageCertSign, "keyCertSign"},
	{x509.KeyUsageCRLSign, "cRLSign"},
	{x509.KeyUsageEncipherOnly, "encipherOnly"},
	{x509.KeyUsageDecipherOnly, "decipherOnly"},
}

// KeyUsages returns the key usages by their names in RFC 5280 §4.2.1.3.
func KeyUsages(cert *x509.Certificate) []string {
	names := []string{}
	for _, u := range usageNames {
		if cert.KeyUsage&u.bit != 0 {
			names = append(names, u.name)
		}
	}
	return names
}

// Policies returns the OIDs of the certificate policies in dotted notation.
func Policies(cert *x509.Certificate) []string {
	list := []string{}
	for _, oid := range cert.Policies {
		list = append(list, oid.String())
	}
	return list
}

// KeyName returns the kind and size of a key, such as "rsa-2048" or
// "ecdsa-p384".
func KeyName(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ecdsa-" + strings.ToLower(strings.ReplaceAll(key.Curve.Params().Name, "-", ""))
	}
	return cert.PublicKeyAlgorithm.String()
}

// DaysLeft returns the number of whole days from now to end. It is negative
// once end has passed.
func DaysLeft(end, now time.Time) int { return int(math.Floor(end.Sub(now).Hours() / 24)) }
