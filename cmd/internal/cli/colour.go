package cli

import (
	"strings"

	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// A shade is how a line is emphasised; its words say the same without it.
type shade func(ui.Palette, string) string

// shaded is print in a shade, where --color, NO_COLOR and the terminal want any.
func (a *app) shaded(in shade, line string) {
	if a.asJSON {
		return
	}
	mode, _ := ui.ParseColorMode(a.flags.color) // checkGlobals refused what is none
	palette := a.env.Streams.OutPalette(mode)
	lines := strings.Split(a.fit(line, a.env.Streams.OutIsTerminal), "\n")
	for i := range lines {
		lines[i] = in(palette, lines[i])
	}
	a.write(strings.Join(lines, "\n"))
}

// goodOrBad is the shade of an outcome that is either.
func goodOrBad(good bool) shade {
	if good {
		return ui.Palette.Good
	}
	return ui.Palette.Bad
}

// shadeOf is the shade of a verdict.
func shadeOf(v verify.Verdict) shade {
	switch v {
	case verify.Valid:
		return ui.Palette.Good
	case verify.Invalid:
		return ui.Palette.Bad
	}
	return ui.Palette.Warn
}
