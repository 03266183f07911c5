package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/console"
)

// versionReport is the JSON object of version.
type versionReport struct {
	console.Head
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	PCSC    bool   `json:"pcsc"` // built with support for readers
	Home    string `json:"home,omitempty"`
}

// home is the address of the repository that released this program. The linker
// sets it (.ci/package); it is empty in other builds.
var home string

func newVersion(a *app) *cobra.Command {
	c := a.Verb("version", "version", func(context.Context, []string) error {
		a.showVersion()
		return nil
	})
	c.Args = a.Arguments(0, 0)
	return c
}

func (a *app) showVersion() {
	a.Report = &versionReport{Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, PCSC: pcsc.Available(), Home: home}
	a.Print("natsuin " + version() + " (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")")
	if !pcsc.Available() {
		a.Print(a.T("version.no-pcsc"))
	}
	if home != "" {
		a.Print(a.T("version.home", "Address", home))
	}
}

// version returns the version of the module or, if it has none, the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			return "devel-" + s.Value[:min(len(s.Value), 12)]
		}
	}
	if v == "" {
		return "devel"
	}
	return v
}
