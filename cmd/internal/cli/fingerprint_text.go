package cli

import (
	"strings"

	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

func (a *app) printFingerprint(e fingerprintEntry) {
	a.print(text.Escape(e.Target))
	if e.Subject != nil {
		a.field("field.subject", text.Escape(*e.Subject))
	}
	a.field("field.valid", a.t("field.valid.value", "From", a.stampDate(e.NotBefore), "Until", a.stampDate(e.NotAfter)))
	a.printGroups("field.sha256", e.SHA256)
	a.printGroups("field.sha1", e.SHA1)
	if e.Published != nil && *e.Published != e.Target {
		a.field("field.published", a.t("field.published.value", "Name", *e.Published))
	}
	a.print("")
}

func (a *app) printHistorical() {
	a.print(a.t("fingerprint.historical"))
	for _, h := range trust.Historical() {
		a.print("  " + a.prefecture(h) + "  " + strings.Join(h.SHA1.Groups(), " "))
	}
}

func (a *app) prefecture(h trust.HistoricalValue) string {
	if a.out.Lang() == "ja" {
		return h.PrefectureJA
	}
	return h.Prefecture
}

// printIfHistorical says whose a value is that nothing is trusted by.
func (a *app) printIfHistorical(value fingerprint.Fingerprint) {
	for _, h := range trust.Historical() {
		if h.SHA1.Equal(value) {
			a.print(a.t("compare.historical", "Prefecture", a.prefecture(h)))
		}
	}
}

// printDifference shows both values in groups of four and says where they part.
func (a *app) printDifference(e fingerprintEntry, want fingerprint.Fingerprint) {
	have := e.prints.Select(want.Algorithm)
	n, _ := fingerprint.Diff(have, want)
	a.print(text.Escape(e.Target))
	a.printGroups("compare.have", have.String())
	a.printGroups("compare.want", want.String())
	a.print(a.t("compare.first", "Number", n, "Have", have.Groups()[n-1], "Want", want.Groups()[n-1]))
}
