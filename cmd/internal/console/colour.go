package console

import "fmt"

// ColorMode is the value of --color.
type ColorMode uint8

// ColorAuto colours the output if it goes to a terminal, unless NO_COLOR is not
// empty or TERM is "dumb".
const (
	ColorAuto ColorMode = iota
	ColorAlways
	ColorNever
)

// A ColorModeError means that --color has an unknown value.
type ColorModeError struct{ Value string }

func (e *ColorModeError) Error() string { return fmt.Sprintf("read color mode: %q", e.Value) }

// ParseColorMode parses auto, always or never. An empty value means auto. The
// error is a [*ColorModeError].
func ParseColorMode(value string) (ColorMode, error) {
	switch value {
	case "", "auto":
		return ColorAuto, nil
	case "always":
		return ColorAlways, nil
	case "never":
		return ColorNever, nil
	default:
		return ColorAuto, &ColorModeError{value}
	}
}

// A Palette emphasises text with colour. Colour is never the only sign of a
// meaning. The zero value leaves text as it is.
type Palette struct{ on bool }

// OutPalette returns the palette for standard output.
func (s *Streams) OutPalette(mode ColorMode) Palette {
	switch mode {
	case ColorAlways:
		return Palette{true}
	case ColorNever:
		return Palette{}
	default:
		return Palette{s.OutIsTerminal && s.env("NO_COLOR") == "" && s.env("TERM") != "dumb"}
	}
}

// A Style emphasises a line with a [Palette], as [Palette.Good] does.
type Style func(Palette, string) string

// Plain is the style without any emphasis.
func Plain(_ Palette, line string) string { return line }

func (p Palette) wrap(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good marks a good outcome.
func (p Palette) Good(text string) string { return p.wrap("32", text) }

// Warn marks a result that needs attention.
func (p Palette) Warn(text string) string { return p.wrap("33", text) }

// Bad marks a bad outcome.
func (p Palette) Bad(text string) string { return p.wrap("31", text) }
