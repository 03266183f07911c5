package name

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// A Form is the kind of a GeneralName: its context tag (RFC 5280 §4.2.1.6).
type Form int

// The forms of RFC 5280 §4.2.1.6.
const (
	OtherName Form = iota
	RFC822Name
	DNSName
	X400Address
	DirectoryName
	EDIPartyName
	URI
	IPAddress
	RegisteredID
)

// maxGeneralNames limits the length of a list of general names.
const maxGeneralNames = 4096

// A General is one GeneralName.
type General struct {
	Form Form
	// Value holds the contents octets. DN is set only for a DirectoryName.
	Value []byte
	DN    DN
}

// Equal reports whether two general names match. It compares directory names as
// in RFC 5280 §7.1, and all others byte for byte.
func (g General) Equal(h General) bool {
	if g.Form != h.Form {
		return false
	}
	if g.Form == DirectoryName {
		return g.DN.Equal(h.DN)
	}
	return string(g.Value) == string(h.Value)
}

// ReadGeneral removes one GeneralName from the front of in. The error is
// [ErrMalformed].
func ReadGeneral(in *cryptobyte.String) (General, error) {
	var value cryptobyte.String
	var tag asn1.Tag
	if !in.ReadAnyASN1(&value, &tag) || tag&0xc0 != 0x80 {
		return General{}, ErrMalformed
	}
	g := General{Form: Form(tag & 0x1f), Value: value}
	constructed := tag&0x20 != 0
	switch g.Form {
	case DirectoryName:
		if !constructed {
			return General{}, ErrMalformed
		}
		dn, err := ParseDN(value)
		if err != nil {
			return General{}, err
		}
		g.DN = dn
	case OtherName, X400Address, EDIPartyName:
		if !constructed {
			return General{}, ErrMalformed
		}
	case RFC822Name, DNSName, URI, IPAddress, RegisteredID:
		if constructed {
			return General{}, ErrMalformed
		}
	default:
		return General{}, ErrMalformed
	}
	return g, nil
}

// ReadGenerals parses the contents of a GeneralNames (without its tag and
// length), which has at least one name. The error is [ErrMalformed].
func ReadGenerals(in cryptobyte.String) ([]General, error) {
	var all []General
	for !in.Empty() {
		g, err := ReadGeneral(&in)
		if err != nil {
			return nil, err
		}
		if len(all) == maxGeneralNames {
			return nil, ErrMalformed
		}
		all = append(all, g)
	}
	if len(all) == 0 {
		return nil, ErrMalformed
	}
	return all, nil
}
