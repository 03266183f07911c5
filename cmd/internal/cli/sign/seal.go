package sign

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/fonts"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/fingerprint"
	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
)

// A sealing is what --visible and --seal ask for. Its zero value draws nothing.
type sealing struct {
	asked    bool
	position *seal.Position // nil: that of the field, or usualCorner
	font     *seal.Font     // nil only with --seal-only
	picture  *seal.Picture
	only     bool // the picture alone
	address  bool
}

// loadSeal reads the font and the picture, and refuses what they lack, before
// the card is touched.
func (r *run) loadSeal(ctx context.Context) error {
	o := r.opts.PDF
	r.seal = sealing{asked: o.Visible != "" || o.Seal != "", only: o.SealOnly, address: o.VisibleAddress}
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
		f, err := infile.Open(ctx, o.Seal)
		if err != nil {
			return outcome.File("err.file.read", o.Seal, err)
		}
		defer f.Close()
		if r.seal.picture, err = seal.ParsePicture(f); err != nil {
			return outcome.File("err.seal.picture", o.Seal, err)
		}
	}
	return r.loadFont()
}

// loadFont reads --font, or a font of the system.
func (r *run) loadFont() error {
	name := r.opts.PDF.Font
	if name == "" {
		found, ok := fonts.Find(runtime.GOOS, "")
		switch {
		case !ok && r.seal.only:
			return nil // draw refuses a practice mark
		case !ok:
			return errNoFont()
		}
		name = found
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return outcome.File("err.file.read", name, err)
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

// rehearse draws the mark with the name that is known, or one of usual length,
// so that what can be refused is refused before the card is touched.
func (s sealing) rehearse(plan *pdf.Plan, name string) error {
	if name == "" {
		name = "山田太郎"
	}
	_, err := s.mark(plan, []string{name, dateOf(time.Time{}), shortOf(strings.Repeat("0", 64))}, false)
	return err
}

// draw returns the mark for a certificate, or nil if the signature is
// invisible.
func (s sealing) draw(plan *pdf.Plan, cert *x509.Certificate, name string, now time.Time, practice bool) (*seal.Mark, error) {
	lines := []string{name}
	if h := certtext.HolderOf(cert); s.address && h != nil && h.Address != "" {
		lines = append(lines, h.Address)
	}
	return s.mark(plan, append(lines, dateOf(now), shortOf(fingerprint.Of(cert).SHA256.String())), practice)
}

func (s sealing) mark(plan *pdf.Plan, lines []string, practice bool) (*seal.Mark, error) {
	width, height, visible := plan.Box()
	switch {
	case !visible:
		return nil, nil
	case s.font == nil && practice:
		return nil, errNoFont()
	case s.only:
		lines = nil
	}
	return seal.Draw(s.font, seal.Content{Lines: lines, Practice: practice, Picture: s.picture, PictureOnly: s.only}, width, height)
}

func dateOf(t time.Time) string { return t.Format("2006-01-02 15:04 -07:00") }

// shortOf returns the beginning of a certificate's fingerprint, enough to
// recognise it by.
func shortOf(hex string) string {
	return fmt.Sprintf("SHA-256 %s %s %s %s", hex[:4], hex[4:8], hex[8:12], hex[12:16])
}
