package sign

import (
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/outcome"
	"natsuin/verify/touki"
)

// PDFOptions holds the flags that apply only to a PDF. --pades selects the form
// like --pdf.
type PDFOptions struct {
	PAdES                           bool
	Profile                         string
	Reason, Location, Contact, Name string
	Field                           string
	Visible                         string
	VisibleAddress                  bool
	Seal                            string
	SealOnly                        bool
	Font                            string
	AllowBroken                     bool
}

func (o *PDFOptions) declare(verb *cobra.Command) {
	f := verb.Flags()
	f.BoolVar(&o.PAdES, "pades", false, "flag.sign.pades")
	f.StringVar(&o.Profile, "profile", "", "flag.sign.profile")
	f.StringVar(&o.Name, "name", "", "flag.sign.name")
	f.StringVar(&o.Reason, "reason", "", "flag.sign.reason")
	f.StringVar(&o.Location, "location", "", "flag.sign.location")
	f.StringVar(&o.Contact, "contact", "", "flag.sign.contact")
	f.StringVar(&o.Field, "field", "", "flag.sign.field")
	f.StringVar(&o.Visible, "visible", "", "flag.sign.visible")
	f.BoolVar(&o.VisibleAddress, "visible-address", false, "flag.sign.visible-address")
	f.StringVar(&o.Seal, "seal", "", "flag.sign.seal")
	f.BoolVar(&o.SealOnly, "seal-only", false, "flag.sign.seal-only")
	f.StringVar(&o.Font, "font", "", "flag.sign.font")
	f.BoolVar(&o.AllowBroken, "allow-broken", false, "flag.sign.allow-broken")
	command.CompleteWords(verb, "profile", touki.Profile)
}

// check returns a usage error for flags that are given without --pdf, exclude
// each other, or have an invalid value.
func (o *PDFOptions) check(r *run) error {
	marks := o.Visible != "" || o.Seal != ""
	for _, f := range []struct {
		flag  string
		given bool
		needs string
		has   bool
	}{
		{"--profile", o.Profile != "", "--pdf", r.form.updates},
		{"--name", o.Name != "", "--pdf", r.form.updates},
		{"--reason", o.Reason != "", "--pdf", r.form.updates},
		{"--location", o.Location != "", "--pdf", r.form.updates},
		{"--contact", o.Contact != "", "--pdf", r.form.updates},
		{"--field", o.Field != "", "--pdf", r.form.updates},
		{"--visible", o.Visible != "", "--pdf", r.form.updates},
		{"--seal", o.Seal != "", "--pdf", r.form.updates},
		{"--allow-broken", o.AllowBroken, "--pdf", r.form.updates},
		{"--seal-only", o.SealOnly, "--seal", o.Seal != ""},
		{"--visible-address", o.VisibleAddress, "--visible", marks},
		{"--font", o.Font != "", "--visible", marks},
	} {
		if f.given && !f.has {
			return outcome.Usage("err.flag.needs", "Flag", f.flag, "Needs", f.needs)
		}
	}
	for _, f := range []struct{ flag, value string }{
		{"--name", o.Name}, {"--reason", o.Reason}, {"--location", o.Location}, {"--contact", o.Contact}, {"--field", o.Field},
	} {
		if !entry(f.value) {
			return outcome.Usage("err.sign.entry", "Flag", f.flag, "Most", maxEntry)
		}
	}
	return o.checkProfile(r)
}

func (o *PDFOptions) checkProfile(r *run) error {
	switch asked := o.Profile == touki.Profile; {
	case o.Profile != "" && !asked:
		return outcome.Usage("err.flag.choice", "Flag", "--profile", "Value", o.Profile, "Known", touki.Profile)
	case asked && o.PAdES:
		return outcome.Usage("err.flags.both", "A", "--profile "+touki.Profile, "B", "--pades")
	case asked && r.opts.Key != "sign":
		return outcome.Usage("err.flags.both", "A", "--profile "+touki.Profile, "B", "--key "+r.opts.Key)
	case asked && !slices.Contains([]string{"", "sha256"}, r.opts.Hash):
		return outcome.Usage("err.flags.both", "A", "--profile "+touki.Profile, "B", "--hash "+r.opts.Hash)
	case o.SealOnly && o.VisibleAddress:
		return outcome.Usage("err.flags.both", "A", "--seal-only", "B", "--visible-address")
	}
	return nil
}

// maxEntry is the greatest length of a text in the signature dictionary, in
// characters.
const maxEntry = 255

// entry reports whether a text can be an entry of the signature dictionary: at
// most maxEntry characters of valid UTF-8 without control characters.
func entry(s string) bool {
	return len([]rune(s)) <= maxEntry && strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, unicode.IsControl)
}
