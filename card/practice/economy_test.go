package practice_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/practice"
)

// BenchmarkOpenSCSigns counts what OpenSC's pkcs11-tool exchanges with the card for one
// signature, to hold natsuin's own count against.
func BenchmarkOpenSCSigns(b *testing.B) {
	pcscdtest.Need(b, "pkcs11-tool")
	store := practice.Open(practice.Options{Dir: filepath.Join(b.TempDir(), "practice")})
	info, err := store.Show()
	if err != nil {
		b.Fatal(err)
	}
	service := pcscdtest.Use(b)
	conn, err := store.Connect()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	service.Insert(conn)
	defer service.Remove()
	letter := filepath.Join(b.TempDir(), "letter")
	if err := os.WriteFile(letter, []byte("a letter"), 0o600); err != nil {
		b.Fatal(err)
	}
	card := conn.Card()
	card.ClearLog()
	for b.Loop() {
		out, err := exec.Command("pkcs11-tool", "--token-label", "JPKI (Digital Signature PIN)", "--login", "--pin", info.Sign.Secret,
			"--sign", "-m", "SHA256-RSA-PKCS", "--id", "02", "-i", letter, "-o", letter+".sig").CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.ReportMetric(float64(card.Tally().Exchanges)/float64(b.N), "APDUs")
}
