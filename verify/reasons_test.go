package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"natsuin/verify"
)

// TestReasonsAreComplete reads the constants in the source: none may be missing from the list that translators go by.
func TestReasonsAreComplete(t *testing.T) {
	listed := verify.Reasons()
	declared := 0
	for _, file := range []string{"reasons.go", "internal/cms/errors.go"} {
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
				if word, _ := strconv.Unquote(lit.Value); !slices.Contains(listed, word) {
					t.Errorf("%s: %q is not listed", file, word)
				}
			}
			return true
		})
	}
	if declared != len(listed) || len(slices.Compact(slices.Clone(listed))) != len(listed) {
		t.Errorf("%d words declared, %d listed, %d of them different", declared, len(listed), len(slices.Compact(slices.Clone(listed))))
	}
}
