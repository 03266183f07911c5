package certtext

import (
	"crypto/x509"
	"strings"

	"natsuin/card"
	"natsuin/cmd/internal/text"
)

// A Holder holds the four basic items of personal data (基本4情報) from a signature
// certificate, for JSON with --personal. Birth is YYYY-MM-DD, or "" if there is
// none, and Sex is the String of a [card.Sex].
type Holder struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Birth   string `json:"birth"`
	Sex     string `json:"sex"`

	Info card.Holder `json:"-"` // the same data, unformatted
}

// HolderOf returns the holder's data, or nil if the certificate has none or
// they are malformed.
func HolderOf(cert *x509.Certificate) *Holder {
	info, err := card.HolderOf(cert)
	if err != nil || info.Empty() {
		return nil
	}
	return &Holder{Name: info.Name, Address: info.Address, Birth: info.Birth.String(), Sex: info.Sex.String(), Info: info}
}

// HasSubstitutes reports whether positions marks at least one substitute
// character.
func HasSubstitutes(positions string) bool { return strings.Contains(positions, "1") }

// MarkSubstitutes returns name, escaped, with each substitute character
// (代替文字) in brackets. positions holds one digit per character of name: 1
// for a substitute, 0 otherwise.
func MarkSubstitutes(name, positions string) string {
	var b strings.Builder
	for i, r := range []rune(name) {
		if i < len(positions) && positions[i] == '1' {
			b.WriteString("[" + text.Escape(string(r)) + "]")
		} else {
			b.WriteString(text.Escape(string(r)))
		}
	}
	return b.String()
}
