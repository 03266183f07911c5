package policy

import (
	"fmt"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// Reason returns the text for a reason of verify.
func Reason(p *i18n.Printer, id verify.Reason) string {
	if key := "reason." + string(id); p.Has(key) {
		return p.T(key)
	}
	return text.Escape(string(id))
}

// CRLReason returns the text for a CRLReason of RFC 5280 §5.3.1. An empty
// reason means unspecified.
func CRLReason(p *i18n.Printer, reason string) string {
	if reason == "" {
		reason = "unspecified"
	}
	if id := "crl-reason." + reason; p.Has(id) {
		return p.T(id)
	}
	return p.T("crl-reason.other", "Reason", text.Escape(reason))
}

// An Anchor is the JSON object of a root.
type Anchor struct {
	Kind   verify.AnchorKind `json:"kind"`
	Name   string            `json:"name"`
	SHA256 string            `json:"sha256"`
}

// AnchorOf returns the JSON object of a root, or nil if a is nil.
func AnchorOf(a *verify.AnchorInfo) *Anchor {
	if a == nil {
		return nil
	}
	return &Anchor{a.Kind, a.Name, fmt.Sprintf("%X", a.SHA256[:])}
}
