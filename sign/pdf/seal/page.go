package seal

import (
	"math"
	"slices"
)

const (
	inch = 25.4 // millimetres

	margin = 15.0 // of a corner from the edges, in millimetres
	stride = 5.0  // by which a mark in a corner steps aside, in millimetres
	gap    = 2.0  // between such a mark and other boxes, in millimetres
	steps  = 64   // tried in each direction

	tolerance = 0.01 // millimetres by which a box may exceed the page
)

// A Rect is a rectangle in default user space units, with X0 < X1 and Y0 < Y1.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// A Page holds what determines how a page is seen.
type Page struct {
	Box      Rect    // the intersection of CropBox and MediaBox
	Rotate   int     // clockwise when seen, in degrees: a multiple of 90
	UserUnit float64 // 1/72 inch; 0 means 1
}

// A Placement is where a mark goes: Rect is the annotation's, Width and Height
// are the size of the form's BBox in points, as seen, and Matrix is the form's,
// with which it stands upright when the page is seen.
type Placement struct {
	Rect          Rect
	Width, Height float64
	Matrix        [6]float64
}

// Place returns where the mark goes on the page. Width and height, in
// millimetres, are the size of a mark in a corner; a position with a box has
// its own.
//
// A mark in a corner keeps 15 mm from the edges, or less on a page that is too
// small for that, and 2 mm from the boxes in taken. If a box is in the way, the
// mark moves in steps of 5 mm along the upper or lower edge, then along lines
// ever further from that edge. Taken is ignored for other positions.
//
// The errors are [*OutsideError], [*OccupiedError], and [*GeometryError].
func (p Position) Place(page Page, width, height float64, taken []Rect) (Placement, error) {
	view, err := page.view()
	if err != nil {
		return Placement{}, err
	}
	if !p.Corner() {
		return view.place(p.x, p.y, p.w, p.h)
	}
	// The margin, or less if the page has no room for it on both sides.
	left := min(margin, (view.width-width)/2)
	top := min(margin, (view.height-height)/2)
	first, err := view.place(left, top, width, height)
	if err != nil {
		return first, err
	}
	taken = slices.DeleteFunc(slices.Clone(taken), Rect.empty)
	for row := range steps {
		y := top + float64(row)*stride
		if y+height > view.height-top+tolerance {
			break
		}
		if p.corner.bottom {
			y = view.height - y - height
		}
		for column := range steps {
			x := left + float64(column)*stride
			if x+width > view.width-left+tolerance {
				break
			}
			if p.corner.right {
				x = view.width - x - width
			}
			if view.free(x, y, width, height, taken) {
				return view.place(x, y, width, height)
			}
		}
	}
	return Placement{}, &OccupiedError{}
}

// Placement returns where a mark goes that fills a box of the page. It returns
// a [*GeometryError] for a box without area.
func (p Page) Placement(box Rect) (Placement, error) {
	v, err := p.view()
	if err != nil {
		return Placement{}, err
	}
	w, h := box.X1-box.X0, box.Y1-box.Y0
	if v.turned() {
		w, h = h, w
	}
	w, h = w/v.unit*72/inch, h/v.unit*72/inch
	if !isSize(w) || !isSize(h) {
		return Placement{}, &GeometryError{What: "box"}
	}
	s := inch * v.unit / 72 // user space units a point
	placement := Placement{Rect: box, Width: w, Height: h}
	switch v.rotate {
	case 0:
		placement.Matrix = [6]float64{s, 0, 0, s, 0, 0}
	case 90:
		placement.Matrix = [6]float64{0, s, -s, 0, h * s, 0}
	case 180:
		placement.Matrix = [6]float64{-s, 0, 0, -s, w * s, h * s}
	case 270:
		placement.Matrix = [6]float64{0, -s, s, 0, 0, w * s}
	}
	return placement, nil
}

// A view is a page as seen.
type view struct {
	page          Page
	rotate        int     // 0, 90, 180 or 270
	unit          float64 // user space units a millimetre
	width, height float64 // in millimetres
}

func (p Page) view() (view, error) {
	v := view{page: p, rotate: (p.Rotate%360 + 360) % 360, unit: 72 / inch}
	if p.UserUnit != 0 {
		v.unit /= p.UserUnit
	}
	v.width, v.height = (p.Box.X1-p.Box.X0)/v.unit, (p.Box.Y1-p.Box.Y0)/v.unit
	if v.rotate%90 != 0 || !isSize(v.unit) || !isSize(v.width) || !isSize(v.height) {
		return v, &GeometryError{What: "page"}
	}
	if v.turned() {
		v.width, v.height = v.height, v.width
	}
	return v, nil
}

// turned reports whether width and height are exchanged when the page is seen.
func (v view) turned() bool { return v.rotate%180 != 0 }

// rect returns the box with these distances from the left and upper edge.
func (v view) rect(x, y, w, h float64) Rect {
	x0, y0, x1, y1 := x*v.unit, y*v.unit, (x+w)*v.unit, (y+h)*v.unit
	b := v.page.Box
	switch v.rotate {
	case 90: // the upper left corner as seen is the lower left one of the box
		return Rect{b.X0 + y0, b.Y0 + x0, b.X0 + y1, b.Y0 + x1}
	case 180: // the lower right one
		return Rect{b.X1 - x1, b.Y0 + y0, b.X1 - x0, b.Y0 + y1}
	case 270: // the upper right one
		return Rect{b.X1 - y1, b.Y1 - x1, b.X1 - y0, b.Y1 - x0}
	}
	return Rect{b.X0 + x0, b.Y1 - y1, b.X0 + x1, b.Y1 - y0}
}

// place returns the placement of a box, which must lie within the page.
func (v view) place(x, y, w, h float64) (Placement, error) {
	if !isSize(w) || !isSize(h) {
		return Placement{}, &GeometryError{What: "size of the mark"}
	}
	if !(x >= -tolerance && y >= -tolerance && x+w <= v.width+tolerance && y+h <= v.height+tolerance) {
		return Placement{}, &OutsideError{Width: v.width, Height: v.height}
	}
	return v.page.Placement(v.rect(x, y, w, h))
}

// free reports whether a box and the gap around it meet no box of taken.
func (v view) free(x, y, w, h float64, taken []Rect) bool {
	r := v.rect(x-gap, y-gap, w+2*gap, h+2*gap)
	return !slices.ContainsFunc(taken, func(t Rect) bool {
		return t.X0 < r.X1 && r.X0 < t.X1 && t.Y0 < r.Y1 && r.Y0 < t.Y1
	})
}

// empty reports whether r has no area, as the box of an invisible signature.
func (r Rect) empty() bool { return !(r.X0 < r.X1 && r.Y0 < r.Y1) }

// isSize reports whether v is greater than zero, and neither so small nor so
// large that it cannot be computed with.
func isSize(v float64) bool { return v > 1e-6 && v < 1e9 && !math.IsNaN(v) }
