// Package fonts finds a font of the system that has the kanji of Japanese
// names.
package fonts

import (
	"os"
	"path/filepath"
)

// Package is the Debian package that a person without a font should install. On
// Linux, Find looks for its font first.
const Package = "fonts-ipaexfont-gothic"

// candidates lists the files by runtime.GOOS, the best first. They are
// sans-serif fonts, which stay legible when they are small. Systems that are
// not listed use those of Linux.
var candidates = map[string][]string{
	"linux": {
		"/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",               // Debian: fonts-ipaexfont-gothic
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",              // Debian: fonts-noto-cjk
		"/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",            // Debian: fonts-vlgothic
		"/usr/share/fonts/truetype/takao-gothic/TakaoGothic.ttf",              // Debian: fonts-takao-gothic
		"/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",                   // Debian: fonts-ipafont-gothic
		"/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",                 // Debian: the one that update-alternatives has chosen
		"/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",            // Fedora 35: google-noto-sans-cjk-ttc-fonts
		"/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", // Fedora: google-noto-sans-cjk-fonts
		"/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",                   // Arch: noto-fonts-cjk
		"/usr/share/fonts/OTF/ipaexg.ttf",                                     // Arch: otf-ipaexfont
	},
	"darwin": {
		"/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
		"/System/Library/Fonts/ヒラギノ丸ゴ ProN W4.ttc",
	},
	"windows": {
		`C:\Windows\Fonts\YuGothR.ttc`,
		`C:\Windows\Fonts\meiryo.ttc`,
		`C:\Windows\Fonts\msgothic.ttc`,
		`C:\Windows\Fonts\BIZ-UDGothicR.ttc`,
	},
}

// Find returns the path of the best font that is installed, and reports whether
// there is one. system is the name of the system in runtime.GOOS. root is the
// folder below which Find looks, or "" for the system itself.
func Find(system, root string) (path string, ok bool) {
	names := candidates[system]
	if names == nil {
		names = candidates["linux"]
	}
	for _, name := range names {
		name = filepath.Join(root, name)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name, true
		}
	}
	return "", false
}
