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

// A sealing is what --visible and --seal ask for. Its zero value draws nothing.
type sealing struct {
	asked    bool
	position *seal.Position // nil: that of the field, or usualCorner
	font     *seal.Font     // nil only with --seal-only
	picture  *seal.Picture
	only     bool // the picture alone
	address  bool

	mu    sync.Mutex
	drawn *seal.Mark // the last one
	shown string     // what it shows
}

// loadSeal reads the font and the picture, and refuses what they lack, before
// the card is touched.
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
			return nil // mark refuses a practice mark
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

// rehearseMark draws the mark with the name that is known, or a usual one, and a
// usual address, so that what can be refused is refused before the card is touched.
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

// mark draws a mark of these lines, or returns the one that was drawn before:
// the files of a run have mostly the same, and it is kept until the file is
// written.
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

// shortOf returns the beginning of a certificate's fingerprint, enough to
// recognise it by.
func shortOf(hex string) string {
	return fmt.Sprintf("SHA-256 %s %s %s %s", hex[:4], hex[4:8], hex[8:12], hex[12:16])
}
