package cli_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"natsuin/cmd/internal/cli"
)

// A commandRow holds the arguments with which the tests of all commands run a
// command: one line per run, with single spaces between arguments. FILE stands
// for a file that exists.
type commandRow struct {
	// asks are runs that ask for the signature password and send it to the
	// card. It is empty if the command never does.
	asks []string
	// opens are runs that open FILE before anything else that can block. OTHER
	// stands for another file.
	opens []string
	// misuses are usage errors, at least one for each command.
	misuses []string
}

// commandRows has a row for every command.
var commandRows = map[string]commandRow{
	"": {misuses: []string{"hlep", ""}},
	"sign": {
		asks: []string{"sign --yes FILE"},
		opens: []string{
			"sign --yes FILE", "sign --yes --pin-from file:FILE OTHER", "sign --yes --pdf FILE",
			"sign --yes --timestamp http://127.0.0.1:9/ --tsa-ca FILE OTHER",
		},
		misuses: []string{
			"sign", "sign -x", "sign --foo", "sign --json=zz", "sign --min-tries x f", "sign --min-tries 9 f", "sign --reader", "sign -o",
			"sign --=", "sign ---", "sign --wait x f",
		},
	},
	"verify": {
		opens: []string{
			"verify FILE", "verify --ca FILE FILE", "verify --cert FILE FILE", "verify --crl FILE FILE", "verify --tsa-ca FILE FILE",
			"verify --content FILE FILE",
		},
		misuses: []string{"verify --at zz x.p7s"},
	},
	"timestamp": {
		opens: []string{
			"timestamp --timestamp http://127.0.0.1:9/ --force FILE",
			"timestamp --timestamp http://127.0.0.1:9/ --tsa-ca FILE --force OTHER",
		},
		misuses: []string{"timestamp", "timestamp f", "timestamp --timestamp x --force f"},
	},
	"fingerprint": {
		asks:    []string{"fingerprint sign"},
		opens:   []string{"fingerprint FILE"},
		misuses: []string{"fingerprint --compare x"},
	},
	"pin":        {misuses: []string{"pin", "pin foo"}},
	"pin status": {misuses: []string{"pin status foo"}},
	"pin change": {
		asks:    []string{"pin change sign"},
		opens:   []string{"pin change sign --pin-from file:FILE"},
		misuses: []string{"pin change", "pin change foo", "pin change sign auth"},
	},
	"cert": {misuses: []string{"cert", "cert foo"}},
	"cert show": {
		asks:    []string{"cert show sign"},
		misuses: []string{"cert show foo"},
	},
	"cert export": {
		asks:    []string{"cert export sign"},
		misuses: []string{"cert export"},
	},
	"validity": {
		asks:    []string{"validity"},
		opens:   []string{"validity --crl FILE", "validity --ca FILE"},
		misuses: []string{"validity foo"},
	},
	"trust":             {misuses: []string{"trust"}},
	"trust list":        {misuses: []string{"trust list foo"}},
	"trust add":         {opens: []string{"trust add FILE"}, misuses: []string{"trust add"}},
	"trust remove":      {misuses: []string{"trust remove"}},
	"doctor":            {misuses: []string{"doctor extra"}},
	"practice":          {misuses: []string{"practice"}},
	"practice issue":    {misuses: []string{"practice issue --birth x"}},
	"practice show":     {misuses: []string{"practice show foo"}},
	"practice unlock":   {misuses: []string{"practice unlock x"}},
	"practice renew":    {misuses: []string{"practice renew foo"}},
	"practice revoke":   {misuses: []string{"practice revoke --reason x"}},
	"practice crl":      {misuses: []string{"practice crl foo"}},
	"practice ocsp":     {misuses: []string{"practice ocsp foo"}},
	"practice tsa":      {misuses: []string{"practice tsa foo"}},
	"practice official": {misuses: []string{"practice official"}},
	"practice serve":    {misuses: []string{"practice serve foo"}},
	"practice reset":    {misuses: []string{"practice reset foo"}},
	"version":           {misuses: []string{"version foo"}},
	"completion":        {misuses: []string{"completion", "completion csh"}},
	"help":              {misuses: []string{"help nothing"}},
}

// arguments splits a line of a [commandRow], and replaces FILE and OTHER.
func arguments(line, file, other string) []string {
	args := strings.Split(line, " ")
	for i, arg := range args {
		args[i] = strings.NewReplacer("FILE", file, "OTHER", other).Replace(arg)
	}
	return args
}

// lines returns the lines of all rows, in the order of the commands' names.
func lines(of func(commandRow) []string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(commandRows)) {
		all = append(all, of(commandRows[name])...)
	}
	return all
}

func asks(r commandRow) []string    { return r.asks }
func opens(r commandRow) []string   { return r.opens }
func misuses(r commandRow) []string { return r.misuses }

// commands returns the arguments that lead to each command, such as "pin",
// "status".
func commands(t *testing.T) [][]string {
	t.Helper()
	root, _, err := cli.Reference("en")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	var visit func(cli.Page)
	visit = func(p cli.Page) {
		all = append(all, strings.Fields(p.Name)[1:])
		for _, sub := range p.Commands {
			visit(sub)
		}
	}
	visit(root)
	return all
}

func TestEveryCommandHasARow(t *testing.T) {
	unused := maps.Clone(commandRows)
	for _, command := range commands(t) {
		name := strings.Join(command, " ")
		delete(unused, name)
		if len(commandRows[name].misuses) == 0 {
			t.Errorf("commandRows has no row with a usage error for %q", name)
		}
	}
	for name := range unused {
		t.Errorf("%q is not a command", name)
	}
}
