package cert

import (
	"crypto/rsa"
	"strings"

	"natsuin/card"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/text"
)

// printCertificate prints one certificate (証明書表示).
func (r *run) printCertificate(e entry, h *certtext.Holder, practice bool) {
	r.Print(r.T("cert.kind." + e.Kind))
	if practice {
		r.Print("  " + r.T("practice.mark"))
	}
	r.Field("field.subject", text.Escape(e.Subject))
	r.Field("field.issuer", text.Escape(e.Issuer))
	r.Field("field.serial", e.Serial)
	r.Field("field.valid", r.T("field.valid.value", "From", r.Date(e.cert.NotBefore), "Until", r.Date(e.cert.NotAfter)))
	r.Field("field.left", r.leftWords(e))
	if h != nil {
		r.printHolder(h.Info)
	}
	if len(e.Usage) > 0 {
		r.Field("field.usage", strings.Join(e.Usage, ", "))
	}
	if len(e.Policies) > 0 {
		r.Field("field.policies", strings.Join(e.Policies, ", "))
	}
	r.Field("field.key", e.Key)
	r.Groups("field.sha256", e.SHA256)
	r.Groups("field.sha1", e.SHA1)
	if e.Published != nil {
		r.Field("field.published", r.T("field.published.value", "Name", *e.Published))
	}
	r.Print("")
}

// leftWords returns the text that says how many days the certificate is still
// valid, or for how many it has been expired. For a holder's certificate with
// an RSA key of 2048 bits it adds that the date is a birthday (docs/card.md §6,
// §9).
func (r *run) leftWords(e entry) string {
	if e.DaysLeft < 0 {
		return r.T("cert.ended", "N", -e.DaysLeft)
	}
	message := "cert.left"
	if key, ok := e.cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() == 2048 && e.id != e.id.CA() {
		message = "cert.left.birthday"
	}
	return r.T(message, "N", e.DaysLeft)
}

func (r *run) printHolder(h card.Holder) {
	r.Field("field.name", certtext.MarkSubstitutes(h.Name, h.NameAlt))
	r.Field("field.address", certtext.MarkSubstitutes(h.Address, h.AddressAlt))
	if h.Birth != (card.Birth{}) {
		r.Field("field.birth", r.birthWords(h.Birth))
	}
	if h.Sex != 0 {
		r.Field("field.sex", r.T("sex."+h.Sex.String()))
	}
	if certtext.HasSubstitutes(h.NameAlt + h.AddressAlt) {
		r.Print("  " + r.T("cert.alt-note"))
	}
	for _, other := range h.Unknown {
		r.Field("field.other", other.OID+" = "+text.Escape(other.Value))
	}
}

func (r *run) birthWords(b card.Birth) string {
	if !b.Known() || b.EraYear() == 0 {
		return r.T("birth.partial", "ISO", b.String())
	}
	return r.T("birth", "Era", r.T("era."+b.Era.String()), "EraYear", b.EraYear(), "Year", b.Year, "Month", b.Month, "Day", b.Day, "ISO", b.String())
}
