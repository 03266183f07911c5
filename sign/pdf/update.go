package pdf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An update is what is appended to the original, after a line end if the
// original has none.
type update struct {
	data []byte
	gap  struct{ start, end int } // of /Contents, from < to after >
}

// update renders the update without a CMS: /Contents is all zeros. The same
// plan and details give the same bytes.
func (p *Pending) update() update {
	plan := p.plan
	all := slices.Clone(plan.changed)
	all = append(all, object{number: plan.number, body: p.dictionary()})
	if plan.fresh != nil {
		all = append(all, p.field())
	}
	if plan.shape != 0 {
		all = plan.appendMark(all, p.details.Mark)
	}
	slices.SortFunc(all, func(a, b object) int { return cmp.Compare(a.number, b.number) })

	var out bytes.Buffer
	var entries []entry
	var signature int
	for _, o := range all {
		if o.number == plan.number {
			signature = out.Len()
		}
		entries = append(entries, entry{o.number, o.generation, plan.base() + int64(out.Len())})
		out.Write(o.body)
	}
	plan.section.write(&out, plan.base(), entries, p.prefix.sum)

	u := update{data: out.Bytes()}
	u.gap.start = signature + bytes.Index(u.data[signature:], []byte(contentsKey)) + len(contentsKey)
	u.gap.end = u.gap.start + 2 + 2*plan.room
	ranges := plan.byteRange(plan.base()+int64(u.gap.start), plan.base()+int64(u.gap.end), int64(len(u.data)-u.gap.end))
	copy(u.data[signature+bytes.Index(u.data[signature:], []byte(byteRangeKey)):], ranges)
	return u
}

const (
	byteRangeKey = "/ByteRange "
	contentsKey  = "/Contents "
)

// byteRange returns the entry /ByteRange, whose length does not depend on the
// numbers.
func (p *Plan) byteRange(first, second, rest int64) string {
	return fmt.Sprintf(byteRangeKey+"[0 %-*d %-*d %-*d]", p.section.width, first, p.section.width, second, p.section.width, rest)
}

// dictionary returns the signature dictionary (ISO 32000-1 Table 252, ISO
// 32000-2 Table 255 for a document time stamp, whose time is in the token). Its
// values are direct, so that no later update of another object can change them.
func (p *Pending) dictionary() []byte {
	d, kind := p.details, "Sig"
	if p.plan.sub == ETSIRFC3161 {
		kind = "DocTimeStamp"
	}
	entries := []string{
		"/Type /" + kind + " /Filter /" + signatureHandler + " /SubFilter /" + string(p.plan.sub),
		p.plan.byteRange(0, 0, 0),
		contentsKey + "<" + strings.Repeat("0", 2*p.plan.room) + ">",
	}
	if p.plan.sub != ETSIRFC3161 {
		entries = append(entries, "/M "+dateString(d.Time))
	}
	for _, t := range []struct{ key, text string }{
		{"/Name ", d.Name}, {"/Reason ", d.Reason}, {"/Location ", d.Location}, {"/ContactInfo ", d.Contact},
	} {
		if t.text != "" {
			entries = append(entries, t.key+textString(t.text))
		}
	}
	if p.plan.reference != "" {
		entries = append(entries, p.plan.reference)
	}
	return fmt.Appendf(nil, "%d 0 obj\n<< %s >>\nendobj\n", p.plan.number, strings.Join(entries, "\n"))
}

// field returns the new field, which is its own widget (ISO 32000-1 §12.7.4.5,
// §12.5.6.19).
func (p *Pending) field() object {
	fresh := p.plan.fresh
	rect := invisibleRectangle
	if at := p.plan.placement; at != nil {
		rect = fmt.Sprintf("[%s %s %s %s]", decimal(at.Rect.X0), decimal(at.Rect.Y0), decimal(at.Rect.X1), decimal(at.Rect.Y1))
	}
	entries := fmt.Sprintf("/Type /Annot /Subtype /Widget /FT /Sig /T %s /F %d /Rect %s /P %d %d R /V %d 0 R",
		textString(p.plan.field), printableAndLocked, rect, fresh.page.Number, fresh.page.Generation, p.plan.number)
	if p.plan.shape != 0 {
		entries += fmt.Sprintf(" /AP << /N %d 0 R >>", p.plan.shape)
	}
	if mark := p.details.Mark; mark != nil && mark.Text != "" {
		entries += " /TU " + textString(mark.Text)
	}
	return object{number: fresh.number, body: fmt.Appendf(nil, "%d 0 obj\n<< %s >>\nendobj\n", fresh.number, entries)}
}
