package sign

import (
	"slices"
	"strings"
	"testing"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
)

// Every row is told from the others by its name, flag and extension, and New gives
// it a flag, so that a form is added by its row.
func TestEveryFormHasARowOfItsOwn(t *testing.T) {
	c := New(&command.Run{Console: &console.Console{}})
	var names, exts, usual []string
	for _, f := range forms {
		if f.name == "" || !strings.HasPrefix(f.ext, ".") || f.sign == nil {
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
