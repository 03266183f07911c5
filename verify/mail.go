package verify

import (
	"crypto/x509"
	"encoding/asn1"
	"io"
	"mime"
	"net/mail"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// Mail describes the parts of a mail around the signed part. The verdict is
// about the signed part alone.
type Mail struct {
	// From is the address in the From field of the message with the signed
	// part, or several separated by commas, or "". It is not signed, and it
	// comes from the mail: escape it.
	From string
	// FromInCertificate reports whether each address of From is in the
	// certificate of a signer, compared as in RFC 8550 §3. It is nil if there
	// is nothing to compare.
	FromInCertificate *bool
	// Uncovered lists the parts that no signature covers.
	Uncovered []Uncovered
}

// An Uncovered is a part of a mail that no signature covers.
type Uncovered string

// The parts, in the order of Mail.Uncovered.
const (
	// UncoveredHeaders: From, Subject, Date and all other fields, which are
	// never covered.
	UncoveredHeaders Uncovered = "headers"
	// UncoveredBefore and UncoveredAfter: text or other parts before or after
	// the signed part.
	UncoveredBefore Uncovered = "text-before"
	UncoveredAfter  Uncovered = "text-after"
	// UncoveredSecond: another message or signed part, which was not judged.
	UncoveredSecond Uncovered = "second-message"
)

// mail sets the part of the report about the mail around a message.
func (r *Report) mail(m *cms.Mail) {
	if m == nil {
		return
	}
	out := &Mail{Uncovered: []Uncovered{UncoveredHeaders}}
	for _, part := range []struct {
		there bool
		id    Uncovered
	}{{m.Before, UncoveredBefore}, {m.After, UncoveredAfter}, {m.Second, UncoveredSecond}} {
		if part.there {
			out.Uncovered = append(out.Uncovered, part.id)
		}
	}
	from, ok := addresses(m.From)
	out.From = strings.Join(from, ", ")
	var known []string
	for _, s := range r.Signers {
		if s.Certificate != nil {
			known = append(known, certificateAddresses(s.Certificate)...)
		}
	}
	if len(from) > 0 && len(known) > 0 {
		for _, address := range from {
			ok = ok && containsAddress(known, address)
		}
		out.FromInCertificate = &ok
	}
	r.Mail = out
}

// Limits for From fields: the number of addresses, and the bytes of each field.
const (
	maxAddresses = 16
	maxFrom      = 4 << 10
)

// lenientWords decodes no charset, because only the address next to a name is
// used.
var lenientWords = &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}

// addresses returns the addresses in From fields, without names. A field that
// is not a list of addresses is returned unchanged, and ok is then false.
func addresses(fields []string) (list []string, ok bool) {
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

// containsAddress reports whether list contains address. As in RFC 5280 §7.5,
// it ignores the case of the host, and compares the rest exactly.
func containsAddress(list []string, address string) bool {
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

// certificateAddresses returns the mail addresses in a certificate: rfc822Name
// and SmtpUTF8Mailbox (RFC 8398) of the alternative names, and emailAddress of
// the subject (RFC 8550 §3).
func certificateAddresses(c *x509.Certificate) []string {
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
