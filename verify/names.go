package verify

import "natsuin/verify/internal/name"

// NameAttribute is one attribute of a distinguished name, for display. It comes
// from a certificate: escape it.
type NameAttribute struct {
	// Type is the short name, such as "CN", "emailAddress" or
	// "organizationIdentifier", or the dotted form of a type without one.
	Type string
	// Value is the text, or the hexadecimal form of a value that is not text.
	Value string
}

// ReadName reads a DER Name: its relative names in the order of the
// certificate, each with its attributes. It reads every string type of X.520.
// The error says that the bytes are not a Name.
func ReadName(der []byte) ([][]NameAttribute, error) {
	rdns, err := name.Attributes(der)
	if err != nil {
		return nil, err
	}
	out := make([][]NameAttribute, len(rdns))
	for i, rdn := range rdns {
		for _, a := range rdn {
			out[i] = append(out[i], NameAttribute{a.Type(), a.Value})
		}
	}
	return out, nil
}

// FormatName writes relative names as RFC 4514 does, the last one first.
func FormatName(rdns [][]NameAttribute) string {
	list := make([][]name.Attribute, len(rdns))
	for i, rdn := range rdns {
		for _, a := range rdn {
			list[i] = append(list[i], name.Attribute{Short: a.Type, Value: a.Value})
		}
	}
	return name.Format(list)
}

// NameText returns a DER Name as text, or its bytes in hexadecimal if they are
// not a Name.
func NameText(der []byte) string { return name.Text(der) }
