package verify_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"natsuin/verify"
)

// Each constant in the source must have a row in the table, with its meaning
// and source.
func TestReasonsAreComplete(t *testing.T) {
	listed := verify.Reasons()
	declared := 0
	for _, file := range []string{"reasons.go", "internal/cms/errors.go", "internal/pdf/reason.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				declared++
				if id, _ := strconv.Unquote(lit.Value); !slices.Contains(listed, verify.Reason(id)) {
					t.Errorf("%s: %q is not in the table", file, id)
				}
			}
			return true
		})
	}
	if distinct := len(slices.Compact(slices.Clone(listed))); declared != len(listed) || distinct != len(listed) {
		t.Errorf("%d reasons declared, %d in the table, %d of them distinct", declared, len(listed), distinct)
	}
	for _, id := range listed {
		if meaning, source := id.Meaning(); meaning == "" || source == "" {
			t.Errorf("%s: meaning %q, source %q", id, meaning, source)
		}
	}
	if meaning, source := verify.Reason("no-such-reason").Meaning(); meaning+source != "" {
		t.Errorf("an unknown reason means %q by %q", meaning, source)
	}
}

// The table in docs/verify.md must agree with the one in the source.
func TestReasonsAreDocumented(t *testing.T) {
	var table strings.Builder
	table.WriteString("| reason | means | source |\n|---|---|---|\n")
	for _, id := range verify.Reasons() {
		meaning, source := id.Meaning()
		fmt.Fprintf(&table, "| %s | %s | %s |\n", id, meaning, source)
	}
	doc, err := os.ReadFile("../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), table.String()) {
		t.Errorf("docs/verify.md does not hold this table:\n%s", table.String())
	}
}
