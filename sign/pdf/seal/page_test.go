package seal_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"natsuin/sign/pdf/seal"
)

const point = 25.4 / 72 // millimetres

var a4 = seal.Rect{X1: 595.276, Y1: 841.89}

// seen returns where a point of user space is seen: its distances from the left
// and upper edge in millimetres. It turns the page about the origin, clockwise,
// and then looks where its box has come to.
func seen(p seal.Page, x, y float64) (right, down float64) {
	turn := func(x, y float64) (float64, float64) {
		for range p.Rotate / 90 {
			x, y = y, -x
		}
		return x, y
	}
	ax, ay := turn(p.Box.X0, p.Box.Y0)
	bx, by := turn(p.Box.X1, p.Box.Y1)
	x, y = turn(x, y)
	unit := p.UserUnit
	if unit == 0 {
		unit = 1
	}
	return (x - min(ax, bx)) * point * unit, (max(ay, by) - y) * point * unit
}

// shown maps a point of a form to user space as ISO 32000-1 §12.5.5 says.
func shown(p seal.Placement, x, y float64) (float64, float64) {
	m := p.Matrix
	apply := func(x, y float64) (float64, float64) { return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5] }
	left, right, low, high := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, corner := range [][2]float64{{0, 0}, {p.Width, 0}, {0, p.Height}, {p.Width, p.Height}} {
		x, y := apply(corner[0], corner[1])
		left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
	}
	x, y = apply(x, y)
	return p.Rect.X0 + (x-left)/(right-left)*(p.Rect.X1-p.Rect.X0), p.Rect.Y0 + (y-low)/(high-low)*(p.Rect.Y1-p.Rect.Y0)
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestMarksStandUprightWhereTheyAreAsked(t *testing.T) {
	const x, y, w, h = 20, 30, 60, 25
	for _, box := range []seal.Rect{a4, {X0: -300, Y0: -400, X1: 295, Y1: 442}, {X0: 100, Y0: 150, X1: 500, Y1: 700}} {
		for _, rotate := range []int{0, 90, 180, 270} {
			for _, unit := range []float64{0, 1, 2.5, 0.5} {
				t.Run(fmt.Sprint(box, rotate, unit), func(t *testing.T) {
					page := seal.Page{Box: box, Rotate: rotate, UserUnit: unit}
					if unit == 0.5 { // half as large otherwise
						page.Box = seal.Rect{X0: 2 * box.X0, Y0: 2 * box.Y0, X1: 2 * box.X1, Y1: 2 * box.Y1}
					}
					p, err := position(t, "1:20,30,60,25").Place(page, 1, 1, nil)
					if err != nil {
						t.Fatal(err)
					}
					if !near(p.Width*point, w) || !near(p.Height*point, h) {
						t.Errorf("size %g by %g points", p.Width, p.Height)
					}
					for _, corner := range []struct{ x, y, right, down float64 }{
						{0, p.Height, x, y}, {p.Width, p.Height, x + w, y}, {0, 0, x, y + h}, {p.Width, 0, x + w, y + h},
					} {
						ux, uy := shown(p, corner.x, corner.y)
						if right, down := seen(page, ux, uy); !near(right, corner.right) || !near(down, corner.down) {
							t.Errorf("%g,%g of the form is seen at %g,%g, want %g,%g", corner.x, corner.y, right, down, corner.right, corner.down)
						}
					}
					// The matrix alone gives the size, for viewers that do not
					// scale.
					area := p.Width * p.Height * (p.Matrix[0]*p.Matrix[3] - p.Matrix[1]*p.Matrix[2])
					if !near(area, (p.Rect.X1-p.Rect.X0)*(p.Rect.Y1-p.Rect.Y0)) {
						t.Errorf("the matrix %v gives %g square units", p.Matrix, area)
					}
				})
			}
		}
	}
}

// upperLeft returns where a placement is seen, in millimetres.
func upperLeft(page seal.Page, p seal.Placement) (right, down float64) {
	x, y := shown(p, 0, p.Height)
	return seen(page, x, y)
}

func TestCornersStepAside(t *testing.T) {
	const width, height = 210, 297 // A4
	for _, rotate := range []int{0, 90, 180, 270} {
		page := seal.Page{Box: seal.Rect{X0: 7, Y0: -9, X1: 7 + width/point, Y1: -9 + height/point}, Rotate: rotate}
		w, h := float64(width), float64(height)
		if rotate%180 != 0 {
			w, h = h, w
		}
		for _, test := range []struct {
			corner        string
			x, y          float64 // of the first
			right, bottom bool
		}{
			{"top-left", 15, 15, false, false}, {"top-right", w - 75, 15, true, false},
			{"bottom-left", 15, h - 35, false, true}, {"bottom-right", w - 75, h - 35, true, true},
		} {
			// Fields without area and a box outside the page do not count.
			first, err := position(t, "1:"+test.corner).Place(page, 60, 20, nil)
			if err != nil {
				t.Fatal(err)
			}
			x, y := first.Rect.X0+1, first.Rect.Y0+1
			taken := []seal.Rect{{X0: x, Y0: y, X1: x, Y1: y}, {X0: x, Y0: y, X1: x, Y1: y + 9}, {X0: 7, Y0: 1e4, X1: 9, Y1: 2e4}}
			perRow := int((w-30-60)/65) + 1
			for n := range 2*perRow + 1 {
				p, err := position(t, "1:"+test.corner).Place(page, 60, 20, taken)
				if err != nil {
					t.Fatal(err)
				}
				// 62 mm are cleared in 13 steps of 5 mm, 22 mm in 5.
				wantX, wantY := float64(n%perRow)*65, float64(n/perRow)*25
				if wantX += test.x; test.right {
					wantX = 2*test.x - wantX
				}
				if wantY += test.y; test.bottom {
					wantY = 2*test.y - wantY
				}
				if x, y := upperLeft(page, p); !near(x, wantX) || !near(y, wantY) {
					t.Errorf("%s at %d°, after %d others: %g,%g, want %g,%g", test.corner, rotate, n, x, y, wantX, wantY)
				}
				taken = append(taken, p.Rect)
			}
		}
	}
}

func TestCornersKeepAGap(t *testing.T) {
	page := seal.Page{Box: a4}
	first, err := position(t, "1:top-left").Place(page, 60, 20, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		gap  float64 // millimetres right of the first
		move bool
	}{{2.001, false}, {1.999, true}} {
		near := seal.Rect{X0: first.Rect.X1 + test.gap/point, Y0: first.Rect.Y0, X1: a4.X1, Y1: a4.Y1}
		p, err := position(t, "1:top-left").Place(page, 60, 20, []seal.Rect{near})
		if err != nil || (p.Rect != first.Rect) != test.move {
			t.Errorf("gap %g: %v, %v", test.gap, p.Rect, err)
		}
	}
	var full *seal.OccupiedError
	if _, err := position(t, "1:top-left").Place(page, 60, 20, []seal.Rect{a4}); !errors.As(err, &full) {
		t.Errorf("a full page: %v", err)
	}
	if p, err := position(t, "1:15,15,60,20").Place(page, 60, 20, []seal.Rect{a4}); err != nil || p.Rect != first.Rect {
		t.Errorf("an explicit box: %v, %v", p.Rect, err)
	}
}

func TestSmallPagesHaveSmallMargins(t *testing.T) {
	for _, test := range []struct{ width, height, x, y float64 }{
		{90, 50, 15, 15}, {80, 297, 10, 15}, {60, 20, 0, 0}, {210, 24, 15, 2},
	} {
		page := seal.Page{Box: seal.Rect{X1: test.width / point, Y1: test.height / point}}
		p, err := position(t, "1:top-left").Place(page, 60, 20, nil)
		if x, y := upperLeft(page, p); err != nil || !near(x, test.x) || !near(y, test.y) {
			t.Errorf("%g by %g: %g,%g, %v", test.width, test.height, x, y, err)
		}
	}
}

func TestBoxesLieWithinThePage(t *testing.T) {
	for _, test := range []struct {
		position string
		rotate   int
		inside   bool
	}{
		{"1:0,0,210,297", 0, true}, {"1:0,0,210.1,297", 0, false}, {"1:0,0,210,297.1", 0, false},
		{"1:150,277,60,20", 0, true}, {"1:150.1,277,60,20", 0, false}, {"1:150,277.1,60,20", 0, false},
		{"1:237,190,60,20", 90, true}, {"1:237,190,60,20", 0, false}, {"1:237.1,190,60,20", 270, false},
	} {
		page := seal.Page{Box: seal.Rect{X1: 210 / point, Y1: 297 / point}, Rotate: test.rotate}
		_, err := position(t, test.position).Place(page, 1, 1, nil)
		var outside *seal.OutsideError
		if test.inside != (err == nil) || err != nil && !errors.As(err, &outside) {
			t.Errorf("%s at %d°: %v", test.position, test.rotate, err)
		}
		if outside != nil && (!near(outside.Width, 210) && test.rotate == 0 || !near(outside.Width, 297) && test.rotate != 0) {
			t.Errorf("%s at %d°: page of %g by %g", test.position, test.rotate, outside.Width, outside.Height)
		}
	}
	var outside *seal.OutsideError
	page := seal.Page{Box: seal.Rect{X1: 50 / point, Y1: 297 / point}}
	if _, err := position(t, "1:top-left").Place(page, 60, 20, nil); !errors.As(err, &outside) {
		t.Errorf("a page too small for the mark: %v", err)
	}
}

func TestUnusableSizesAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	corner := position(t, "1:top-left")
	for _, page := range []seal.Page{
		{}, {Box: seal.Rect{X0: 1, X1: 1, Y1: 5}}, {Box: seal.Rect{X0: 9, X1: 1, Y1: 5}}, {Box: seal.Rect{X1: nan, Y1: 5}},
		{Box: seal.Rect{X1: inf, Y1: 5}}, {Box: seal.Rect{X0: -inf, X1: inf, Y1: 5}}, {Box: a4, Rotate: 45}, {Box: a4, Rotate: -1},
		{Box: a4, UserUnit: -1}, {Box: a4, UserUnit: nan}, {Box: a4, UserUnit: inf}, {Box: a4, UserUnit: 1e-300},
	} {
		for _, p := range []seal.Position{corner, position(t, "1:1,1,1,1")} {
			var wrong *seal.GeometryError
			if placed, err := p.Place(page, 60, 20, nil); !errors.As(err, &wrong) {
				t.Errorf("%+v: %+v, %v", page, placed, err)
			}
		}
	}
	for _, size := range [][2]float64{{0, 20}, {60, 0}, {-60, 20}, {nan, 20}, {60, nan}, {-inf, 20}} {
		var wrong *seal.GeometryError
		if placed, err := corner.Place(seal.Page{Box: a4}, size[0], size[1], nil); !errors.As(err, &wrong) {
			t.Errorf("%v: %+v, %v", size, placed, err)
		}
	}
	if placed, err := (seal.Position{}).Place(seal.Page{Box: a4}, 60, 20, nil); err == nil {
		t.Errorf("no position: %+v", placed)
	}
}

func TestTurnsBeyondACircle(t *testing.T) {
	for given, same := range map[int]int{-90: 270, 360: 0, 450: 90, -180: 180} {
		a, err := position(t, "1:20,30,60,20").Place(seal.Page{Box: a4, Rotate: given}, 1, 1, nil)
		b, err2 := position(t, "1:20,30,60,20").Place(seal.Page{Box: a4, Rotate: same}, 1, 1, nil)
		if err != nil || err2 != nil || a != b {
			t.Errorf("%d°: %+v, want %+v", given, a, b)
		}
	}
}

func TestFieldsAreFilled(t *testing.T) {
	field := seal.Rect{X0: 100, Y0: 200, X1: 300, Y1: 250}
	for _, test := range []struct {
		rotate        int
		unit          float64
		width, height float64
	}{{0, 1, 200, 50}, {90, 1, 50, 200}, {180, 2, 400, 100}, {270, 0, 50, 200}} {
		page := seal.Page{Box: a4, Rotate: test.rotate, UserUnit: test.unit}
		p, err := page.Placement(field)
		if err != nil || p.Rect != field || !near(p.Width, test.width) || !near(p.Height, test.height) {
			t.Errorf("%d°: %+v, %v", test.rotate, p, err)
		}
	}
	var wrong *seal.GeometryError
	if _, err := (seal.Page{Box: a4}).Placement(seal.Rect{}); !errors.As(err, &wrong) {
		t.Errorf("a field without area: %v", err)
	}
}
