package doctor

import "testing"

func TestPlatformIsToldByOSRelease(t *testing.T) {
	for _, c := range []struct {
		goos, release string
		want          platform
	}{
		{"linux", "NAME=\"Debian GNU/Linux\"\nID=debian\n", debian},
		{"linux", "ID=ubuntu\nID_LIKE=debian\n", debian},
		{"linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", debian},
		{"linux", "ID=fedora\n", fedora},
		{"linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", fedora},
		{"linux", "ID=arch\n", arch},
		{"linux", "ID=manjaro\nID_LIKE=arch\n", arch},
		{"linux", "ID=nixos\n", linux},
		{"linux", "", linux},
		{"freebsd", "", linux},
		{"darwin", "", macOS},
		{"windows", "", windows},
	} {
		if got := platformOf(c.goos, c.release); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.goos, c.release, got, c.want)
		}
	}
}

func TestEveryFixNamesACommandForEveryPlatform(t *testing.T) {
	for id, commands := range fixCommands {
		for _, p := range []platform{debian, fedora, arch, linux, macOS, windows} {
			if commands[p] == "" {
				t.Errorf("%s: no command for %s", id, p)
			}
		}
	}
}
