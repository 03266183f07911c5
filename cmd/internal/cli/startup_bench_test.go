package cli_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
)

// BenchmarkStartUp measures a run of natsuin --help, which has the start-up
// work of every command.
func BenchmarkStartUp(b *testing.B) {
	for _, lang := range []string{"ja", "en"} {
		b.Run(lang, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				env := &cli.Env{
					Args:    []string{"--lang", lang, "--help"},
					Streams: &console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
					Getenv:  func(string) string { return "" },
					Now:     time.Now,
				}
				if exit := cli.Main(env); exit != 0 {
					b.Fatal(exit)
				}
			}
		})
	}
}
