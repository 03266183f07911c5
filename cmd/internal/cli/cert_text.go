package cli

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"

	"natsuin/card"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// holder is the 基本4情報 of a signature certificate, for JSON with --personal.
type holder struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Birth   string `json:"birth"`
	Sex     string `json:"sex"`

	info card.Holder
}

// holderOf reads the holder's data, or nil when the certificate holds none.
func holderOf(cert *x509.Certificate) *holder {
	info, err := card.HolderOf(cert)
	if err != nil || info.Empty() {
		return nil
	}
	return &holder{Name: info.Name, Address: info.Address, Birth: info.Birth.String(), Sex: info.Sex.String(), info: info}
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

// keyUsages are the names of RFC 5280 §4.2.1.3.
func keyUsages(cert *x509.Certificate) []string {
	names := []string{}
	for _, u := range usageNames {
		if cert.KeyUsage&u.bit != 0 {
			names = append(names, u.name)
		}
	}
	return names
}

func policies(cert *x509.Certificate) []string {
	list := []string{}
	for _, oid := range cert.Policies {
		list = append(list, oid.String())
	}
	return list
}

// keyName is "rsa-2048", "ecdsa-p384".
func keyName(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ecdsa-" + strings.ToLower(strings.ReplaceAll(key.Curve.Params().Name, "-", ""))
	}
	return cert.PublicKeyAlgorithm.String()
}

// printCertificate is the screen of cert show (証明書表示).
func (a *app) printCertificate(e certEntry, h *holder, practice bool) {
	a.print(a.t("cert.kind." + e.Kind))
	if practice {
		a.print("  " + a.t("practice.mark"))
	}
	a.field("field.subject", text.Escape(e.Subject))
	a.field("field.issuer", text.Escape(e.Issuer))
	a.field("field.serial", e.Serial)
	a.field("field.valid", a.t("field.valid.value", "From", a.stampDate(e.NotBefore), "Until", a.stampDate(e.NotAfter)))
	a.field("field.left", a.leftWords(e))
	if h != nil {
		a.printHolder(h.info)
	}
	if len(e.Usage) > 0 {
		a.field("field.usage", strings.Join(e.Usage, ", "))
	}
	if len(e.Policies) > 0 {
		a.field("field.policies", strings.Join(e.Policies, ", "))
	}
	a.field("field.key", e.Key)
	a.printGroups("field.sha256", e.SHA256)
	a.printGroups("field.sha1", e.SHA1)
	if e.Published != nil {
		a.field("field.published", a.t("field.published.value", "Name", *e.Published))
	}
	a.print("")
}

// leftWords says how long the certificate is good, and why it ends when it ends: on the
// fifth birthday after issue (docs/card.md §6), but for cards with other keys (§9).
func (a *app) leftWords(e certEntry) string {
	if e.DaysLeft < 0 {
		return a.t("cert.ended", "N", -e.DaysLeft)
	}
	id := "cert.left"
	if oneOf(e.Kind, "sign", "auth") && e.Key == "rsa-2048" {
		id = "cert.left.birthday"
	}
	return a.t(id, "N", e.DaysLeft)
}

func (a *app) printHolder(h card.Holder) {
	a.field("field.name", altMarked(h.Name, h.NameAlt))
	a.field("field.address", altMarked(h.Address, h.AddressAlt))
	if h.Birth != (card.Birth{}) {
		a.field("field.birth", a.birthWords(h.Birth))
	}
	if h.Sex != 0 {
		a.field("field.sex", a.t("sex."+h.Sex.String()))
	}
	if strings.Contains(h.NameAlt+h.AddressAlt, "1") {
		a.print("  " + a.t("cert.alt-note"))
	}
	for _, other := range h.Unknown {
		a.field("field.other", other.OID+" = "+text.Escape(other.Value))
	}
}

// printSignerName tells who signed when the verdict vouches for it: before that, anyone
// may have written the name there.
func (a *app) printSignerName(s *verify.Signer) {
	if s.Verdict != verify.Valid {
		return
	}
	if h := holderOf(s.Certificate); h != nil && h.info.Name != "" {
		a.field("verify.name", altMarked(h.info.Name, h.info.NameAlt))
		if strings.Contains(h.info.NameAlt, "1") {
			a.print("  " + a.t("cert.alt-note"))
		}
	}
}

// altMarked puts each character that stands for another one in brackets: the
// positions are one 0 or 1 a character (代替文字).
func altMarked(name, positions string) string {
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

func (a *app) birthWords(b card.Birth) string {
	if !b.Known() || b.EraYear() == 0 {
		return a.t("birth.partial", "ISO", b.String())
	}
	return a.t("birth", "Era", a.t("era."+b.Era.String()), "EraYear", b.EraYear(), "Year", b.Year, "Month", b.Month, "Day", b.Day, "ISO", b.String())
}
