package cli_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// A batch is many small files, and a home directory that the runs share.
type batch struct {
	home, folder string
	files        []string
	readers      access.Readers
}

func newBatch(tb testing.TB, n int) *batch {
	b := &batch{home: tb.TempDir(), folder: tb.TempDir()}
	content := make([]byte, 10<<10)
	for i := range n {
		name := filepath.Join(b.folder, fmt.Sprint("file", i))
		rand.Read(content)
		if err := os.WriteFile(name, content, 0o600); err != nil {
			tb.Fatal(err)
		}
		b.files = append(b.files, name)
	}
	return b
}

// run runs a command that must succeed, with the names of the files, each
// followed by ending, as its arguments.
func (m *batch) run(tb testing.TB, ending string, args ...string) {
	for _, f := range m.files {
		args = append(args, f+ending)
	}
	var errs bytes.Buffer
	exit := cli.Main(&cli.Env{
		Args: args, Readers: m.readers, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"HOME": m.home}[name] },
		Streams: &console.Streams{In: strings.NewReader(signPassword + "\n"), Out: io.Discard, Err: &errs,
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
	})
	if exit != 0 {
		tb.Fatalf("exit %d: %s", exit, errs.String())
	}
}

func (m *batch) sign(tb testing.TB, reader string, args ...string) {
	m.run(tb, "", append([]string{"sign", "--reader", reader, "--yes", "--force", "--pin-from", "stdin"}, args...)...)
}

// deskBatch returns a batch, and a card in a reader named "reader".
func deskBatch(tb testing.TB, n int, change ...func(*virtual.Options)) (*batch, *virtual.Card) {
	m, d, card := newBatch(tb, n), newFakeService(), laidCard(tb, change...)
	d.plug("reader", card)
	m.readers = d
	return m, card
}

// BenchmarkSignMany signs small files with the practice card, which answers
// without a delay.
func BenchmarkSignMany(b *testing.B) {
	m := newBatch(b, 200)
	m.sign(b, "practice") // creates the card
	for b.Loop() {
		m.sign(b, "practice")
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(m.files)), "µs/file")
}

// BenchmarkVerifyMany verifies these signatures.
func BenchmarkVerifyMany(b *testing.B) {
	m := newBatch(b, 200)
	m.sign(b, "practice")
	for b.Loop() {
		m.run(b, ".p7s", "verify", "--ca", "practice")
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(m.files)), "µs/file")
}

// BenchmarkExchanges counts the exchanges for one signature with a card whose
// certificates are as long as a citizen's: with and without a kept CA
// certificate.
func BenchmarkExchanges(b *testing.B) {
	for _, known := range []bool{false, true} {
		b.Run(fmt.Sprintf("known=%v", known), func(b *testing.B) {
			m, card := deskBatch(b, 1, ofCitizensSize(b))
			if known {
				m.sign(b, "reader")
				card.ClearLog()
			}
			for b.Loop() {
				m.sign(b, "reader")
				if !known {
					m.home = b.TempDir()
				}
			}
			b.ReportMetric(float64(card.Tally().Exchanges)/float64(b.N), "APDUs")
		})
	}
}

// BenchmarkOpenSCSigns counts the exchanges that OpenSC's pkcs11-tool needs
// with the same card, in a reader of the real PC/SC service.
func BenchmarkOpenSCSigns(b *testing.B) {
	pcscdtest.Need(b, "pkcs11-tool")
	m, card := deskBatch(b, 1, ofCitizensSize(b))
	service := pcscdtest.Use(b)
	service.Insert(card)
	defer service.Remove()
	card.ClearLog()
	for b.Loop() {
		out, err := exec.Command("pkcs11-tool", "--token-label", "JPKI (Digital Signature PIN)", "--login", "--pin", signPassword,
			"--sign", "-m", "SHA256-RSA-PKCS", "--id", "02", "-i", m.files[0], "-o", m.files[0]+".sig").CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.ReportMetric(float64(card.Tally().Exchanges)/float64(b.N), "APDUs")
}

// BenchmarkSignWithASlowCard signs 20 files with a card that needs the time
// below for each exchange and each signature. The ratio is the time of the
// whole run divided by the time of the card.
func BenchmarkSignWithASlowCard(b *testing.B) {
	const apdu, signature = 25 * time.Millisecond, 400 * time.Millisecond
	m, card := deskBatch(b, 20, func(o *virtual.Options) { o.APDUTime, o.SignatureTime = apdu, signature })
	for b.Loop() {
		m.sign(b, "reader")
	}
	n := card.Tally()
	own := time.Duration(n.Exchanges)*apdu + time.Duration(n.Signatures)*signature
	b.ReportMetric(float64(b.Elapsed())/float64(own), "ratio")
}
