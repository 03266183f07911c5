package seal

import (
	"math"
	"strconv"

	"golang.org/x/image/font/sfnt"
)

// A box is a rectangle of the mark. Its unit is the point, its y axis upward.
type box struct{ x, y, w, h float64 }

// inset returns the box without an edge of this width.
func (b box) inset(edge float64) box {
	return box{b.x + edge, b.y + edge, b.w - 2*edge, b.h - 2*edge}
}

// split returns a square for a picture, and the rest: to the right of it, or
// below it in a box that is not much wider than high.
func (b box) split() (square, rest box) {
	side := min(b.w, b.h, 0.45*max(b.w, b.h))
	used := side + 0.1*min(b.w, b.h)
	if b.w < 1.5*b.h {
		square = box{b.x + (b.w-side)/2, b.y + b.h - side, side, side}
		return square, box{b.x, b.y, b.w, b.h - used}
	}
	square = box{b.x, b.y + (b.h-side)/2, side, side}
	return square, box{b.x + used, b.y, b.w - used, b.h}
}

// fit returns the largest box within b, in its middle, with the proportions of
// a picture.
func (b box) fit(width, height int) box {
	scale := min(b.w/float64(width), b.h/float64(height))
	w, h := scale*float64(width), scale*float64(height)
	return box{b.x + (b.w-w)/2, b.y + (b.h-h)/2, w, h}
}

// A curve is a piece of an outline: its operator, and one point or three.
type curve struct {
	operator byte // 'm', 'l' or 'c'
	points   [3][2]float64
}

// reach is how far an outline may extend from its origin, in em.
const reach = 8

// curves converts an outline to the operators of PDF, which has cubic curves
// only, with the y axis upward and the em as the unit.
func curves(segments sfnt.Segments, em float64) ([]curve, error) {
	out := make([]curve, len(segments))
	var last [2]float64
	for i, s := range segments {
		var p [3][2]float64
		for j, arg := range s.Args {
			p[j] = [2]float64{float64(arg.X) / em, -float64(arg.Y) / em}
			if math.Abs(p[j][0]) > reach || math.Abs(p[j][1]) > reach {
				return nil, errDamaged
			}
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			out[i], last = curve{'m', p}, p[0]
		case sfnt.SegmentOpLineTo:
			out[i], last = curve{'l', p}, p[0]
		case sfnt.SegmentOpQuadTo:
			out[i], last = curve{'c', [3][2]float64{toward(last, p[0]), toward(p[1], p[0]), p[1]}}, p[1]
		case sfnt.SegmentOpCubeTo:
			out[i], last = curve{'c', p}, p[2]
		}
	}
	return out, nil
}

// toward returns the point two thirds of the way from a to b: a control point
// of the cubic curve that equals a quadratic one with the end a and the control
// point b.
func toward(a, b [2]float64) [2]float64 {
	return [2]float64{a[0] + (b[0]-a[0])*2/3, a[1] + (b[1]-a[1])*2/3}
}

// A painter writes content operators.
type painter struct{ out []byte }

// op writes an operator after its operands, which it rounds to two decimals.
func (p *painter) op(operator string, operands ...float64) {
	for _, v := range operands {
		p.out = append(strconv.AppendFloat(p.out, math.Round(v*100)/100, 'f', -1, 64), ' ')
	}
	p.out = append(append(p.out, operator...), '\n')
}

// frame draws a thin frame and returns the box within it.
func (p *painter) frame(b box) box {
	const line = 0.6
	edge := b.inset(line / 2)
	p.op("G", 0.35)
	p.op("w", line)
	p.op("re", edge.x, edge.y, edge.w, edge.h)
	p.op("S")
	return b.inset(0.1 * min(b.w, b.h))
}

// picture draws the XObject /Im0.
func (p *painter) picture(b box) {
	p.op("q")
	p.op("cm", b.w, 0, 0, b.h, b.x, b.y)
	p.op("/Im0 Do")
	p.op("Q")
}

// Proportions of text. Kanji are taken to reach from descent below the baseline
// to the rest of the em above it.
const (
	descent = 0.12
	largest = 0.5  // size of the first line, as a part of the box's height
	details = 0.55 // size of the other lines, as a part of the first line's
	space   = 0.2  // space below the first line, as a part of its size
	leading = 1.3  // distance between other lines, as a multiple of their size
)

// lines draws text into a box, centred in its height, with the first line
// larger than the others. It reports whether it fits.
func (p *painter) lines(lines []shaped, b box) bool {
	if len(lines) == 0 {
		return true
	}
	rest := float64(len(lines) - 1)
	first := min(largest*b.h, b.h/(1+space+rest*details*leading))
	other := details * first
	first = min(first, b.w/lines[0].width)
	for _, line := range lines[1:] {
		other = min(other, first, b.w/line.width)
	}
	if first < MinTextSize || rest > 0 && other < MinTextSize {
		return false
	}
	y := b.y + (b.h+first*(1+space)+rest*other*leading)/2
	p.op("g", 0)
	for i, line := range lines {
		if i == 0 {
			y -= first
			p.text(line, first, 1, 0, b.x, y+descent*first)
			y -= space * first
		} else {
			y -= other * leading
			p.text(line, other, 1, 0, b.x, y+(descent+(leading-1)/2)*other)
		}
	}
	return true
}

// across draws text along the rising diagonal, nearly as large as fits, in a
// light colour. It reports whether it fits.
func (p *painter) across(text shaped, width, height float64) bool {
	diagonal := math.Hypot(width, height)
	cos, sin := width/diagonal, height/diagonal
	size := 0.94 * min(width/(text.width*cos+sin), height/(text.width*sin+cos))
	if size < MinTextSize {
		return false
	}
	// The middle of the text comes to the middle of the box.
	along, up := -text.width*size/2, (descent-0.5)*size
	p.op("g", 0.7)
	p.text(text, size, cos, sin, width/2+along*cos-up*sin, height/2+along*sin+up*cos)
	return true
}

// text fills the outlines of a line that starts at x, y and runs along the
// direction cos, sin.
func (p *painter) text(line shaped, size, cos, sin, x, y float64) {
	var operands [6]float64
	for _, g := range line.glyphs {
		for _, c := range g.curves {
			n := 0
			for _, point := range c.points[:c.count()] {
				u, v := point[0]*size, point[1]*size
				operands[n], operands[n+1] = x+u*cos-v*sin, y+u*sin+v*cos
				n += 2
			}
			p.op(string(c.operator), operands[:n]...)
		}
		x, y = x+g.advance*size*cos, y+g.advance*size*sin
	}
	if operands != [6]float64{} {
		p.op("f")
	}
}

// count returns how many points the operator has.
func (c curve) count() int {
	if c.operator == 'c' {
		return 3
	}
	return 1
}
