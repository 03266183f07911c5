package sign

import (
	"slices"
	"strings"
	"testing"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
)

// Every row has a name and an extension of its own, and New defines its flag,
// so that a form is added by its row.
func TestEveryFormHasARowOfItsOwn(t *testing.T) {
	c := New(&command.Run{Console: &console.Console{}})
	var names, exts, usual []string
	for _, f := range forms {
		if f.name == "" || !strings.Contains(f.ext, ".") || f.digest == nil || f.sign == nil {
			t.Errorf("%+v is not complete", f)
		}
		names, exts = append(names, f.name), append(exts, f.ext)
		if f.flag == "" {
			usual = append(usual, f.name)
		} else if c.Flags().Lookup(f.flag) == nil {
			t.Errorf("%s: no flag --%s", f.name, f.flag)
		}
	}
	for _, list := range [][]string{names, exts} {
		slices.Sort(list)
		if len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("twice: %v", list)
		}
	}
	if len(usual) != 1 || forms[0].flag != "" {
		t.Errorf("usual forms %v, the first row is %s", usual, forms[0].name)
	}
}

func TestTwoFormsAreNotAskedForAtOnce(t *testing.T) {
	for i := range forms {
		for j := range forms {
			r := &run{opts: &Options{Forms: make([]bool, len(forms))}}
			r.opts.Forms[i], r.opts.Forms[j] = true, true
			other := r.chooseForm()
			if r.form.name != forms[max(i, j)].name || other != forms[min(i, j)].flag && i != j {
				t.Errorf("%s and %s: %s, and %q", forms[i].name, forms[j].name, r.form.name, other)
			}
		}
	}
}

func TestAFormNamesItsOutput(t *testing.T) {
	for _, c := range []struct{ flag, input, output string }{
		{"", "a.pdf", "a.pdf.p7s"},
		{"attached", "dir/a.txt", "dir/a.txt.p7m"},
		{"pdf", "a.pdf", "a_signed.pdf"},
		{"pdf", "dir/A.PDF", "dir/A_signed.pdf"},
		{"pdf", "a.txt", "a.txt_signed.pdf"},
		{"pdf", ".pdf", ".pdf_signed.pdf"},
	} {
		i := slices.IndexFunc(forms, func(f form) bool { return f.flag == c.flag })
		if got := forms[i].output(c.input); got != c.output {
			t.Errorf("--%s %s: %s, want %s", c.flag, c.input, got, c.output)
		}
	}
}

// For a PDF that is signed in another form, the notice says that the signature
// goes into a separate file, with the extension of that form.
func TestTheNoticeNamesTheExtensionOfTheForm(t *testing.T) {
	for _, lang := range i18n.Languages() {
		words, err := i18n.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range forms {
			r := &run{Run: &command.Run{Console: &console.Console{Printer: words}}, opts: &Options{}, form: f, jobs: []*job{{input: "a.PDF"}}}
			var said string
			tell := func(line string) { said += line }
			r.noticePDF(tell, tell)
			if strings.Contains(said, f.ext) == f.updates || said == "" != f.updates {
				t.Errorf("%s, %s: %q", lang, f.name, said)
			}
		}
	}
}
