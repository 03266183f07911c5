package depcheck_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "natsuin/"
	root   = "../../.." // the root of the module, relative to this package
)

// rooms lists the packages of the command that a verb may import. It may not
// import another verb.
var rooms = []string{
	"cmd/internal/access", "cmd/internal/certtext", "cmd/internal/command", "cmd/internal/comparison", "cmd/internal/console",
	"cmd/internal/fonts", "cmd/internal/i18n", "cmd/internal/infile", "cmd/internal/outcome", "cmd/internal/outfile", "cmd/internal/policy", "cmd/internal/queue",
	"cmd/internal/terminal", "cmd/internal/text", "cmd/internal/timestamping",
}

// imports lists which packages of the project a package may import, except in
// its tests. If a package has no row of its own, the longest matching row
// applies. A row or an entry that ends in /... also matches all packages below.
var imports = map[string][]string{
	"cmd/natsuin": {"cmd/internal/cli"},
	"cmd/gendocs": {"cmd/internal/cli", "cmd/internal/i18n"},

	// Packages that import none of the command's, or only those above them.
	"cmd/internal/depcheck": {},
	"cmd/internal/nodump":   {},
	"cmd/internal/folders":  {},
	"cmd/internal/fonts":    {},
	"cmd/internal/outfile":  {},
	"cmd/internal/pdftest":  {},
	"cmd/internal/queue":    {},
	"cmd/internal/text":     {},
	"cmd/internal/terminal": {"cmd/internal/text"},

	// Errors, their messages, and the output.
	"cmd/internal/outcome": {"cmd/internal/outfile", "cmd/internal/terminal", "cmd/internal/text",
		"card/...", "sign/...", "verify/...", "fingerprint"},
	"cmd/internal/i18n":    {"cmd/internal/outcome", "cmd/internal/text"},
	"cmd/internal/console": {"cmd/internal/i18n", "cmd/internal/outcome", "cmd/internal/outfile", "cmd/internal/terminal", "cmd/internal/text"},

	// What the verbs share. None of it imports a verb.
	"cmd/internal/infile":   {"cmd/internal/outcome", "cmd/internal/text", "verify"},
	"cmd/internal/certtext": {"cmd/internal/text", "card", "verify"},
	"cmd/internal/access": {"cmd/internal/console", "cmd/internal/infile", "cmd/internal/outcome", "cmd/internal/queue",
		"cmd/internal/terminal", "cmd/internal/text", "card/..."},
	"cmd/internal/command":    {"cmd/internal/access", "cmd/internal/console", "cmd/internal/folders", "cmd/internal/outcome"},
	"cmd/internal/comparison": {"cmd/internal/console", "cmd/internal/infile", "cmd/internal/outcome", "cmd/internal/text", "fingerprint"},
	"cmd/internal/policy": {"cmd/internal/access", "cmd/internal/command", "cmd/internal/i18n", "cmd/internal/infile", "cmd/internal/outcome",
		"cmd/internal/text", "verify/..."},
	"cmd/internal/timestamping": {"cmd/internal/certtext", "cmd/internal/command", "cmd/internal/console", "cmd/internal/infile",
		"cmd/internal/outcome", "cmd/internal/policy", "cmd/internal/text", "sign/timestamp", "verify", "fingerprint"},

	// The verbs, and the package that puts them together.
	"cmd/internal/cli/...": append(slices.Clone(rooms), "card/...", "sign/...", "verify/...", "fingerprint"),
	"cmd/internal/cli": append(slices.Clone(rooms), "cmd/internal/cli/...", "cmd/internal/folders", "cmd/internal/nodump", "cmd/internal/terminal",
		"card/pcsc"),

	"fingerprint": {},

	"card":                {"card/apdu"},
	"card/apdu":           {},
	"card/pcsc":           {"card/apdu"},
	"card/pcsc/pcscdtest": {"card/pcsc", "card/virtual/..."},
	"card/virtual":        {"card/apdu"}, // not card, since it states the card's rules a second time
	"card/virtual/vpcd":   {"card/virtual"},
	"card/practice":       {"card/virtual"},

	"sign":              {"sign/internal/...", "sign/timestamp"},
	"sign/internal/...": {"sign/internal/..."},
	"sign/pdf":          {"sign", "sign/internal/...", "sign/timestamp", "sign/pdf/syntax", "sign/pdf/seal"},
	"sign/pdf/syntax":   {},
	"sign/timestamp":    {"sign/internal/..."},
	"sign/pdf/seal":     {},

	"sign/timestamp/tsatest": {}, // shares no code with what it tests

	"verify":                      {"verify/...", "sign/timestamp", "sign/pdf/syntax", "fingerprint"},
	"verify/touki":                {"verify"},
	"verify/internal/address":     {},
	"verify/internal/cms":         {},
	"verify/internal/pdf":         {"sign/pdf/syntax"},
	"verify/internal/sniff":       {"verify/internal/cms", "verify/internal/revocation"},
	"verify/internal/name":        {},
	"verify/internal/sigalg":      {},
	"verify/internal/certificate": {"verify/internal/name"},
	"verify/internal/revocation":  {"verify/internal/name", "verify/internal/sigalg", "verify/internal/certificate"},
	"verify/internal/path":        {"verify/internal/name", "verify/internal/sigalg", "verify/internal/revocation", "verify/internal/certificate"},
	"verify/trust":                {"fingerprint", "verify/internal/certificate"},
}

// owners lists the only packages that may import a module, tests included.
var owners = map[string][]string{
	"github.com/ebfe/scard":           {"card/pcsc"},
	"github.com/spf13":                {"cmd/..."},
	"github.com/cpuguy83":             {"cmd/..."},
	"github.com/nicksnyder/go-i18n":   {"cmd/..."},
	"github.com/schollz/progressbar":  {"cmd/..."},
	"github.com/rogpeppe/go-internal": {"cmd/..."},
	"golang.org/x/term":               {"cmd/..."},
	"golang.org/x/image":              {"sign/pdf/..."},
	"go.mozilla.org/pkcs7":            {"sign/...", "verify/...", "cmd/internal/..."},
}

// forTests lists packages that only tests may import.
var forTests = []string{"card/pcsc/pcscdtest", "cmd/internal/pdftest", "sign/timestamp/tsatest"}

// alone lists the packages that may import only the standard library, except in
// their tests.
var alone = []string{"fingerprint", "card/apdu"}

// commandOnly lists names of the standard library that only the command may
// use. A library takes its input as arguments and returns its results.
var commandOnly = map[string][]string{
	"os": {"Args", "Getenv", "LookupEnv", "Environ", "Setenv", "ExpandEnv", "Stdin", "Stdout", "Stderr", "Exit",
		"UserHomeDir", "UserConfigDir", "UserCacheDir"},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"flag":    {"*"},
	"log":     {"*"},
	"testing": {"*"},
}

// process lists the packages of the command that take arguments, environment
// and streams from the process.
var process = []string{"cmd/internal/cli", "cmd/internal/console", "cmd/internal/access"}

// mainOnly lists names that only main may use.
var mainOnly = map[string][]string{
	"os":  {"Exit"},
	"log": {"*"},
}

// fits reports whether a row matches a package.
func fits(row, pkg string) bool {
	above, beneath := strings.CutSuffix(row, "/...")
	return pkg == above || beneath && strings.HasPrefix(pkg, above+"/")
}

func fitsAny(rows []string, pkg string) bool {
	return slices.ContainsFunc(rows, func(row string) bool { return fits(row, pkg) })
}

// allowed returns the row of a package or, if it has none, the longest matching
// row.
func allowed(pkg string) (rows []string, ok bool) {
	if to, ok := imports[pkg]; ok {
		return to, true
	}
	longest := -1
	for row, to := range imports {
		if fits(row, pkg) && len(row) > longest {
			longest, rows, ok = len(row), to, true
		}
	}
	return rows, ok
}

// check returns the violations in a file. name is relative to the module.
func check(name string, file *ast.File) []string {
	pkg := path.Dir(name)
	test := strings.HasSuffix(name, "_test.go")
	var wrong []string
	report := func(format string, args ...any) {
		wrong = append(wrong, name+": "+fmt.Sprintf(format, args...))
	}

	rows, known := allowed(pkg)
	if !known {
		report("package %s has no row in imports", pkg)
	}
	local := map[string]string{} // maps the name of an import in this file to its path
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			report("%v", err)
			continue
		}
		local[path.Base(to)] = to
		if spec.Name != nil {
			local[spec.Name.Name] = to
		}
		inside, ours := strings.CutPrefix(to, module)
		switch {
		case ours && !test && slices.Contains(forTests, inside):
			report("imports %s, which is for tests", inside)
		case ours && !test && !fitsAny(rows, inside):
			report("%s must not import %s", pkg, inside)
		case !ours && !test && slices.Contains(alone, pkg) && strings.Contains(to, "."):
			report("%s needs nothing but the standard library, and imports %s", pkg, to)
		}
		for owned, by := range owners {
			if (to == owned || strings.HasPrefix(to, owned+"/")) && !fitsAny(by, pkg) {
				report("only %s may import %s", strings.Join(by, ", "), to)
			}
		}
	}

	var forbidden map[string][]string
	switch {
	case test, pkg == "card/pcsc/pcscdtest", pkg == "cmd/natsuin", pkg == "cmd/gendocs":
	case slices.Contains(process, pkg):
		forbidden = mainOnly
	default:
		forbidden = commandOnly
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				names := forbidden[local[x.Name]]
				if slices.Contains(names, "*") || slices.Contains(names, sel.Sel.Name) {
					report("%s.%s belongs to the command", local[x.Name], sel.Sel.Name)
				}
			}
		}
		return true
	})
	return wrong
}

func TestImportsPointOneWay(t *testing.T) {
	files := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if base := d.Name(); name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, wrong := range check(name, parsed) {
			t.Error(wrong)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were seen: is %s still the module?", files, root)
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	top := []string{"LICENSE", "README.md", "card", "cmd", "docs", "fingerprint", "go.mod", "go.sum", "sign", "verify"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(top, name) {
			t.Errorf("%s does not belong at the top of the module", name)
		}
	}
}

func TestWrongImportsAreSeen(t *testing.T) {
	for _, test := range []struct{ file, source, want string }{
		{"sign/a.go", `import _ "natsuin/card"`, "sign must not import card"},
		{"card/a.go", `import _ "natsuin/sign"`, "card must not import sign"},
		{"card/apdu/a.go", `import _ "natsuin/card"`, "card/apdu must not import card"},
		{"card/virtual/a.go", `import _ "natsuin/card"`, "card/virtual must not import card"},
		{"card/practice/a.go", `import _ "natsuin/card"`, "card/practice must not import card"},
		{"verify/a.go", `import _ "natsuin/sign"`, "verify must not import sign"},
		{"verify/a.go", `import _ "natsuin/card/apdu"`, "verify must not import card/apdu"},
		{"verify/internal/cms/a.go", `import _ "natsuin/sign/internal/cms"`, "verify/internal/cms must not import sign/internal/cms"},
		{"verify/internal/revocation/a.go", `import _ "natsuin/verify/internal/path"`, "verify/internal/revocation must not import verify/internal/path"},
		{"fingerprint/a.go", `import _ "golang.org/x/crypto/ocsp"`, "nothing but the standard library"},
		{"cmd/internal/cli/a.go", `import _ "natsuin/card/pcsc/pcscdtest"`, "which is for tests"},
		{"verify/a.go", `import _ "natsuin/sign/timestamp/tsatest"`, "which is for tests"},
		{"cmd/internal/cli/sign/a.go", `import _ "natsuin/cmd/internal/cli/verify"`, "cmd/internal/cli/sign must not import cmd/internal/cli/verify"},
		{"cmd/internal/cli/sign/a.go", `import _ "natsuin/cmd/internal/cli"`, "cmd/internal/cli/sign must not import cmd/internal/cli"},
		{"cmd/internal/access/a.go", `import _ "natsuin/cmd/internal/cli/sign"`, "cmd/internal/access must not import cmd/internal/cli/sign"},
		{"cmd/internal/access/a.go", `import _ "natsuin/cmd/internal/command"`, "cmd/internal/access must not import cmd/internal/command"},
		{"cmd/internal/console/a.go", `import _ "natsuin/cmd/internal/access"`, "cmd/internal/console must not import cmd/internal/access"},
		{"cmd/internal/outcome/a.go", `import _ "natsuin/cmd/internal/i18n"`, "cmd/internal/outcome must not import cmd/internal/i18n"},
		{"cmd/internal/i18n/a.go", `import _ "natsuin/cmd/internal/console"`, "cmd/internal/i18n must not import cmd/internal/console"},
		{"cmd/internal/i18n/a.go", `import _ "natsuin/card"`, "cmd/internal/i18n must not import card"},
		{"cmd/internal/text/a.go", `import _ "natsuin/cmd/internal/outcome"`, "cmd/internal/text must not import cmd/internal/outcome"},
		{"cmd/internal/new/a.go", "", "has no row in imports"},
		{"cmd/internal/cli/a.go", `import _ "github.com/ebfe/scard"`, "only card/pcsc may import"},
		{"card/virtual/a_test.go", `import _ "github.com/ebfe/scard"`, "only card/pcsc may import"},
		{"sign/a.go", `import _ "golang.org/x/image/font/sfnt"`, "only sign/pdf/... may import"},
		{"card/a.go", `import _ "github.com/spf13/cobra"`, "only cmd/... may import"},
		{"verify/trust/a.go", `import _ "golang.org/x/term"`, "only cmd/... may import"},
		{"sign/a.go", `import _ "github.com/nicksnyder/go-i18n/v2/i18n"`, "only cmd/... may import"},
		{"card/a.go", "import \"os\"\nvar _ = os.Args", "os.Args belongs to the command"},
		{"card/a.go", "import system \"os\"\nvar _ = system.Getenv(\"HOME\")", "os.Getenv belongs to the command"},
		{"sign/a.go", "import \"os\"\nvar _ = os.Stdout", "os.Stdout belongs to the command"},
		{"sign/a.go", "import \"fmt\"\nfunc f() { fmt.Println() }", "fmt.Println belongs to the command"},
		{"verify/a.go", "import \"log\"\nfunc f() { log.Print() }", "log.Print belongs to the command"},
		{"cmd/internal/cli/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", "os.Exit belongs to the command"},
		{"cmd/internal/cli/sign/a.go", "import \"os\"\nvar _ = os.Getenv(\"HOME\")", "os.Getenv belongs to the command"},
		{"cmd/internal/outcome/a.go", "import \"fmt\"\nfunc f() { fmt.Println() }", "fmt.Println belongs to the command"},
		{"util/a.go", "", "has no row in imports"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), test.file, "package p\n"+test.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		wrong := check(test.file, file)
		if len(wrong) != 1 || !strings.Contains(wrong[0], test.want) {
			t.Errorf("%s with %s: got %q, want %q", test.file, test.source, wrong, test.want)
		}
	}
}

func TestRightImportsAreNot(t *testing.T) {
	for _, test := range []struct{ file, source string }{
		{"verify/a.go", `import _ "natsuin/sign/timestamp"`},
		{"sign/a.go", `import _ "go.mozilla.org/pkcs7"`},
		{"card/card_test.go", `import _ "natsuin/card/virtual"`},
		{"card/pcsc/a_test.go", `import _ "natsuin/card/pcsc/pcscdtest"`},
		{"card/a_test.go", "import \"os\"\nvar _ = os.Getenv(\"CI\")"},
		{"cmd/internal/cli/a.go", "import \"os\"\nvar _ = os.Args"},
		{"cmd/natsuin/main.go", "import \"os\"\nfunc main() { os.Exit(len(os.Args)) }"},
		{"card/a.go", "var os struct{ Args int }\nvar _ = os.Args"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), test.file, "package p\n"+test.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := check(test.file, file); len(wrong) != 0 {
			t.Errorf("%s with %s: %q", test.file, test.source, wrong)
		}
	}
}
