package syntax

import (
	"errors"
	"io"
)

// predicted returns a reader that undoes the predictor of a filter's parameters
// in r (ISO 32000-1 §7.4.4.4).
func predicted(r io.Reader, d *Dict, resolve func(Object) (Object, error)) (io.Reader, error) {
	value := func(key Name, unset, limit Integer) (int, error) {
		o, err := resolve(d.Get(key))
		if err != nil || o == nil {
			return int(unset), err
		}
		n, ok := o.(Integer)
		if !ok || n < 1 || n > limit {
			return 0, errors.New("malformed parameters of a predictor")
		}
		return int(n), nil
	}
	predictor, err := value("Predictor", 1, 15)
	if predictor == 1 || err != nil {
		return r, err
	}
	colors, err1 := value("Colors", 1, 32)
	bits, err2 := value("BitsPerComponent", 8, 16)
	columns, err3 := value("Columns", 1, 1<<20)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if predictor > 2 && predictor < 10 || bits&(bits-1) != 0 {
		return nil, errors.New("malformed parameters of a predictor")
	}
	length := (colors*bits*columns + 7) / 8
	p := &predictorReader{r: r, bits: bits, pixel: (colors*bits + 7) / 8, colors: colors}
	if p.png = predictor >= 10; p.png {
		length++
	}
	p.row, p.prior = make([]byte, length), make([]byte, length)
	return p, nil
}

// A predictorReader undoes a PNG or TIFF predictor row by row.
type predictorReader struct {
	r          io.Reader
	png        bool
	bits       int // of a component
	colors     int
	pixel      int    // bytes of a pixel, at least 1
	row, prior []byte // PNG: with the byte that names the filter
	rest       []byte // of row, not yet read
	err        error
}

func (p *predictorReader) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		if err := p.next(); err != nil {
			p.err = err
			return 0, err
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// next reads a row. A last one may be short.
func (p *predictorReader) next() error {
	p.row, p.prior = p.prior, p.row
	n, err := io.ReadFull(p.r, p.row)
	if n == 0 || err != nil && err != io.ErrUnexpectedEOF {
		return err
	}
	if err != nil {
		p.err = io.EOF
	}
	if !p.png {
		p.rest = p.row[:n]
		return p.tiff(p.rest)
	}
	p.rest = p.row[1:n]
	return p.unfilter(p.rest, p.prior[1:n])
}

// unfilter undoes a filter of PNG (ISO/IEC 15948 §9.2).
func (p *predictorReader) unfilter(row, prior []byte) error {
	for i := range row {
		var left, upperLeft byte
		if i >= p.pixel {
			left, upperLeft = row[i-p.pixel], prior[i-p.pixel]
		}
		switch p.row[0] {
		case 0:
			return nil
		case 1:
			row[i] += left
		case 2:
			row[i] += prior[i]
		case 3:
			row[i] += byte((int(left) + int(prior[i])) / 2)
		case 4:
			row[i] += paeth(left, prior[i], upperLeft)
		default:
			return errors.New("unknown filter of a row")
		}
	}
	return nil
}

// paeth returns the one of left, up and upperLeft that is nearest to left + up
// - upperLeft.
func paeth(left, up, upperLeft byte) byte {
	a, b, c := int(left), int(up), int(upperLeft)
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return left
	case pb <= pc:
		return up
	}
	return upperLeft
}

func abs(n int) int { return max(n, -n) }

// tiff undoes the predictor of TIFF 6.0 §14.
func (p *predictorReader) tiff(row []byte) error {
	switch p.bits {
	case 8:
		for i := p.pixel; i < len(row); i++ {
			row[i] += row[i-p.pixel]
		}
	case 16:
		for i := p.pixel; i+1 < len(row); i += 2 {
			sum := uint16(row[i])<<8 + uint16(row[i+1]) + uint16(row[i-p.pixel])<<8 + uint16(row[i-p.pixel+1])
			row[i], row[i+1] = byte(sum>>8), byte(sum)
		}
	default:
		mask := byte(1<<p.bits - 1)
		left := make([]byte, p.colors)
		for i := range len(row) * 8 / p.bits {
			at := i * p.bits
			shift := 8 - p.bits - at%8
			color := i % p.colors
			left[color] = (left[color] + row[at/8]>>shift) & mask
			row[at/8] = row[at/8]&^(mask<<shift) | left[color]<<shift
		}
	}
	return nil
}
