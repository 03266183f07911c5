package doctor

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"natsuin/card/practice"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/verify/trust"
)

// examineClock checks the clock against two dates that are certainly in the
// past: that of the commit from which this program was built, and the first day
// of the newest published root. The probe fails if the clock is more than a day
// behind the later of them. It is a warning if the clock is past the last day
// of every published root.
func (d *diagnosis) examineClock() {
	now := d.Now()
	earliest, latest := time.Time{}, time.Time{}
	for _, r := range trust.Published() {
		earliest, latest = later(earliest, r.NotBefore), later(latest, r.NotAfter)
	}
	earliest = later(earliest, builtAt())
	switch {
	case now.Before(earliest.Add(-24 * time.Hour)):
		d.fail("clock", &outcome.Error{Code: outcome.CodeIndeterminate, ID: "err.doctor.clock",
			Pairs: []any{"Now", d.DateTime(now), "Date", d.Date(earliest)}})
	case now.After(latest):
		d.warn("clock", d.DateTime(now), d.T("doctor.fix.clock.late", "Date", d.Date(latest)))
	default:
		d.pass("clock", d.DateTime(now))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// builtAt returns the time of the commit that this program was built from, or
// zero if the build does not record it.
func builtAt() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, _ := time.Parse(time.RFC3339, s.Value)
			return t
		}
	}
	return time.Time{}
}

// examineLocale checks that the locale uses UTF-8, which Japanese text needs.
// On Windows and macOS the variables do not determine the encoding.
func (d *diagnosis) examineLocale() {
	value := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value = d.Folders(name); value != "" {
			break
		}
	}
	encoding := strings.ToLower(strings.ReplaceAll(value, "-", ""))
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || strings.Contains(encoding, "utf8") {
		d.pass("locale", text.Escape(value))
		return
	}
	d.warn("locale", d.T("doctor.locale", "Value", text.Escape(value)), d.T("doctor.fix.locale"))
}

// examinePractice checks whether there is a practice card. It does not create
// one.
func (d *diagnosis) examinePractice() {
	_, _, err := d.Access.Practice().Roots()
	switch {
	case err == nil:
		d.pass("practice", text.Escape(d.Folders.Practice()))
	case errors.Is(err, practice.ErrNoCard):
		d.warn("practice", d.T("doctor.practice.none"), d.T("doctor.practice.none.hint"))
	default:
		d.fail("practice", err)
	}
}

func (d *diagnosis) examineRoots() {
	registered, err := policy.Registered(d.Run).List()
	if err != nil {
		d.fail("roots", err)
		return
	}
	d.pass("roots", d.T("trust.registered", "N", len(registered)))
}

// A platform determines which command fixes a problem.
type platform string

const (
	debian  platform = "debian"
	fedora  platform = "fedora"
	arch    platform = "arch"
	linux   platform = "linux" // any other distribution
	macOS   platform = "macos"
	windows platform = "windows"
)

// platformOf returns the platform for a GOOS and, on Linux, the contents of
// os-release(5).
func platformOf(goos, osRelease string) platform {
	switch goos {
	case "windows":
		return windows
	case "darwin":
		return macOS
	}
	words := " "
	for _, line := range strings.Split(osRelease, "\n") {
		for _, key := range []string{"ID=", "ID_LIKE="} {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), key); ok {
				words += strings.Trim(value, `"'`) + " "
			}
		}
	}
	for _, row := range []struct {
		id string
		p  platform
	}{{"debian", debian}, {"ubuntu", debian}, {"fedora", fedora}, {"rhel", fedora}, {"centos", fedora}, {"arch", arch}} {
		if strings.Contains(words, " "+row.id+" ") {
			return row.p
		}
	}
	return linux
}

func thisPlatform() platform {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		release, _ = os.ReadFile("/usr/lib/os-release") // if it cannot be read either, the distribution is unknown
	}
	return platformOf(runtime.GOOS, string(release))
}

// fixCommands holds the commands to type, by probe and platform.
var fixCommands = map[string]map[platform]string{
	"build": {
		debian:  "sudo apt install gcc pkg-config libpcsclite-dev && CGO_ENABLED=1 go build ./cmd/natsuin",
		fedora:  "sudo dnf install gcc pkgconf pcsc-lite-devel && CGO_ENABLED=1 go build ./cmd/natsuin",
		arch:    "sudo pacman -S gcc pkgconf pcsclite && CGO_ENABLED=1 go build ./cmd/natsuin",
		linux:   "CGO_ENABLED=1 go build ./cmd/natsuin",
		macOS:   "xcode-select --install && CGO_ENABLED=1 go build ./cmd/natsuin",
		windows: "go build ./cmd/natsuin",
	},
	"service": {
		debian:  "sudo apt install pcscd libccid && sudo systemctl enable --now pcscd.socket",
		fedora:  "sudo dnf install pcsc-lite pcsc-lite-ccid && sudo systemctl enable --now pcscd.socket",
		arch:    "sudo pacman -S pcsclite ccid && sudo systemctl enable --now pcscd.socket",
		linux:   "sudo systemctl enable --now pcscd.socket",
		macOS:   "system_profiler SPSmartCardsDataType",
		windows: "Start-Service SCardSvr",
	},
	"permission": {
		debian:  "pkcheck --action-id org.debian.pcsc-lite.access_pcsc --process $$",
		fedora:  "pkcheck --action-id org.debian.pcsc-lite.access_pcsc --process $$",
		arch:    "pkcheck --action-id org.debian.pcsc-lite.access_pcsc --process $$",
		linux:   "pkcheck --action-id org.debian.pcsc-lite.access_pcsc --process $$",
		macOS:   "system_profiler SPSmartCardsDataType",
		windows: "Get-Service SCardSvr",
	},
	"readers": {
		debian:  "sudo apt install libccid && sudo systemctl restart pcscd",
		fedora:  "sudo dnf install pcsc-lite-ccid && sudo systemctl restart pcscd",
		arch:    "sudo pacman -S ccid && sudo systemctl restart pcscd",
		linux:   "sudo systemctl restart pcscd",
		macOS:   "system_profiler SPSmartCardsDataType",
		windows: "Get-PnpDevice -Class SmartCardReader",
	},
	"clock": {
		debian:  "sudo timedatectl set-ntp true",
		fedora:  "sudo timedatectl set-ntp true",
		arch:    "sudo timedatectl set-ntp true",
		linux:   "sudo timedatectl set-ntp true",
		macOS:   "sudo sntp -sS time.apple.com",
		windows: "w32tm /resync",
	},
}

// fixFor returns the fix for a failed probe on this platform, in words and as a
// command to type. Both may be empty.
func (d *diagnosis) fixFor(id string) (words, command string) {
	commands, ok := fixCommands[id]
	if !ok || id == "readers" && d.Access.Reader != "" {
		return "", "" // the next step of the error is more helpful
	}
	p := thisPlatform()
	if id == "readers" && p != macOS && p != windows {
		return d.T("doctor.fix.readers.linux"), commands[p] // docs/card.md §4
	}
	return d.T("doctor.fix." + id), commands[p]
}
