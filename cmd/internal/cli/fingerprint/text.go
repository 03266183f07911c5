package fingerprint

import (
	"strings"

	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

func (r *run) printFingerprint(e entry) {
	r.Print(text.Escape(e.Target))
	if e.Subject != nil {
		r.Field("field.subject", text.Escape(*e.Subject))
	}
	r.Field("field.valid", r.T("field.valid.value", "From", r.Date(e.notBefore), "Until", r.Date(e.notAfter)))
	r.Groups("field.sha256", e.SHA256)
	r.Groups("field.sha1", e.SHA1)
	if e.Published != nil && *e.Published != e.Target {
		r.Field("field.published", r.T("field.published.value", "Name", *e.Published))
	}
	r.Print("")
}

func (r *run) printHistorical() {
	r.Print(r.T("fingerprint.historical"))
	for _, h := range trust.Historical() {
		r.Print("  " + r.prefecture(h) + "  " + strings.Join(h.SHA1.Groups(), " "))
	}
}

func (r *run) prefecture(h trust.HistoricalValue) string {
	return r.T("prefecture", "Kanji", h.PrefectureJA, "Romaji", h.Prefecture)
}

// printIfHistorical prints which certificate had this fingerprint, if it is a
// historical one. A historical fingerprint never makes a certificate trusted.
func (r *run) printIfHistorical(value fingerprint.Fingerprint) {
	for _, h := range trust.Historical() {
		if h.SHA1.Equal(value) {
			r.Print(r.T("compare.historical", "Prefecture", r.prefecture(h)))
		}
	}
}
