package seal_test

import (
	"errors"
	"math"
	"testing"

	"natsuin/sign/pdf/seal"
)

func TestPositionsAreRefused(t *testing.T) {
	for _, s := range []string{
		"", ":", "1", "last", "bottom-right", "1:", ":top-left", "0:top-left", "-1:top-left", "+1:top-left", "01:top-left",
		"first:top-left", "LAST:top-left", "last:top", "last:center", "last:Top-Left", "last: top-left", "last:top-left ", "1:2:top-left",
		"99999999999999999999:top-left", "1:1,2,3", "1:1,2,3,4,5", "1:1,2,3,", "1:,2,3,4", "1:1, 2,3,4", "1:-1,2,3,4", "1:+1,2,3,4",
		"1:1,2,0,4", "1:1,2,3,0.0", "1:1,2,NaN,4", "1:1,2,Inf,4", "1:1,2,1e3,4", "1:1,2,0x10,4", "1:1,2,3.,4", "1:1,2,.5,4",
		"1:1,2,1_0,4", "1:1.2.3,2,3,4", "1:100000,2,3,4", "1:1,2,3.000001,4", "1:１,2,3,4",
	} {
		p, err := seal.ParsePosition(s)
		if wrong := (*seal.PositionError)(nil); !errors.As(err, &wrong) || wrong.Text != s || p != (seal.Position{}) {
			t.Errorf("%q: %v, %v", s, p, err)
		}
	}
}

func TestPositionsSayWhichPage(t *testing.T) {
	for _, test := range []struct {
		position string
		count    int
		index    int // -1: no such page
	}{
		{"1:top-left", 1, 0}, {"1:top-left", 3, 0}, {"3:1,2,3,4", 3, 2}, {"4:1,2,3,4", 3, -1},
		{"last:top-left", 1, 0}, {"last:1,2,3,4", 3, 2}, {"last:top-left", 0, -1}, {"1:top-left", 0, -1},
	} {
		index, err := position(t, test.position).Page(test.count)
		var lacking *seal.PageError
		if test.index >= 0 && (err != nil || index != test.index) || test.index < 0 && !errors.As(err, &lacking) {
			t.Errorf("%s of %d pages: %d, %v", test.position, test.count, index, err)
		}
	}
}

func position(t testing.TB, s string) seal.Position {
	t.Helper()
	p, err := seal.ParsePosition(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"1:top-left", "last:bottom-right", "2:20,30,60,20", "1:0.5,99999.99999,1,1", "1:1e9,NaN,-0,Inf"} {
		f.Add(s, 0.0, 0.0, 595.0, 842.0, 90, 1.0)
	}
	f.Add("last:top-right", math.Inf(-1), 0.0, math.Inf(1), 1e300, -90, math.NaN())
	f.Fuzz(func(t *testing.T, s string, x0, y0, x1, y1 float64, rotate int, unit float64) {
		p, err := seal.ParsePosition(s)
		if err != nil {
			return
		}
		page := seal.Page{Box: seal.Rect{X0: x0, Y0: y0, X1: x1, Y1: y1}, Rotate: rotate, UserUnit: unit}
		taken := []seal.Rect{{X0: x0, Y0: y0, X1: (x0 + x1) / 2, Y1: y1}, {X0: unit, Y0: y1, X1: y0, Y1: x1}}
		placed, err := p.Place(page, seal.DefaultWidth, seal.DefaultHeight, taken)
		if err != nil {
			return
		}
		for _, v := range append(placed.Matrix[:], placed.Rect.X0, placed.Rect.Y0, placed.Width, placed.Height) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%+v", placed)
			}
		}
		if !(placed.Rect.X0 < placed.Rect.X1 && placed.Rect.Y0 < placed.Rect.Y1 && placed.Width > 0 && placed.Height > 0) {
			t.Errorf("%+v", placed)
		}
	})
}
