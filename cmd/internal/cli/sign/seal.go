package sign

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/fonts"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/fingerprint"
	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
	"natsuin/verify/trust"
)

// A sealing holds what --visible and --seal ask for, and the mark that was
// drawn last. Its zero value draws nothing.
type sealing struct {
	asked    bool
	position *seal.Position // nil: that of the field, or usualCorner
	font     *seal.Font     // nil only with --seal-only
	picture  *seal.Picture
	only     bool // the picture alone
	address  bool

	mu    sync.Mutex
	drawn *seal.Mark // the last mark, or nil
	shown string     // its size and content, for comparison
}

// loadSeal parses the flags for the mark, and reads the font and the picture,
// before the card is touched. It returns an error if one of them cannot be
// used.
func (r *run) loadSeal(ctx context.Context) error {
	o := r.opts.PDF
	r.seal.asked, r.seal.only, r.seal.address = o.Visible != "" || o.Seal != "", o.SealOnly, o.VisibleAddress
	if !r.seal.asked {
		return nil
	}
	if o.Visible != "" {
		p, err := seal.ParsePosition(o.Visible)
		if err != nil {
			return err
		}
		r.seal.position = &p
	}
	if o.Seal != "" {
		data, err := infile.Read(ctx, o.Seal)
		if err != nil {
			return err
		}
		if r.seal.picture, err = seal.ParsePicture(bytes.NewReader(data)); err != nil {
			return outcome.File("err.seal.picture", o.Seal, err)
		}
	}
	return r.loadFont(ctx)
}

// loadFont reads --font, or a font of the system.
func (r *run) loadFont(ctx context.Context) error {
	name := r.opts.PDF.Font
	if name == "" {
		found, ok := fonts.Find(runtime.GOOS, "")
		switch {
		case !ok && r.seal.only:
			return nil // only a practice mark needs a font: see mark
		case !ok:
			return errNoFont()
		}
		name = found
	}
	data, err := infile.Read(ctx, name)
	if err != nil {
		return err
	}
	if r.seal.font, err = seal.ParseFont(data); err != nil {
		return outcome.File("err.seal.font", name, err)
	}
	return nil
}

func errNoFont() error { return &outcome.Error{Code: outcome.CodeFile, ID: "err.seal.no-font"} }

// usualCorner is where a mark goes without --visible.
var usualCorner = func() seal.Position {
	p, err := seal.ParsePosition("last:bottom-right")
	if err != nil {
		panic(err)
	}
	return p
}()

// rehearseMark draws the mark before the card is touched, so that a character
// that the font lacks, or a mark that does not fit, is refused then. It uses
// the name of --name, or a usual one, and a usual address.
func (r *run) rehearseMark(plan *pdf.Plan) error {
	name := r.opts.PDF.Name
	if name == "" {
		name = "山田太郎"
	}
	lines := []string{name}
	if r.seal.address && r.certificate() == card.SignCert {
		lines = append(lines, "東京都千代田区霞が関１－２")
	}
	lines = append(lines, dateOf(time.Time{}), shortOf("0123456789ABCDEF"))
	_, err := r.seal.mark(plan, lines, r.Access.Reader == access.PracticeReader)
	return err
}

// drawMark returns the mark that the signature of a file shows, or nil if it is
// invisible.
func (r *run) drawMark(j *job, k *key, now time.Time) (*seal.Mark, error) {
	if !r.seal.asked {
		return nil, nil
	}
	lines := []string{r.signerName(k)}
	if h := certtext.HolderOf(k.cert); r.seal.address && h != nil && h.Address != "" {
		lines = append(lines, h.Address)
	}
	lines = append(lines, dateOf(now), shortOf(fingerprint.Of(k.cert).SHA256.String()))
	mark, err := r.seal.mark(j.plan, lines, trust.IsPractice(k.cert))
	if err != nil {
		return nil, j.namedError(err)
	}
	return mark, nil
}

// mark draws a mark with these lines, or returns the last one if that is equal:
// most files of a run have equal marks, and each mark is kept until its file is
// written. It returns nil if the signature has no area on a page.
func (s *sealing) mark(plan *pdf.Plan, lines []string, practice bool) (*seal.Mark, error) {
	width, height, visible := plan.Box()
	switch {
	case !visible:
		return nil, nil
	case s.font == nil && practice:
		return nil, errNoFont()
	case s.only:
		lines = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := fmt.Sprintf("%g %g %t %q", width, height, practice, lines)
	if s.drawn != nil && s.shown == shown {
		return s.drawn, nil
	}
	content := seal.Content{Lines: lines, Practice: practice, Picture: s.picture, PictureOnly: s.only}
	drawn, err := seal.Draw(s.font, content, width, height)
	if err != nil {
		return nil, err
	}
	s.shown, s.drawn = shown, drawn
	return drawn, nil
}

func dateOf(t time.Time) string { return t.Format("2006-01-02 15:04 -07:00") }

// shortOf returns the first 16 digits of a fingerprint, which are enough to
// recognise a certificate.
func shortOf(hex string) string {
	return fmt.Sprintf("SHA-256 %s %s %s %s", hex[:4], hex[4:8], hex[8:12], hex[12:16])
}
