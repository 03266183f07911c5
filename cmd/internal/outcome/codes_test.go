package outcome

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// If a code is missing from one of the three lists, a run may end with 70, or a
// lesser outcome may decide a run with several files.
func TestEveryCodeHasAnExitCodeAndItsSeverity(t *testing.T) {
	// Most usage errors end a run before it comes to a file. One about a single
	// file gives way to every other error, so 2 has no place in the order.
	usage := func(exit int) bool { return exit == CodeUsage.Exit() }
	given := slices.DeleteFunc(slices.Compact(slices.Sorted(maps.Values(exits))), usage)
	if ordered := slices.Sorted(slices.Values(severity)); !slices.Equal(given, ordered) {
		t.Errorf("exit codes %v, in the order of severity %v", given, ordered)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		// A file that was not attempted does not affect the exit code.
		if _, ok := exits[Code(word)]; !ok && Code(word) != CodeNotDone {
			t.Errorf("%s has no exit code", word)
		}
		return true
	})
	if seen < len(exits) {
		t.Errorf("only %d constants were seen of %d codes", seen, len(exits))
	}
}
