package fonts_test

import (
	"os"
	"path/filepath"
	"testing"

	"natsuin/cmd/internal/fonts"
)

// install creates a file below root, at the path at which a system has it.
func install(t *testing.T, root, name string) string {
	t.Helper()
	name = filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheBestFontIsFound(t *testing.T) {
	root := t.TempDir()
	if path, ok := fonts.Find("linux", root); ok {
		t.Errorf("an empty system has %s", path)
	}
	// A folder with the name of a font is not a font.
	if err := os.MkdirAll(filepath.Join(root, "usr/share/fonts/opentype/ipafont-gothic/ipag.ttf"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
		"/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
	} {
		want := install(t, root, name)
		for _, system := range []string{"linux", "freebsd"} {
			if path, ok := fonts.Find(system, root); !ok || path != want {
				t.Errorf("%s: %q, want %q", system, path, want)
			}
		}
	}
	for _, system := range []string{"darwin", "windows"} {
		if path, ok := fonts.Find(system, root); ok {
			t.Errorf("%s has %s", system, path)
		}
	}
	want := install(t, root, "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc")
	if path, ok := fonts.Find("darwin", root); !ok || path != want {
		t.Errorf("darwin: %q, want %q", path, want)
	}
}
