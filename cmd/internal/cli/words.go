package cli

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// A verdictError is an outcome that the verb has already shown on stdout: it sets
// the exit code and the JSON code, and prints no error line.
type verdictError struct {
	code  i18n.Code
	id    string
	pairs []any
}

func (e *verdictError) Error() string { return string(e.code) }

// As lets the words of a verdict be found as those of any outcome are.
func (e *verdictError) As(target any) bool {
	t, ok := target.(**i18n.Error)
	if ok {
		*t = &i18n.Error{Code: e.code, ID: e.id, Pairs: e.pairs}
	}
	return ok
}

func isVerdict(err error) bool { return errors.As(err, new(*verdictError)) }

// detail is the chain of causes for -v: status words, PC/SC codes, where it broke. What
// the commands decided themselves is worded already.
func detail(err error) (lines []string) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if _, worded := e.(*i18n.Error); !worded {
			lines = append(lines, strings.Split(fmt.Sprintf("%T: %v", e, e), "\n")...)
		}
	}
	return lines
}

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
	for i, line := range strings.Split(ui.Wrap(value, a.env.Streams.Columns()-ui.Width(name)-len(indent)-2), "\n") {
		if i > 0 {
			name = strings.Repeat(" ", ui.Width(name))
		}
		a.print(indent + name + "  " + line)
	}
}

const underResult = 12 // columns: below the names of checks and probes, right of the results

// printAfter prints a line of which the first columns stay alone when it is broken.
func (a *app) printAfter(columns int, line string) {
	if a.env.Streams.OutIsTerminal {
		line = ui.WrapUnder(line, a.env.Streams.Columns(), columns)
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
	lines := ui.GroupLines(list, a.env.Streams.Columns()-ui.Width(name)-4)
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
	return a.t("crl-reason.other", "Reason", ui.Escape(reason))
}

// subject is a certificate's name: distinguishedName, but in JSON without the places in a
// person's name, which are personal data (docs/cli.md, "JSON"), unless --personal asks for
// them. A name with an organization is not a person's.
func (a *app) subject(der []byte) string {
	name, err := verify.ReadName(der)
	if err != nil || !a.asJSON || a.flags.personal {
		return distinguishedName(der)
	}
	var public [][]verify.NameAttribute
	for _, rdn := range name {
		var kept []verify.NameAttribute
		for _, value := range rdn {
			switch {
			case value.Type == "O":
				return distinguishedName(der)
			case !slices.Contains(placeTypes, value.Type):
				kept = append(kept, value)
			}
		}
		if len(kept) > 0 {
			public = append(public, kept)
		}
	}
	return verify.FormatName(public)
}

// placeTypes are the types of RFC 4519 that say where somebody lives, and those of RFC 3739
// that say when and where somebody was born.
var placeTypes = []string{"L", "ST", "STREET", "POSTALCODE", "postalAddress", "postOfficeBox", "houseIdentifier",
	"dateOfBirth", "placeOfBirth", "gender"}

// distinguishedName writes a DER Name as RFC 4514 does, an RDN at a time: the order
// and the grouping are the certificate's.
func distinguishedName(der []byte) string { return verify.NameText(der) }

// kind names the sort of card in words.
func (a *app) kind(t card.Token) string { return a.t("kind." + t.Kind.String()) }

// daysLeft is the whole days from now until a certificate ends; negative after it.
func (a *app) daysLeft(end time.Time) int {
	return int(end.Sub(a.env.Now()).Hours() / 24)
}
