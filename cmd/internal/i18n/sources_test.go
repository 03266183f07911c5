package i18n_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"natsuin/card"
	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/timestamping"
	"natsuin/sign/timestamp"
	"natsuin/verify"
)

// ids holds the message ids in the sources: whole ids, and the beginnings of
// ids to which the program appends a value.
type ids struct {
	whole    map[string]token.Position
	prefixes map[string]token.Position
}

var (
	idShape     = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[A-Za-z0-9-]+)+$`)
	prefixShape = regexp.MustCompile(`^[a-z][a-z0-9-]*\.([a-z0-9-]+\.)*$`)
)

// notIDs lists strings that look like an id but are not.
var notIDs = []string{"vcs.revision", "vcs.time"}

// asked returns the ids in the sources of the command. Every string that looks
// like an id counts as one. An id without a dot is recognised as the first
// argument of t or T.
func asked(t *testing.T) ids {
	t.Helper()
	found := ids{map[string]token.Position{}, map[string]token.Position{}}
	set := token.NewFileSet()
	err := filepath.WalkDir("../..", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool { found.visit(set, n); return true })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (found ids) visit(set *token.FileSet, n ast.Node) {
	switch n := n.(type) {
	case *ast.ImportSpec:
		n.Path.Value = `""`
	case *ast.CallExpr:
		name := called(n)
		if (name == "t" || name == "T") && len(n.Args) > 0 {
			if word := literal(n.Args[0]); word != "" && !strings.Contains(word, ".") {
				found.whole[word] = set.Position(n.Pos())
			}
		}
		if name == "Group" || name == "Verb" {
			if id, ok := n.Args[1].(*ast.BasicLit); ok {
				for _, part := range []string{".short", ".long"} {
					found.whole["cmd."+literal(id)+part] = set.Position(n.Pos())
				}
				id.Value = `""`
			}
		}
	case *ast.BasicLit:
		text := literal(n)
		switch {
		case slices.Contains(notIDs, text):
		case idShape.MatchString(text):
			found.whole[text] = set.Position(n.Pos())
		case prefixShape.MatchString(text):
			found.prefixes[text] = set.Position(n.Pos())
		}
	}
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}

// families returns, for each beginning of an id, all endings that it may have.
func families(t *testing.T) map[string][]string {
	credentials := words(card.SignPassword, card.AuthPIN)
	certificates := words(card.SignCert, card.SignCA, card.AuthCert, card.AuthCA)
	kinds := words(practice.Kinds()...)
	unsuitable := slices.DeleteFunc(verify.Kinds(), func(k verify.Kind) bool {
		return k == verify.KindSignature || k == verify.KindPDF || k == verify.KindUTF16
	})
	revocation := words(verify.Revoked, verify.Unknown, verify.NotChecked)
	return map[string][]string{
		"kind.":                  words(card.KindUnknown, card.KindMyNumber, card.KindJuki, card.KindAndroid, card.KindIPhone),
		"secret.":                credentials,
		"secret.name.":           credentials,
		"prompt.":                credentials,
		"prompt.new.rule.":       credentials,
		"err.locked.":            credentials,
		"err.just-locked.":       credentials,
		"err.locked-answer.":     credentials,
		"err.wrong-pin.":         credentials,
		"err.wrong-pin-unknown.": credentials,
		"unlock.absent.":         words(card.SignCert, card.AuthCert),
		"err.no-certificate.":    certificates,
		"cert.kind.":             certificates,
		"err.form.":              until(func(i int) fmt.Stringer { return card.FormReason(i) }),
		"err.weak-secret.":       until(func(i int) fmt.Stringer { return card.WeakReason(i) }),
		"sex.":                   words(card.Male, card.Female, card.SexUnknown),
		"era.":                   words(card.EraUnknown, card.Meiji, card.Taisho, card.Showa, card.Heisei, card.Reiwa),
		"practice.":              words(virtual.Sign, virtual.Auth),
		"practice.kind.":         kinds,
		"topic.":                 i18n.Topics(),
		"flag.sign.":             fields(t, "../cli/sign/forms.go", "flag"),
		"sign.warning.":          constants(t, "../../../sign/pdf/document.go", "Warning"),
		"err.pdf.":               constants(t, "../../../sign/pdf/errors.go", "Reason"),
		"err.timestamp.pdf.":     constants(t, "../../../sign/pdf/errors.go", "ReasonHeader", "ReasonBroken", "ReasonEncrypted", "ReasonXFA", "ReasonTooLarge", "ReasonLimit"),
		"err.pdf.field.":         constants(t, "../../../sign/pdf/errors.go", "Field"),
		"use.":                   {"flags", "command", "file", "sig", "content", "target", "kind", "topic", "name", "letter"},
		"verdict.":               lower(words(verify.Valid, verify.Invalid, verify.Indeterminate)),
		"verdict.revocation.":    revocation,
		"verify.outcome.":        lower(words(verify.Invalid, verify.Indeterminate)),
		"verdict.mail.":          words(verify.UncoveredHeaders, verify.UncoveredBefore, verify.UncoveredAfter, verify.UncoveredSecond),
		"unsuitable.what.":       words(unsuitable...),
		"unsuitable.next.":       words(unsuitable...),
		"verdict.anchor.":        words(verify.AnchorRegistered, verify.AnchorFile),
		"verify.anchor.":         words(verify.AnchorPinned, verify.AnchorRegistered, verify.AnchorFile, verify.AnchorPractice),
		"result.":                words(verify.Passed, verify.Failed, verify.Unclear, verify.NotDone),
		"doctor.result.":         {"passed", "failed", "warning", "not-done"},
		"doctor.probe.":          {"build", "service", "permission", "readers", "card", "application", "kind", "certificates", "dates", "tries-sign", "tries-auth", "clock", "locale", "practice", "roots"},
		"doctor.fix.":            {"build", "service", "permission", "readers", "clock"},
		"err.verify.pdf.":        constants(t, "../../../verify/pdfreport.go", "PDFBroken", "PDFEncrypted"),
		"change.":                constants(t, "../../../verify/pdfreport.go", "Change"),
		"change-result.":         lower(words(verify.Valid, verify.Invalid, verify.Indeterminate)),
		"permission.":            constants(t, "../../../verify/pdfreport.go", "Permission"),
		"touki.":                 constants(t, "../../../verify/touki/touki.go", "Signed", "NoC", "NoTime", "FileName", "Type", "SubFilter", "Name", "Time", "Contents", "Covered", "Certificate", "Algorithms", "Valid"),
		"touki.result.":          constants(t, "../../../verify/touki/touki.go", "Met", "NotMet", "Look"),
		"check.":                 constants(t, "../../../verify/checks.go", "Check"),
		"reason.":                words(verify.Reasons()...),
		"crl-reason.":            values(t, "../../../verify/internal/revocation/status.go", "reasonNames"),
		"timestamp.why.":         words(timestamping.Worded()...),
		"timestamp.doubt.":       words(timestamp.Doubts()...),
		"cmd.":                   nil, // used by Group and Verb
		"err.practice.invalid.":  {"kind", "name", "address", "birth", "sex", "sign", "auth", "reason"},
	}
}

func words[T any](list ...T) []string {
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func lower(list []string) []string {
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// until returns the strings of an enumeration that counts from 1.
func until(at func(int) fmt.Stringer) []string {
	past := at(255).String()
	var list []string
	for i := 1; at(i).String() != past; i++ {
		list = append(list, at(i).String())
	}
	return list
}

// constants returns the string constants of a file whose names begin with a
// prefix.
func constants(t *testing.T, file string, prefixes ...string) []string {
	t.Helper()
	var list []string
	inspect(t, file, func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return
		}
		for i, name := range spec.Names {
			has := func(p string) bool { return strings.HasPrefix(name.Name, p) }
			if i < len(spec.Values) && slices.ContainsFunc(prefixes, has) && literal(spec.Values[i]) != "" {
				list = append(list, literal(spec.Values[i]))
			}
		}
	})
	if len(list) == 0 {
		t.Fatalf("%s: no constants", file)
	}
	return list
}

// values returns the strings in the map variable of a file.
func values(t *testing.T, file, variable string) []string {
	t.Helper()
	var list []string
	inspect(t, file, func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != variable {
			return
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			list = append(list, literal(e.(*ast.KeyValueExpr).Value))
		}
	})
	if len(list) == 0 {
		t.Fatalf("%s: no %s", file, variable)
	}
	return list
}

// fields returns the strings that composite literals of a file assign to a
// field.
func fields(t *testing.T, file, field string) []string {
	t.Helper()
	var list []string
	inspect(t, file, func(n ast.Node) {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == field {
				list = append(list, literal(kv.Value))
			}
		}
	})
	if len(list) == 0 {
		t.Fatalf("%s: no %s", file, field)
	}
	return list
}

func inspect(t *testing.T, file string, visit func(ast.Node)) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool { visit(n); return true })
}

func TestEveryMessageThatTheProgramAsksForIsThere(t *testing.T) {
	found, known, have := asked(t), families(t), catalogue(t, "en")
	for _, id := range slices.Sorted(maps.Keys(found.whole)) {
		if _, ok := have[id]; !ok {
			t.Errorf("%s: %s is in no catalogue", found.whole[id], id)
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(found.prefixes)) {
		ends, ok := known[prefix]
		if !ok {
			t.Errorf("%s: ids begin with %q, and this test does not know how they end", found.prefixes[prefix], prefix)
		}
		for _, end := range ends {
			if _, ok := have[prefix+end]; !ok {
				t.Errorf("%s: %s is in no catalogue", found.prefixes[prefix], prefix+end)
			}
		}
	}
	for prefix := range known {
		if _, ok := found.prefixes[prefix]; !ok {
			t.Errorf("no id begins with %q any more", prefix)
		}
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	found := asked(t)
	for prefix, ends := range families(t) {
		for _, end := range ends {
			found.whole[prefix+end] = token.Position{}
		}
	}
	for id := range catalogue(t, "en") {
		base := strings.TrimSuffix(id, ".hint")
		base = strings.TrimSuffix(base, ".example") + suffixOf(base)
		if _, ok := found.whole[base]; !ok {
			if _, ok := found.whole[id]; !ok {
				t.Errorf("%s is used nowhere", id)
			}
		}
	}
}

// suffixOf makes an example count as used if its command is.
func suffixOf(id string) string {
	if strings.HasSuffix(id, ".example") {
		return ".short"
	}
	return ""
}
