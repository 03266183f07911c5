package console

import "fmt"

// ColorMode is the value of --color.
type ColorMode uint8

// ColorAuto colours output to a terminal, unless NO_COLOR is set or TERM is
// "dumb".
const (
	ColorAuto ColorMode = iota
	ColorAlways
	ColorNever
)

// ColorModeError is a value that --color does not take.
type ColorModeError struct{ Value string }

func (e *ColorModeError) Error() string { return fmt.Sprintf("read color mode: %q", e.Value) }

// ParseColorMode reads auto, always or never.
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

// Palette emphasises text that says the same without it. The zero value leaves
// text as it is.
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

// A Style emphasises a line, whose words say the same without it: a method of
// [Palette].
type Style func(Palette, string) string

// Plain is the style that emphasises nothing.
func Plain(_ Palette, line string) string { return line }

func (p Palette) wrap(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good is for a good outcome.
func (p Palette) Good(text string) string { return p.wrap("32", text) }

// Warn is for what deserves a look.
func (p Palette) Warn(text string) string { return p.wrap("33", text) }

// Bad is for a bad outcome.
func (p Palette) Bad(text string) string { return p.wrap("31", text) }
