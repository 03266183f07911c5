package seal_test

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"natsuin/sign/pdf/seal"
)

// operands holds the operators that a mark may contain, with the number of
// their operands. None of them shows text or needs a resource other than /Im0.
var operands = map[string]int{
	"m": 2, "l": 2, "c": 6, "f": 0, "re": 4, "S": 0, "w": 1, "g": 1, "G": 1, "q": 0, "Q": 0, "cm": 6, "Do": 1,
}

type operation struct {
	operator string
	operands []float64
}

// checkStream returns the operations of a stream, which must be well-formed and
// use only the operators in operands.
func checkStream(t testing.TB, stream []byte) (all []operation) {
	t.Helper()
	for line := range strings.Lines(string(stream)) {
		fields := strings.Fields(line)
		operator := fields[len(fields)-1]
		given := fields[:len(fields)-1]
		if n, ok := operands[operator]; !ok || n != len(given) {
			t.Fatalf("operation %q", line)
		}
		op := operation{operator: operator}
		for _, s := range given {
			v, err := strconv.ParseFloat(s, 64)
			_, decimals, _ := strings.Cut(s, ".")
			if operator == "Do" && s == "/Im0" {
				continue
			}
			if err != nil || len(decimals) > 2 || strings.ContainsAny(s, "eEnN") {
				t.Fatalf("operand %q in %q", s, line)
			}
			op.operands = append(op.operands, v)
		}
		all = append(all, op)
	}
	return all
}

// bounds returns the box of each path that is filled, which ends with the
// operator f.
func bounds(all []operation) (boxes [][4]float64) {
	empty := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	b := empty
	for _, op := range all {
		switch op.operator {
		case "m", "l", "c":
			for i := 0; i < len(op.operands); i += 2 {
				x, y := op.operands[i], op.operands[i+1]
				b = [4]float64{min(b[0], x), min(b[1], y), max(b[2], x), max(b[3], y)}
			}
		case "f":
			boxes = append(boxes, b)
			b = empty
		}
	}
	return boxes
}

func draw(t testing.TB, f *seal.Font, c seal.Content, width, height float64) *seal.Mark {
	t.Helper()
	m, err := seal.Draw(f, c, width, height)
	if err != nil {
		t.Fatal(err)
	}
	if m.Width != width || m.Height != height || m.Picture != c.Picture {
		t.Errorf("mark of %g by %g, picture %v", m.Width, m.Height, m.Picture)
	}
	return m
}

var lines = []string{"Taro Yamada", "2026-11-30 14:41", "3F2A 91C0 77DE"}

func TestTextLiesInTheBox(t *testing.T) {
	for _, size := range [][2]float64{{170, 57}, {57, 170}, {80, 80}, {500, 60}, {60, 500}} {
		width, height := size[0], size[1]
		for _, c := range []seal.Content{{Lines: lines}, {Lines: lines, Picture: picture(t, 40, 40)}, {Lines: lines[:1]}} {
			boxes := bounds(checkStream(t, draw(t, latin(t), c, width, height).Stream))
			if len(boxes) != len(c.Lines) {
				t.Fatalf("%d lines are drawn, want %d", len(boxes), len(c.Lines))
			}
			for i, b := range boxes {
				edge := 0.05 * min(width, height)
				if b[0] < edge || b[1] < edge || b[2] > width-edge || b[3] > height-edge {
					t.Errorf("%v: line %d reaches %v", size, i, b)
				}
				if i > 0 && b[3] > boxes[i-1][1] {
					t.Errorf("%v: line %d touches the one above", size, i)
				}
				if i > 0 && b[3]-b[1] > boxes[0][3]-boxes[0][1] {
					t.Errorf("%v: line %d is larger than the name", size, i)
				}
			}
		}
	}
}

func TestTheSameMarkEachTime(t *testing.T) {
	c := seal.Content{Lines: lines, Picture: picture(t, 40, 40)}
	first := draw(t, latin(t), c, 170, 57)
	if second := draw(t, latin(t), c, 170, 57); !bytes.Equal(first.Stream, second.Stream) {
		t.Error("two marks of the same content differ")
	}
	if first.Text != "Taro Yamada, 2026-11-30 14:41, 3F2A 91C0 77DE" {
		t.Errorf("text %q", first.Text)
	}
}

func TestSmallestText(t *testing.T) {
	f := parsed(t, face{glyphs: [][]byte{nil, polygon(3, 500)}, letters: map[rune]uint16{'A': 1}, advance: 1000}.bytes())
	// The frame takes a tenth of the smaller side at each edge, so that ten
	// letters of one em each, at 4 points, just fit a box of 48 by 40.
	for _, test := range []struct {
		width float64
		fits  bool
	}{{48.001, true}, {47.999, false}} {
		_, err := seal.Draw(f, seal.Content{Lines: []string{"AAAAAAAAAA"}}, test.width, 40)
		var wrong *seal.FitError
		if test.fits != (err == nil) || err != nil && (!errors.As(err, &wrong) || wrong.Width != test.width || wrong.Height != 40) {
			t.Errorf("%g points: %v", test.width, err)
		}
	}
	// The second line alone is too long.
	var wrong *seal.FitError
	if _, err := seal.Draw(f, seal.Content{Lines: []string{"A", "AAAAAAAAAA"}}, 47.999, 40); !errors.As(err, &wrong) {
		t.Errorf("second line: %v", err)
	}
	// Eight lines need some height.
	if _, err := seal.Draw(f, seal.Content{Lines: strings.Split("AAAAAAAA", "")}, 500, 55); !errors.As(err, &wrong) {
		t.Errorf("eight lines: %v", err)
	}
}

func TestPracticeIsDrawnAcross(t *testing.T) {
	f := japanese(t)
	for _, c := range []seal.Content{
		{Lines: []string{"髙﨑　辻"}, Practice: true},
		{Lines: []string{"髙﨑　辻"}, Practice: true, Picture: picture(t, 30, 30)},
		{Practice: true, Picture: picture(t, 30, 30), PictureOnly: true},
	} {
		m := draw(t, f, c, 80, 57)
		all := checkStream(t, m.Stream)
		across := bounds(all)[0]
		if across[0] < 0 || across[1] < 0 || across[2] > 80 || across[3] > 57 {
			t.Errorf("it leaves the box: %v", across)
		}
		if across[2]-across[0] < 60 || across[3]-across[1] < 40 {
			t.Errorf("it does not go across: %v", across)
		}
		if c.Picture != nil && bytes.Index(m.Stream, []byte("/Im0 Do")) > bytes.Index(m.Stream, []byte("0.7 g")) {
			t.Error("the picture covers it")
		}
		if !strings.HasPrefix(m.Text, "練習 / PRACTICE") {
			t.Errorf("text %q", m.Text)
		}
	}
	var missing *seal.MissingGlyphError
	if _, err := seal.Draw(latin(t), seal.Content{Lines: lines, Practice: true}, 170, 57); !errors.As(err, &missing) || string(missing.Runes) != "練習" {
		t.Errorf("a font without kanji: %v", err)
	}
}

func TestPictures(t *testing.T) {
	for _, test := range []struct {
		width, height int
		want          [4]float64 // x, y, width and height
	}{
		{10, 10, [4]float64{20, 0, 60, 60}}, {20, 10, [4]float64{0, 5, 100, 50}}, {10, 20, [4]float64{35, 0, 30, 60}},
	} {
		p := picture(t, test.width, test.height)
		all := checkStream(t, draw(t, nil, seal.Content{Lines: []string{"山田"}, Picture: p, PictureOnly: true}, 100, 60).Stream)
		cm := all[1].operands
		if got := [4]float64{cm[4], cm[5], cm[0], cm[3]}; len(all) != 4 || got != test.want {
			t.Errorf("%d by %d: %v", test.width, test.height, got)
		}
	}
	// The picture is left of the text.
	all := checkStream(t, draw(t, latin(t), seal.Content{Lines: lines, Picture: picture(t, 10, 10)}, 170, 57).Stream)
	for _, op := range all {
		if op.operator == "cm" {
			for i, b := range bounds(all) {
				if b[0] < op.operands[4]+op.operands[0] {
					t.Errorf("line %d reaches into the picture", i)
				}
			}
		}
	}
}

func TestContentIsRefused(t *testing.T) {
	f := latin(t)
	for _, text := range []string{"a\x00", "a\nb", "\t", "a\u007f", "a\u0085", "a\u00ad", "a\u200bb", "\u202ea", "\u2028", "\ufeffa", "\xff", "a\xe5\xb1"} {
		for _, c := range []seal.Content{{Lines: []string{text}}, {Lines: []string{"a", text}, Picture: picture(t, 1, 1), PictureOnly: true}} {
			var wrong *seal.TextError
			if _, err := seal.Draw(f, c, 170, 57); !errors.As(err, &wrong) {
				t.Errorf("%+q: %v", text, err)
			}
		}
	}
	var missing *seal.MissingGlyphError
	if _, err := seal.Draw(f, seal.Content{Lines: []string{"Taro 山田", "田 \uFFFD"}}, 170, 57); !errors.As(err, &missing) || !strings.HasPrefix(string(missing.Runes), "山田") {
		t.Errorf("missing glyphs: %v", err)
	}
	for _, size := range [][2]float64{{0, 1}, {1, 0}, {-1, 1}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		var wrong *seal.GeometryError
		if _, err := seal.Draw(f, seal.Content{Lines: lines}, size[0], size[1]); !errors.As(err, &wrong) {
			t.Errorf("%v: %v", size, err)
		}
	}
	var font *seal.FontError
	if _, err := seal.Draw(nil, seal.Content{Lines: lines}, 170, 57); !errors.As(err, &font) {
		t.Errorf("no font: %v", err)
	}
	var picture *seal.PictureError
	if _, err := seal.Draw(f, seal.Content{PictureOnly: true}, 170, 57); !errors.As(err, &picture) {
		t.Errorf("no picture: %v", err)
	}
}

func TestLimitsOfContent(t *testing.T) {
	f := parsed(t, face{
		glyphs:  [][]byte{nil, polygon(3, 500), polygon(1249, 500), polygon(1250, 500)},
		letters: map[rune]uint16{'A': 1, 'B': 2, 'C': 3}, advance: 100,
	}.bytes())
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for name, test := range map[string]struct {
		lines []string
		ok    bool
	}{
		"lines":      {make([]string, seal.MaxLines), true},
		"lines + 1":  {make([]string, seal.MaxLines+1), false},
		"runes":      {[]string{many("A", seal.MaxRunes)}, true},
		"runes + 1":  {[]string{many("A", seal.MaxRunes+1)}, false},
		"curves":     {[]string{many("B", 40)}, true}, // 1,250 operators each
		"curves + 1": {[]string{many("B", 39) + "C"}, false},
	} {
		_, err := seal.Draw(f, seal.Content{Lines: test.lines}, 1000, 1000)
		var limit *seal.LimitError
		if test.ok && err != nil || !test.ok && !errors.As(err, &limit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
