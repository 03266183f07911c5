// Package address reads the mail addresses in From fields and in certificates.
//
// It verifies nothing, and knows no other part of a mail.
//
// The rules are those of RFC 5322 §3.4, RFC 8398 and RFC 8550 §3.
package address

import (
	"crypto/x509"
	"encoding/asn1"
	"io"
	"mime"
	"net/mail"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits for From fields: the number of addresses, and the bytes of each field.
const (
	maxAddresses = 16
	maxFrom      = 4 << 10
)

// lenientWords decodes no charset, because only the address next to a name is
// used.
var lenientWords = &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}

// Parse returns the addresses in From fields, without names. It stops at a
// field that is not a list of addresses, or exceeds the limits. Of this field,
// it returns at most 200 bytes, and ok is then false.
func Parse(fields []string) (list []string, ok bool) {
	ok = true
	for _, field := range fields {
		if len(field) > maxFrom {
			return append(list, field[:200]), false
		}
		parsed, err := mail.ParseAddressList(field)
		if err != nil {
			// The address can be read even if the name has an encoding that
			// net/mail does not know.
			parsed, err = (&mail.AddressParser{WordDecoder: lenientWords}).ParseList(field)
		}
		if err != nil || len(list)+len(parsed) > maxAddresses {
			if field = strings.TrimSpace(field); field != "" {
				list = append(list, field[:min(len(field), 200)])
			}
			return list, false
		}
		for _, one := range parsed {
			list = append(list, one.Address)
		}
	}
	return list, ok
}

// Contains reports whether list contains address. As in RFC 5280 §7.5,
// it ignores the case of the host, and compares the rest exactly.
func Contains(list []string, address string) bool {
	at := strings.LastIndexByte(address, '@')
	for _, one := range list {
		if i := strings.LastIndexByte(one, '@'); i >= 0 && at >= 0 && one[:i] == address[:at] && strings.EqualFold(one[i:], address[at:]) {
			return true
		}
	}
	return false
}

var (
	oidEmailAddress   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSMTPUTF8       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

// InCertificate returns the mail addresses in a certificate: rfc822Name
// and SmtpUTF8Mailbox (RFC 8398) of the alternative names, and emailAddress of
// the subject (RFC 8550 §3).
func InCertificate(c *x509.Certificate) []string {
	list := append([]string(nil), c.EmailAddresses...)
	for _, a := range c.Subject.Names {
		if value, ok := a.Value.(string); ok && a.Type.Equal(oidEmailAddress) {
			list = append(list, value)
		}
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(oidSubjectAltName) {
			list = append(list, utf8Mailboxes(e.Value)...)
		}
	}
	return list
}

// utf8Mailboxes returns the SmtpUTF8Mailbox names in a subjectAltName.
func utf8Mailboxes(der cryptobyte.String) (list []string) {
	var names cryptobyte.String
	if !der.ReadASN1(&names, cbasn1.SEQUENCE) {
		return nil
	}
	for !names.Empty() {
		var one, value, text cryptobyte.String
		var tag cbasn1.Tag
		var id asn1.ObjectIdentifier
		if !names.ReadAnyASN1(&one, &tag) {
			return list
		}
		if tag == cbasn1.Tag(0).ContextSpecific().Constructed() && one.ReadASN1ObjectIdentifier(&id) && id.Equal(oidSMTPUTF8) &&
			one.ReadASN1(&value, tag) && value.ReadASN1(&text, cbasn1.UTF8String) {
			list = append(list, string(text))
		}
	}
	return list
}
