package cli

import (
	"strings"

	"natsuin/cmd/internal/console"
	"natsuin/verify"
)

// A shade is how a line is emphasised; its words say the same without it.
type shade func(console.Palette, string) string

// shaded is print in a shade, where --color, NO_COLOR and the terminal want any.
func (a *app) shaded(in shade, line string) {
	if a.asJSON {
		return
	}
	mode, _ := console.ParseColorMode(a.flags.color) // checkGlobals refused what is none
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
		return console.Palette.Good
	}
	return console.Palette.Bad
}

// shadeOf is the shade of a verdict. A practice one is never green: it counts for nothing.
func shadeOf(rep *verify.Report) shade {
	switch {
	case rep.Verdict == verify.Invalid:
		return console.Palette.Bad
	case rep.Verdict == verify.Valid && !rep.Practice:
		return console.Palette.Good
	}
	return console.Palette.Warn
}

// shadeOfProbe leaves what is well or was not looked at as it is.
func shadeOfProbe(result string) shade {
	switch result {
	case probeFailed:
		return console.Palette.Bad
	case probeWarning:
		return console.Palette.Warn
	}
	return func(_ console.Palette, text string) string { return text }
}
