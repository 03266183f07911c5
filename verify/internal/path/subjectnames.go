package path

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
)

var (
	idEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	// idSMTPUTF8Mailbox is an otherName to which rfc822Name constraints apply
	// (RFC 9598 §6).
	idSMTPUTF8Mailbox = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

// names returns all names to which name constraints apply: the subject unless
// it is empty, the alternative names, and mailboxes in other places. E-mail
// addresses in the subject count if the alternative names have no rfc822Name
// (RFC 5280 §4.2.1.10).
func (f *facts) names() []name.General {
	var all []name.General
	if len(f.subject) > 0 {
		all = append(all, name.General{Form: name.DirectoryName, DN: f.subject})
	}
	hasMail := false
	for _, g := range f.alternatives {
		all = append(all, g)
		hasMail = hasMail || g.Form == name.RFC822Name
		if g.Form == name.OtherName {
			in := cryptobyte.String(g.Value)
			var id asn1.ObjectIdentifier
			if in.ReadASN1ObjectIdentifier(&id) && id.Equal(idSMTPUTF8Mailbox) {
				// This mailbox cannot be compared, so any mail constraint
				// refuses it.
				all = append(all, name.General{Form: name.RFC822Name})
			}
		}
	}
	if !hasMail {
		all = append(all, mailInSubject(f.cert.RawSubject)...)
	}
	return all
}

func mailInSubject(der []byte) []name.General {
	var out []name.General
	in := cryptobyte.String(der)
	if !in.ReadASN1(&in, cbasn1.SEQUENCE) {
		return nil
	}
	for !in.Empty() {
		var set cryptobyte.String
		if !in.ReadASN1(&set, cbasn1.SET) {
			return out
		}
		for !set.Empty() {
			var attribute, value cryptobyte.String
			var id asn1.ObjectIdentifier
			var tag cbasn1.Tag
			if !set.ReadASN1(&attribute, cbasn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) ||
				!attribute.ReadAnyASN1(&value, &tag) {
				return out
			}
			if id.Equal(idEmailAddress) {
				out = append(out, name.General{Form: name.RFC822Name, Value: value})
			}
		}
	}
	return out
}
