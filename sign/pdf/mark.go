package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"

	"natsuin/sign/pdf/seal"
	"natsuin/sign/pdf/syntax"
)

// view returns the box, the rotation and the unit with which a page is
// displayed.
func (d *Document) view(p page) (seal.Page, error) {
	media, err := d.rect(p.mediaBox)
	if err != nil {
		return seal.Page{}, err
	}
	if media == nil {
		return seal.Page{}, refuse(ReasonBroken, "page %d has no /MediaBox", p.in.Ref.Number)
	}
	box := *media
	if crop, err := d.rect(p.cropBox); err != nil {
		return seal.Page{}, err
	} else if crop != nil {
		box = seal.Rect{X0: max(box.X0, crop.X0), Y0: max(box.Y0, crop.Y0), X1: min(box.X1, crop.X1), Y1: min(box.Y1, crop.Y1)}
	}
	seen := seal.Page{Box: box, UserUnit: 1}
	rotate, err := d.value(p.rotate)
	if err != nil {
		return seal.Page{}, err
	}
	if n, ok := number(rotate); ok {
		seen.Rotate = (int(n)%360 + 360) % 360
	}
	unit, err := d.value(p.Get("UserUnit"))
	if err != nil {
		return seal.Page{}, err
	}
	if n, ok := number(unit); ok {
		seen.UserUnit = n
	}
	return seen, nil
}

// rect returns the rectangle that o stands for, with its corners in order, or
// nil if it is not one.
func (d *Document) rect(o syntax.Object) (*seal.Rect, error) {
	v, err := d.value(o)
	array, ok := v.(syntax.Array)
	if err != nil || !ok || len(array) != 4 {
		return nil, err
	}
	var n [4]float64
	for i, e := range array {
		v, err := d.value(e.Value)
		if err != nil {
			return nil, err
		}
		if n[i], ok = number(v); !ok {
			return nil, nil
		}
	}
	return &seal.Rect{X0: min(n[0], n[2]), Y0: min(n[1], n[3]), X1: max(n[0], n[2]), Y1: max(n[1], n[3])}, nil
}

func number(o syntax.Object) (float64, bool) {
	switch v := o.(type) {
	case syntax.Integer:
		return float64(v), true
	case syntax.Real:
		return float64(v), true
	}
	return 0, false
}

// Bounds of the annotations that are looked at.
const (
	maxWidgets     = 1 << 14 // on the page of a new mark
	maxAnnotations = 1 << 20 // on all pages, to find that of a widget
)

// widgets returns the boxes of the widgets on a page.
func (d *Document) widgets(p page) ([]seal.Rect, error) {
	annotations, in, err := d.array(p.dict, p.Get("Annots"))
	if err != nil {
		return nil, err
	}
	if len(annotations) > maxWidgets {
		return nil, refuse(ReasonLimit, "more than %d annotations on a page", maxWidgets)
	}
	var all []seal.Rect
	for _, e := range annotations {
		a, err := d.dictionary(dict{in: in}, e.Value)
		if err != nil {
			return nil, err
		}
		kind, err := d.value(a.Get("Subtype"))
		if err != nil {
			return nil, err
		}
		box, err := d.rect(a.Get("Rect"))
		if err != nil {
			return nil, err
		}
		if kind == syntax.Name("Widget") && box != nil {
			all = append(all, *box)
		}
	}
	return all, nil
}

// fieldPlacement returns where the mark goes in an existing field.
func (d *Document) fieldPlacement(f field) (*seal.Placement, error) {
	box, err := d.rect(f.widget.Get("Rect"))
	if err != nil {
		return nil, err
	}
	if box == nil || !(box.X0 < box.X1 && box.Y0 < box.Y1) {
		return nil, &FieldError{f.name, FieldWithout}
	}
	on, err := d.pageOf(f.widget)
	if err != nil {
		return nil, err
	}
	seen, err := d.view(on)
	if err != nil {
		return nil, err
	}
	placement, err := seen.Placement(*box)
	if err != nil {
		return nil, fmt.Errorf("plan: mark: %w", err)
	}
	return &placement, nil
}

// pageOf returns the page whose annotations include the widget.
func (d *Document) pageOf(widget dict) (found page, err error) {
	count := 0
	err = d.pages(func(p page) (bool, error) {
		annotations, _, err := d.array(p.dict, p.Get("Annots"))
		if count += len(annotations); count > maxAnnotations {
			return false, refuse(ReasonLimit, "more than %d annotations", maxAnnotations)
		}
		for _, e := range annotations {
			if e.Value == widget.in.Ref {
				found = p
				return true, err
			}
		}
		return false, err
	})
	if err == nil && found.Dict == nil {
		err = refuse(ReasonBroken, "no page has the widget of the field")
	}
	return found, err
}

// appendMark appends the form XObject of the mark, and the images it needs (ISO
// 32000-1 §8.10, §8.9). Without a mark, the form XObject is empty: PDF/A-1
// requires an appearance for every widget.
func (p *Plan) appendMark(all []object, mark *seal.Mark) []object {
	if mark == nil {
		return append(all, streamObject(p.shape, "/Type /XObject /Subtype /Form /BBox "+invisibleRectangle, nil))
	}
	resources := ""
	var images []object
	if picture := mark.Picture; picture != nil {
		image, size := p.next, fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8",
			picture.Width, picture.Height)
		resources = fmt.Sprintf(" /XObject << /Im0 %d 0 R >>", image)
		colours, mask := picture.Deflated(p.flatten)
		soft := ""
		if mask != nil {
			soft = fmt.Sprintf(" /SMask %d 0 R", image+1)
		}
		images = append(images, deflatedObject(image, size+" /ColorSpace /DeviceRGB"+soft, colours))
		if mask != nil {
			images = append(images, deflatedObject(image+1, size+" /ColorSpace /DeviceGray", mask))
		}
	}
	m := p.placement.Matrix
	form := fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 %s %s] /Matrix [%s %s %s %s %s %s] /Resources <<%s >>",
		decimal(mark.Width), decimal(mark.Height), decimal(m[0]), decimal(m[1]), decimal(m[2]), decimal(m[3]), decimal(m[4]), decimal(m[5]), resources)
	return append(append(all, streamObject(p.shape, form, mark.Stream)), images...)
}

// decimal returns a real number as it is written, with six decimals at most.
func decimal(f float64) string {
	return strconv.FormatFloat(math.Round(f*1e6)/1e6+0, 'f', -1, 64)
}

// streamObject returns a stream object, compressed unless it is empty.
func streamObject(number int, entries string, data []byte) object {
	if len(data) == 0 {
		return object{number: number, body: fmt.Appendf(nil, "%d 0 obj\n<< %s /Length 0 >>\nstream\n\nendstream\nendobj\n", number, entries)}
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(data)
	w.Close()
	return deflatedObject(number, entries, packed.Bytes())
}

func deflatedObject(number int, entries string, packed []byte) object {
	return object{number: number, body: fmt.Appendf(nil, "%d 0 obj\n<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n",
		number, entries, len(packed), packed)}
}

const pdfaNamespace = "http://www.aiim.org/pdfa/ns/id/"

// isPDFA1 reports whether the metadata claims PDF/A-1 (ISO 19005-1 §6.7.11).
// Metadata that cannot be read claims nothing.
func (d *Document) isPDFA1() (bool, error) {
	v, err := d.value(d.catalog.Get("Metadata"))
	metadata, ok := v.(*syntax.Stream)
	if err != nil || !ok {
		return false, err
	}
	data, err := d.file.Decode(metadata)
	if isUnreadable(err) {
		return false, nil
	} else if err != nil {
		return false, refusal(err)
	}
	x := xml.NewDecoder(bytes.NewReader(data))
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	part := xml.Name{Space: pdfaNamespace, Local: "part"}
	inside := false
	for {
		token, err := x.Token()
		if err != nil {
			return false, nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name == part
			for _, a := range t.Attr {
				if a.Name == part && a.Value == "1" {
					return true, nil
				}
			}
		case xml.CharData:
			if inside && string(bytes.TrimSpace(t)) == "1" {
				return true, nil
			}
		case xml.EndElement:
			inside = false
		}
	}
}
