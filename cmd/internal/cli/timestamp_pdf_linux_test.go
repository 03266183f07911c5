package cli_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"natsuin/cmd/internal/pdftest"
	"natsuin/sign/timestamp/tsatest"
)

// newDocumentMachine returns a stampMachine that also has doc.pdf, which is not
// signed, and doc_signed.pdf, which the practice card signed.
func newDocumentMachine(t *testing.T) *stampMachine {
	t.Helper()
	d := newStampMachine(t)
	d.write(d.path("doc.pdf"), pdftest.Sample("a letter"))
	if a := d.ask("sign", "--pdf", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@doc.pdf"); a.Exit != 0 {
		t.Fatalf("%s", a.raw)
	}
	return d
}

// later runs timestamp with the authority of the machine.
func (d *stampMachine) later(args ...string) answerOf {
	d.t.Helper()
	return d.laterFrom(d.url, args...)
}

func (d *stampMachine) laterFrom(address string, args ...string) answerOf {
	d.t.Helper()
	return d.ask(append([]string{"timestamp", "--timestamp", address, "--timestamp-policy", tsatest.Policy, "--tsa-ca", "@tsa.pem"}, args...)...)
}

// dated checks that a PDF has this number of signatures, all VALID, and this
// number of document time stamps, all verified, the newest over the whole file.
func (d *stampMachine) dated(name string, signatures, stamps int) answerOf {
	d.t.Helper()
	a := d.ask("verify", "--ca", "practice", "--tsa-ca", "@tsa.pem", "@"+name)
	exit, code := 0, "ok"
	if signatures == 0 {
		exit, code = 4, "no-signature"
	}
	if a.Exit != exit || a.Code != code || len(a.Files[0].Signers) != signatures || len(a.Files[0].Timestamps) != stamps {
		d.t.Fatalf("%s: %s", name, a.raw)
	}
	for _, s := range a.Files[0].Signers {
		if s.Verdict != "VALID" {
			d.t.Errorf("%s: %s", name, a.raw)
		}
	}
	for i, s := range a.Files[0].Timestamps {
		if !s.Verified || !s.Unchanged || s.Whole != (i == stamps-1) || s.Time != d.now.UTC().Format(time.RFC3339) || s.Authority != "CN=Test authority" {
			d.t.Errorf("%s: %+v", name, s)
		}
	}
	return a
}

// A PDF, signed or not, gets its time stamp in a copy. The PDF itself and its
// signatures stay as they were, and openssl verifies the token over the byte
// ranges.
func TestAPDFGetsADocumentTimeStamp(t *testing.T) {
	d := newDocumentMachine(t)
	plain, signed := d.read("doc.pdf"), d.read("doc_signed.pdf")
	a := d.later("@doc.pdf", "@doc_signed.pdf")
	if a.Exit != 0 || len(a.Files) != 2 || len(a.Files[0].Timestamps) != 1 || len(a.Files[1].Timestamps) != 1 ||
		a.Files[0].Output != d.path("doc_stamped.pdf") || a.Files[1].Output != d.path("doc_signed_stamped.pdf") {
		t.Fatalf("%s%s", a.raw, a.talk)
	}
	if n := len(d.authority.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	for name, original := range map[string][]byte{"doc": plain, "doc_signed": signed} {
		if out := d.read(name + "_stamped.pdf"); !bytes.HasPrefix(out, original) || !bytes.Equal(d.read(name+".pdf"), original) {
			t.Errorf("%s is not as it was", name)
		}
		d.opensslVerifies(name + "_stamped.pdf")
	}
	d.dated("doc_stamped.pdf", 0, 1)
	if a := d.dated("doc_signed_stamped.pdf", 1, 1); a.Files[0].Signers[0].Reference.From != "timestamp" {
		t.Errorf("%s", a.raw)
	}
	// It can be signed and stamped once more, whatever its name.
	d.write(d.path("a"), d.read("doc_signed_stamped.pdf"))
	if a := d.later("-o", "@again.pdf", "@a"); a.Exit != 0 {
		t.Fatalf("%s", a.raw)
	}
	d.dated("again.pdf", 1, 2)
	if a := d.ask("sign", "--pades", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "-o", "@twice.pdf", "@again.pdf"); a.Exit != 0 {
		t.Fatalf("%s", a.raw)
	}
	exit, out, talk := d.say("timestamp", "--timestamp", d.url, "-o", "-", "@twice.pdf")
	if exit != 0 {
		t.Fatalf("exit %d: %s", exit, talk)
	}
	d.write(d.path("last.pdf"), []byte(out))
	d.dated("last.pdf", 2, 3)
	d.write(d.path("a"), []byte("a letter\n"))
	d.only("doc.pdf", "doc_signed.pdf", "doc_stamped.pdf", "doc_signed_stamped.pdf", "again.pdf", "twice.pdf", "last.pdf")
}

// opensslVerifies verifies the token of the newest revision over its ranges.
func (d *stampMachine) opensslVerifies(name string) {
	d.t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil || testing.Short() {
		return
	}
	data := d.read(name)
	all := byteRange.FindAllSubmatch(data, -1)
	var at [4]int
	for i := range at {
		at[i], _ = strconv.Atoi(string(all[len(all)-1][i+1]))
	}
	token, err := hex.DecodeString(string(data[at[1]+1 : at[2]-1]))
	if err != nil || at[2]+at[3] != len(data) {
		d.t.Fatalf("%s: %v", name, err)
	}
	token = token[:4+int(token[2])<<8+int(token[3])]
	folder := d.t.TempDir()
	d.write(filepath.Join(folder, "token"), token)
	d.write(filepath.Join(folder, "ranges"), append(bytes.Clone(data[:at[1]]), data[at[2]:]...))
	out, err := exec.Command("openssl", "ts", "-verify", "-token_in", "-in", filepath.Join(folder, "token"),
		"-data", filepath.Join(folder, "ranges"), "-CAfile", d.path("tsa.pem")).CombinedOutput()
	if err != nil {
		d.t.Errorf("%s: openssl: %s", name, out)
	}
}

// The report says which time a stamp proves, with which accuracy, and by which
// authority. Without the root of the authority, it says that the time is not
// proven and which root is missing.
func TestTheReportOfAStamp(t *testing.T) {
	d := newDocumentMachine(t)
	d.authority.Break(tsatest.Fault{}.WithAccuracy([]byte{0x30, 7, 2, 1, 1, 0x80, 2, 1, 0xf4})) // 1.5 s
	d.later("@doc.pdf")
	d.ask(d.signing(d.url, "@a")...)
	for _, file := range []string{"@doc_stamped.pdf", "@a.p7s"} {
		for lang, words := range map[string][]string{"en": {" ± 1.5 s", "CN=Test authority"}, "ja": {"（誤差 1.5 秒以内）", "CN=Test authority"}} {
			_, out, _ := d.say("verify", "--lang", lang, "--ca", "practice", "--tsa-ca", "@tsa.pem", file)
			for _, w := range words {
				if !strings.Contains(out, w) || strings.Contains(out, "証明にならない") || strings.Contains(out, "not proven") {
					t.Errorf("%s: no %q in %s", file, w, out)
				}
			}
		}
		for lang, word := range map[string]string{"en": "not proven", "ja": "証明にならない"} {
			_, out, _ := d.say("verify", "-v", "--lang", lang, "--ca", "practice", file)
			if !strings.Contains(out, word) || !strings.Contains(out, "CN=Test authority") {
				t.Errorf("%s without root: no %q in %s", file, word, out)
			}
		}
	}
	a := d.ask("verify", "--tsa-ca", "@tsa.pem", "@doc_stamped.pdf")
	if s := a.Files[0].Timestamps[0]; s.Accuracy == nil || *s.Accuracy != 1.5 || s.Authority != "CN=Test authority" {
		t.Errorf("%s", a.raw)
	}
	a = d.ask("verify", "@a.p7s")
	if s := a.Files[0].Signers[0].Timestamp; s == nil || s.Accuracy == nil || *s.Accuracy != 1.5 || s.Authority != "CN=Test authority" || s.Verified {
		t.Errorf("%s", a.raw)
	}
}

// The remarks that qualify a time stamp are printed below it and are in JSON,
// for a PDF as for a CMS signature: the revocation of the authority was not
// checked, or it is the practice authority. A time stamp that proves nothing
// has no remarks.
func TestTheReportHasTheRemarksOnAStamp(t *testing.T) {
	unchecked := map[string]string{"en": "revocation of the time-stamp authority not checked", "ja": "タイムスタンプ局の失効は未確認"}
	rehearsed := map[string]string{"en": "practice time stamp", "ja": "練習用のタイムスタンプ"}
	for _, c := range []struct {
		name     string
		practice bool
		remarks  []string
	}{
		{"an authority", false, []string{"timestamp-revocation-not-checked"}},
		{"the practice authority", true, []string{"timestamp-practice-allowed", "timestamp-revocation-not-checked"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDocumentMachine(t)
			address, root := d.url, "@tsa.pem"
			if c.practice {
				address, root = d.practiceAuthority(), "practice"
			}
			if a := d.ask("timestamp", "--timestamp", address, "--tsa-ca", root, "@doc.pdf", "@doc_signed.pdf"); a.Exit != 0 {
				t.Fatal(a.raw)
			}
			a := d.ask("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--timestamp", address, "--tsa-ca", root, "@a")
			if !slices.Equal(a.Files[0].Timestamp.Remarks, c.remarks) {
				t.Errorf("sign: %s", a.raw)
			}
			given := []string{"verify", "--ca", "practice", "--tsa-ca", root}
			for _, file := range []string{"@doc_stamped.pdf", "@doc_signed_stamped.pdf", "@a.p7s"} {
				for lang := range unchecked {
					for _, view := range [][]string{{file}, {"-v", file}} {
						_, out, _ := d.say(append(append(given, "--lang", lang), view...)...)
						want := 1
						if file == "@doc_signed_stamped.pdf" { // the signature has its own remark
							want = 2
						}
						if n := strings.Count(out, unchecked[lang]); n != want {
							t.Errorf("%v: %d remarks in %s", view, n, out)
						}
						if strings.Contains(out, rehearsed[lang]) != c.practice {
							t.Errorf("%v: practice in %s", view, out)
						}
					}
				}
				a := d.ask(append(given, file)...)
				for _, s := range a.Files[0].Timestamps {
					if !s.Verified || s.Practice != c.practice || !slices.Equal(s.Remarks, c.remarks) {
						t.Errorf("%s: %+v", file, s)
					}
				}
				for _, signer := range a.Files[0].Signers {
					s, remarks := signer.Timestamp, c.remarks
					if file != "@a.p7s" {
						remarks = append(slices.Clone(remarks), "timestamp-of-the-document")
					}
					if !s.Verified || s.Practice != c.practice || !slices.Equal(s.Remarks, remarks) {
						t.Errorf("%s: %+v", file, s)
					}
				}
				a = d.ask("verify", "--ca", "practice", file)
				for _, s := range a.Files[0].Timestamps {
					if s.Verified || s.Practice || s.Remarks == nil || len(s.Remarks) != 0 {
						t.Errorf("%s, unproven: %+v", file, s)
					}
				}
			}
			// If there are several files, only one that is not VALID is shown
			// in full: here the one without a signature.
			_, out, _ := d.say(append(given, "--lang", "en", "@doc_stamped.pdf", "@doc_signed_stamped.pdf")...)
			if strings.Count(out, "Existed at") != 1 || strings.Count(out, unchecked["en"]) != 1 {
				t.Errorf("%s", out)
			}
		})
	}
}

// The notice says once for each kind of file what is sent to the authority.
func TestTheNoticeNamesWhatIsSent(t *testing.T) {
	d := newDocumentMachine(t)
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@a", "@b")
	_, _, talk := d.say("timestamp", "--lang", "en", "--timestamp", d.url, "--force", "@a.p7s", "@doc.pdf", "@b.p7s", "@doc_signed.pdf")
	if strings.Count(talk, "the hash of the signature value is sent to") != 1 || strings.Count(talk, "the hash of the PDF is sent to") != 1 {
		t.Errorf("%s", talk)
	}
	_, _, talk = d.say("timestamp", "--lang", "en", "--timestamp", d.url, "--force", "@doc.pdf")
	if strings.Contains(talk, "signature value") || strings.Count(talk, "the hash of the PDF is sent to") != 1 {
		t.Errorf("%s", talk)
	}
}

// A PDF that cannot be stamped, or that contains an INVALID signature, is
// refused before the authority is asked. So is an output that must not be
// written.
func TestPDFsThatAreNotStamped(t *testing.T) {
	d := newDocumentMachine(t)
	signed := d.read("doc_signed.pdf")
	files := map[string][]byte{
		"encrypted.pdf": bytes.Replace(d.read("doc.pdf"), []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Encrypt 4 0 R"), 1),
		"broken.pdf":    bytes.Replace(d.read("doc.pdf"), []byte("startxref\n"), []byte("startxref\n9"), 1),
		"changed.pdf":   bytes.Replace(signed, []byte("% a letter"), []byte("% a better"), 1),
		"exists.pdf":    d.read("doc.pdf"), "exists_stamped.pdf": []byte("theirs"),
		"link_stamped.pdf": nil,
	}
	var names []string
	for name, data := range files {
		names = append(names, name)
		d.write(d.path(name), data)
	}
	os.Remove(d.path("link_stamped.pdf"))
	if err := os.Symlink("link.pdf", d.path("link_stamped.pdf")); err != nil {
		t.Fatal(err)
	}
	d.write(d.path("link.pdf"), d.read("doc.pdf"))
	for _, c := range []struct {
		args         []string
		exit         int
		code, reason string
	}{
		{[]string{"@encrypted.pdf"}, 3, "unsuitable", "encrypted"},
		{[]string{"@broken.pdf"}, 3, "unsuitable", "broken"},
		{[]string{"@changed.pdf"}, 1, "invalid", ""},
		{[]string{"@doc.pdf", "@changed.pdf"}, 1, "invalid", ""},
		{[]string{"@exists.pdf"}, 3, "exists", ""},
		{[]string{"@doc.pdf", "@exists.pdf"}, 3, "exists", ""},
		{[]string{"-o", "@doc.pdf", "@doc.pdf"}, 2, "usage", ""},
		{[]string{"-o", "@doc.pdf", "--force", "@doc.pdf"}, 2, "usage", ""},
		{[]string{"--force", "@link.pdf"}, 2, "usage", ""}, // the link leads to the input
		{[]string{"-o", "@exists_stamped.pdf", "@doc.pdf"}, 3, "exists", ""},
		{[]string{"@doc.pdf", "@doc.pdf"}, 2, "usage", ""},
		{[]string{"-o", "@c.pdf", "@doc.pdf", "@doc_signed.pdf"}, 2, "usage", ""},
		{[]string{"-o", "-", "@doc.pdf"}, 2, "usage", ""}, // with --json
	} {
		a := d.later(c.args...)
		last := a.Files[len(a.Files)-1]
		if a.Exit != c.exit || a.Code != c.code || c.reason != "" && last.Reason != c.reason || len(last.Timestamps) > 0 {
			t.Errorf("%v: %s", c.args, a.raw)
		}
		for _, lang := range []string{"ja", "en"} {
			_, _, talk := d.say(append([]string{"timestamp", "--lang", lang, "--timestamp", d.url}, c.args...)...)
			if strings.Contains(talk, "err.") || strings.Contains(talk, "署名していません") || strings.Contains(talk, "nothing was signed") {
				t.Errorf("%v: %s", c.args, talk)
			}
			if c.args[0] == "-o" && c.args[1] == "-" {
				d.authority.Break(tsatest.Fault{})
			}
		}
	}
	for name, data := range files {
		if name != "link_stamped.pdf" && !bytes.Equal(d.read(name), data) {
			t.Errorf("%s has changed", name)
		}
	}
	// Only the two runs that wrote a stamped PDF to standard output, which
	// --json forbids, have sent a request.
	if n := len(d.authority.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	d.only(append(names, "doc.pdf", "doc_signed.pdf", "link.pdf")...)

	if a := d.later("--force", "@exists.pdf"); a.Exit != 0 {
		t.Errorf("%s", a.raw)
	}
	d.dated("exists_stamped.pdf", 0, 1)
}

// If timestamp is run again over all PDFs of a folder, it leaves out the files
// that it made the first time.
func TestStampedPDFsAreLeftOut(t *testing.T) {
	d := newDocumentMachine(t)
	d.later("@doc.pdf")
	a := d.later("--force", "@doc.pdf", "@doc_signed.pdf", "@doc_stamped.pdf")
	if a.Exit != 0 || a.Files[2].Code != "skipped" || !a.Files[2].OK || a.Files[2].Output != "" || len(a.Files[2].Timestamps) != 0 {
		t.Errorf("%s", a.raw)
	}
	d.only("doc.pdf", "doc_signed.pdf", "doc_stamped.pdf", "doc_signed_stamped.pdf")
	// If it is the only argument, it is stamped.
	if a := d.later("@doc_stamped.pdf"); a.Exit != 0 {
		t.Errorf("%s", a.raw)
	}
	d.dated("doc_stamped_stamped.pdf", 0, 2)
	// With --force, a file that was left out is not replaced if it was stamped
	// or signed since, was made of another file, or is not a PDF with a stamp.
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "-o", "@cms", "@a")
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--pdf", "-o", "@signed", "@doc_stamped.pdf")
	asked := len(d.authority.Requests())
	for _, name := range []string{"doc_stamped_stamped.pdf", "signed", "doc_signed_stamped.pdf", "cms", "doc.pdf"} {
		was := d.read(name)
		d.write(d.path("x.pdf"), d.read("doc.pdf"))
		d.write(d.path("x_stamped.pdf"), was)
		a := d.later("--force", "@x.pdf", "@doc.pdf", "@x_stamped.pdf")
		if a.Exit != 2 || a.Code != "usage" || a.Files[2].Code != "skipped" || !bytes.Equal(d.read("x_stamped.pdf"), was) {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	if n := len(d.authority.Requests()); n != asked {
		t.Errorf("%d requests", n-asked)
	}
}

// No file that a flag names is overwritten.
func TestATimeStampReplacesNoFileOfAFlag(t *testing.T) {
	d := newDocumentMachine(t)
	root := d.read("tsa.pem")
	d.write(d.path("doc_stamped.pdf"), root)
	for _, args := range [][]string{
		{"--force", "-o", "@tsa.pem", "@doc.pdf"},
		{"--force", "--tsa-ca", "@doc_stamped.pdf", "@doc.pdf"},
	} {
		if a := d.later(args...); a.Exit != 2 || a.Code != "usage" {
			t.Errorf("%v: %s", args, a.raw)
		}
	}
	if !bytes.Equal(d.read("tsa.pem"), root) || !bytes.Equal(d.read("doc_stamped.pdf"), root) {
		t.Error("replaced")
	}
	for _, flag := range []string{"--seal", "--font", "--tsa-ca", "--pin-from"} {
		name := "@" + flag + ".file"
		d.write(d.path(flag+".file"), []byte("precious"))
		given := name
		if flag == "--pin-from" {
			given = "file:" + name
		}
		args := []string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--pdf", "--visible", "last:top-left",
			"--timestamp", d.url, "--force", "-o", name, flag, given, "@doc.pdf"}
		if a := d.ask(args...); a.Exit != 2 || a.Code != "usage" || string(d.read(flag+".file")) != "precious" {
			t.Errorf("%s: %s", flag, a.raw)
		}
	}
}

// A refused stamp leaves no file, and an existing file as it is. This holds for
// each reason to refuse a stamp; TestASignalBeforeAPDFIsStamped covers the
// answer that takes too long.
func TestARefusedStampLeavesNoPDF(t *testing.T) {
	numbers := map[int]bool{}
	for _, fault := range append(tsatest.Faults(), tsatest.Large()) {
		if fault.Slow || testing.Short() && numbers[fault.Number] {
			continue
		}
		numbers[fault.Number] = true
		t.Run(fmt.Sprint(fault.Number, " ", fault.Name), func(t *testing.T) {
			d := newDocumentMachine(t)
			d.authority.Break(fault)
			inputs, want := []string{"@doc_signed.pdf"}, fault.Code
			if fault.Name == "large" {
				want = "too-large" // the token does not fit into the PDF
			}
			left := []string{"doc.pdf", "doc_signed.pdf"}
			if fault.Code == "repeated" { // the first answer cannot repeat anything
				inputs, left = []string{"@doc.pdf", "@doc_signed.pdf"}, append(left, "doc_stamped.pdf")
			}
			a := d.later(inputs...)
			last := a.Files[len(a.Files)-1]
			if a.Exit != 5 || a.Code != "no-timestamp" || last.OK || last.TimestampError != want {
				t.Fatalf("%s", a.raw)
			}
			d.only(left...)
			d.write(d.path("doc_signed_stamped.pdf"), []byte("theirs"))
			for _, lang := range []string{"ja", "en"} {
				exit, _, talk := d.say(append([]string{"timestamp", "--lang", lang, "--timestamp", d.url, "--timestamp-policy", tsatest.Policy,
					"--tsa-ca", "@tsa.pem", "--force"}, inputs...)...)
				if exit != 5 && fault.Code != "repeated" || strings.Contains(talk, "timestamp.") || strings.Contains(talk, "reason.") || strings.Contains(talk, "\x1b") {
					t.Errorf("exit %d: %s", exit, talk)
				}
			}
			if got := string(d.read("doc_signed_stamped.pdf")); got != "theirs" && fault.Code != "repeated" {
				t.Errorf("%.40q", got)
			}
		})
	}
	for n := 1; n <= 16; n++ {
		if !numbers[n] {
			t.Errorf("no fault for refusal %d", n)
		}
	}
}

// A PDF is stamped, with a remark, if the stamp has one of the oddities that
// lead only to a remark for a signature.
func TestOdditiesOfADocumentTimeStamp(t *testing.T) {
	d := newDocumentMachine(t)
	for _, odd := range tsatest.Oddities() {
		d.authority.Break(odd)
		if a := d.later("--force", "@doc_signed.pdf"); a.Exit != 0 || !strings.Contains(a.raw, `"`+odd.Code+`"`) {
			t.Errorf("%s: %s", odd.Name, a.raw)
		}
	}
	d.only("doc.pdf", "doc_signed.pdf", "doc_signed_stamped.pdf")
}

// If the authority is down, or its answer is truncated, no PDF is written. An
// authority that is down is asked once, whatever the number of files.
func TestNoPDFWithoutAWholeStamp(t *testing.T) {
	d := newDocumentMachine(t)
	var visits atomic.Int64
	down := d.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		visits.Add(1)
		panic(http.ErrAbortHandler)
	}))
	a := d.laterFrom(down, "@doc.pdf", "@doc_signed.pdf")
	if a.Exit != 5 || a.Files[0].TimestampError != "unreached" || a.Files[1].TimestampError != "unreached" || visits.Load() != 1 {
		t.Errorf("%d visits: %s", visits.Load(), a.raw)
	}
	step := 100
	if testing.Short() {
		step = 500
	}
	for n := 0; n < 850; n += step { // a complete answer has about 880 bytes
		d.authority.Break(tsatest.Cut(n))
		if a := d.later("@doc_signed.pdf"); a.Exit != 5 || a.Files[0].TimestampError != "malformed" {
			t.Fatalf("at %d: %s", n, a.raw)
		}
	}
	d.only("doc.pdf", "doc_signed.pdf")
}

// A signal while the authority does not answer ends the run, and nothing is
// written.
func TestASignalBeforeAPDFIsStamped(t *testing.T) {
	d := newDocumentMachine(t)
	d.authority.Break(tsatest.Fault{Slow: true})
	go func() {
		for len(d.authority.Requests()) == 0 {
			time.Sleep(time.Millisecond)
		}
		d.signals <- os.Interrupt
	}()
	if a := d.later("@doc.pdf", "@doc_signed.pdf"); a.Exit != 130 || a.Files[0].OK || a.Files[0].Code != "not-done" || a.Files[1].Code != "not-done" {
		t.Errorf("%s", a.raw)
	}
	d.only("doc.pdf", "doc_signed.pdf")
}

// After a signal while a PDF is being verified or written, the stamped PDF is
// whole or absent, and the folder contains no other file.
func TestASignalWhileAPDFIsStamped(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	there := 0
	for i := range rounds {
		d := newStampMachine(t)
		d.write(d.path("doc.pdf"), pdftest.Sample(strings.Repeat("another letter ", 400000)))
		signals := d.signals
		address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d.authority.ServeHTTP(w, r)
			go func() {
				time.Sleep(time.Duration(i) * 2 * time.Millisecond)
				signals <- os.Interrupt
			}()
		}))
		a := d.laterFrom(address, "@doc.pdf")
		d.signals = nil // it may come after the run
		switch _, err := os.Stat(d.path("doc_stamped.pdf")); {
		case err == nil:
			there++
			d.dated("doc_stamped.pdf", 0, 1)
			d.only("doc.pdf", "doc_stamped.pdf")
		case a.Exit != 130:
			t.Fatalf("%s", a.raw)
		default:
			d.only("doc.pdf")
		}
	}
	t.Logf("%d of %d were stamped", there, rounds)
}

// A file that has changed since it was verified is not stamped, and one that
// appeared under the output's name is not replaced.
func TestAPDFThatChangesMeanwhile(t *testing.T) {
	theirs := func(d *stampMachine, name string) { d.write(d.path(name), []byte("theirs")) }
	for name, c := range map[string]struct {
		change func(*stampMachine)
		code   string
		left   []string
	}{
		"replaced": {func(d *stampMachine) {
			os.Remove(d.path("doc.pdf"))
			d.write(d.path("doc.pdf"), pdftest.Sample("another letter"))
		}, "changed-while-read", []string{"doc.pdf"}},
		"removed": {func(d *stampMachine) { os.Remove(d.path("doc.pdf")) }, "changed-while-read", nil},
		"changed": {func(d *stampMachine) { d.write(d.path("doc.pdf"), pdftest.Sample("a LETTER")) }, "changed-while-read", []string{"doc.pdf"}},
		"cut":     {func(d *stampMachine) { os.Truncate(d.path("doc.pdf"), 100) }, "changed-while-read", []string{"doc.pdf"}},
		"grown": {func(d *stampMachine) {
			f, _ := os.OpenFile(d.path("doc.pdf"), os.O_APPEND|os.O_WRONLY, 0)
			f.WriteString("\n% more\n")
			f.Close()
		}, "changed-while-read", []string{"doc.pdf"}},
		"output": {func(d *stampMachine) { theirs(d, "doc_stamped.pdf") }, "exists", []string{"doc.pdf", "doc_stamped.pdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDocumentMachine(t)
			address := d.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.change(d)
				d.authority.ServeHTTP(w, r)
			}))
			a := d.laterFrom(address, "@doc.pdf")
			if a.Exit != 3 || a.Code != c.code || a.Files[0].OK {
				t.Errorf("%s", a.raw)
			}
			if name == "output" && string(d.read("doc_stamped.pdf")) != "theirs" {
				t.Error("their file was replaced")
			}
			d.only(append(c.left, "doc_signed.pdf")...)
		})
	}
}

// A stamp of the practice authority is verified only with --ca practice and
// --tsa-ca practice.
func TestAPDFWithAPracticeStamp(t *testing.T) {
	d := newDocumentMachine(t)
	address := d.practiceAuthority()
	if a := d.ask("timestamp", "--timestamp", address, "--tsa-ca", "practice", "@doc.pdf", "@doc_signed.pdf"); a.Exit != 0 {
		t.Fatalf("%s", a.raw)
	}
	for _, c := range []struct {
		args     []string
		exit     int
		verified bool
	}{
		{[]string{"--ca", "practice", "--tsa-ca", "practice", "@doc_stamped.pdf"}, 4, true},
		{[]string{"--tsa-ca", "practice", "@doc_stamped.pdf"}, 4, false}, // behaviour 20
		{[]string{"@doc_stamped.pdf"}, 4, false},
		{[]string{"--tsa-ca", "@tsa.pem", "@doc_stamped.pdf"}, 4, false},
		{[]string{"--ca", "practice", "--tsa-ca", "practice", "@doc_signed_stamped.pdf"}, 0, true},
		{[]string{"--ca", "practice", "@doc_signed_stamped.pdf"}, 0, false},
	} {
		a := d.ask(append([]string{"verify"}, c.args...)...)
		if a.Exit != c.exit || len(a.Files[0].Timestamps) != 1 || a.Files[0].Timestamps[0].Verified != c.verified {
			t.Errorf("%v: %s", c.args, a.raw)
		}
	}
	// Years later, the document time stamp still makes the signature VALID.
	d.now = d.now.AddDate(7, 0, 0)
	if a := d.ask("verify", "--ca", "practice", "--tsa-ca", "practice", "@doc_signed_stamped.pdf"); a.Exit != 0 || a.Files[0].Signers[0].Reference.From != "timestamp" {
		t.Errorf("%s", a.raw)
	}
	if a := d.ask("verify", "--ca", "practice", "--tsa-ca", "practice", "@doc_signed.pdf"); a.Exit != 4 {
		t.Errorf("%s", a.raw)
	}
}
