package cli

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/cmd/internal/text"
)

// stamp is a time as JSON says it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// japan is where the certificates' dates are read: the card's own documents state them so.
var japan = time.FixedZone("JST", 9*60*60)

func (a *app) date(t time.Time) string {
	return a.t("date", "Year", t.In(japan).Year(), "Month", int(t.In(japan).Month()), "Day", t.In(japan).Day(), "ISO", t.In(japan).Format("2006-01-02"))
}

// stampDate is the day in Japan of a time that stamp wrote.
func (a *app) stampDate(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return a.date(t)
}

func (a *app) dateTime(t time.Time) string { return t.In(japan).Format("2006-01-02 15:04:05 MST") }

func hexUpper(b []byte) string { return fmt.Sprintf("%X", b) }

func hashName(h crypto.Hash) string {
	return strings.ToLower(strings.ReplaceAll(h.String(), "-", ""))
}

// field prints a name and its value, wrapped under each other to the terminal's width.
func (a *app) field(id, value string) {
	name := a.t(id)
	indent := "  "
	for i, line := range strings.Split(text.Wrap(value, a.env.Streams.Columns()-text.Width(name)-len(indent)-2), "\n") {
		if i > 0 {
			name = strings.Repeat(" ", text.Width(name))
		}
		a.print(indent + name + "  " + line)
	}
}

const underResult = 12 // columns: below the names of checks and probes, right of the results

// printAfter prints a line of which the first columns stay alone when it is broken.
func (a *app) printAfter(columns int, line string) {
	if a.env.Streams.OutIsTerminal {
		line = text.WrapUnder(line, a.env.Streams.Columns(), columns)
	}
	a.print(line)
}

// traced reports each exchange on stderr under -v, secrets redacted by command.
func (a *app) traced(t apdu.Transmitter) apdu.Transmitter {
	if !a.flags.verbose {
		return t
	}
	return apdu.Trace(t, func(line string) { fmt.Fprintln(a.env.Streams.Err, "  "+line) })
}

// changed tells whether a flag of the named command was given.
func (a *app) changed(command, flag string) bool {
	c, _, err := a.root.Find(strings.Fields(command))
	return err == nil && c.Flags().Changed(flag)
}

// completeWords offers the values of a flag to the shell.
func completeWords[T ~string](c *cobra.Command, flag string, words ...T) {
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
}

// printGroups prints a fingerprint in groups of four, aligned under each other.
func (a *app) printGroups(id, hex string) {
	name := a.t(id)
	var list []string
	for i := 0; i < len(hex); i += 4 {
		list = append(list, hex[i:min(i+4, len(hex))])
	}
	lines := text.GroupLines(list, a.env.Streams.Columns()-text.Width(name)-4)
	a.field(id, strings.Join(lines, "\n"))
}

// crlReason words a CRLReason of RFC 5280 §5.3.1.
func (a *app) crlReason(reason string) string {
	if reason == "" {
		reason = "unspecified"
	}
	if id := "crl-reason." + reason; a.out.Has(id) {
		return a.t(id)
	}
	return a.t("crl-reason.other", "Reason", text.Escape(reason))
}

// subject is a certificate's name: distinguishedName, but in JSON without the places in a
// person's name, which are personal data (docs/cli.md, "JSON"), unless --personal asks for
// them. A name with an organization is not a person's.
func (a *app) subject(der []byte) string {
	var name, public pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 || !a.asJSON || a.flags.personal {
		return distinguishedName(der)
	}
	for _, rdn := range name {
		var kept pkix.RelativeDistinguishedNameSET
		for _, value := range rdn {
			switch {
			case value.Type.Equal(idOrganization):
				return distinguishedName(der)
			case !slices.ContainsFunc(placeTypes, value.Type.Equal):
				kept = append(kept, value)
			}
		}
		if len(kept) > 0 {
			public = append(public, kept)
		}
	}
	return public.String()
}

// Attribute types of RFC 4519: organization; locality, state, street, postal code and address.
var (
	idOrganization = asn1.ObjectIdentifier{2, 5, 4, 10}
	placeTypes     = []asn1.ObjectIdentifier{{2, 5, 4, 7}, {2, 5, 4, 8}, {2, 5, 4, 9}, {2, 5, 4, 17}, {2, 5, 4, 16}}
)

// distinguishedName writes a DER Name as RFC 4514 does, an RDN at a time: the order
// and the grouping are the certificate's.
func distinguishedName(der []byte) string {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
		return hexUpper(der)
	}
	return name.String()
}

// kind names the sort of card in words.
func (a *app) kind(t card.Token) string { return a.t("kind." + t.Kind.String()) }

// daysLeft is the whole days from now until a certificate ends; negative after it.
func (a *app) daysLeft(end time.Time) int {
	return int(end.Sub(a.env.Now()).Hours() / 24)
}
