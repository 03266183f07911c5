package trust_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

var key = sync.OnceValue(func() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

// made returns a certificate from a root's template with changes.
func made(t *testing.T, name string, change func(template, parent *x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{Country: []string{"JP"}, CommonName: name},
		NotBefore:    time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), // in the past, which does not matter
		KeyUsage:     x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:         true, BasicConstraintsValid: true,
	}
	parent := *template
	if change != nil {
		change(template, &parent)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, &parent, key().Public(), key())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func root(t *testing.T, name string) *x509.Certificate { return made(t, name, nil) }

func practice(t *testing.T) *x509.Certificate {
	return made(t, "練習用", func(template, _ *x509.Certificate) {
		oid, err := x509.ParseOID("2.25.184374126194146455454303695688590931723")
		if err != nil {
			t.Fatal(err)
		}
		template.Policies = []x509.OID{oid}
	})
}

func store(t *testing.T) trust.Store {
	return trust.Store{Dir: filepath.Join(t.TempDir(), "config", "roots")}
}

func files(t *testing.T, s trust.Store) []string {
	t.Helper()
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestRegisteredRootIsListed(t *testing.T) {
	s := store(t)
	if roots, err := s.List(); len(roots) != 0 || err != nil {
		t.Fatalf("before: %v, %v", roots, err)
	}
	cert := root(t, "京都府")
	added, err := s.Add("京都 府", cert)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := s.List()
	if err != nil || len(roots) != 1 {
		t.Fatalf("got %v, %v", roots, err)
	}
	got := roots[0]
	if got.Name != "京都-府" || got.Path != added.Path || !got.Certificate.Equal(cert) || !got.Fingerprints.SHA256.Equal(fingerprint.Of(cert).SHA256) {
		t.Errorf("got %+v", got)
	}
	if names := files(t, s); !slices.Equal(names, []string{"京都-府.pem"}) {
		t.Errorf("the folder holds %q", names)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]fs.FileMode{s.Dir: 0o700, got.Path: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestSameRootIsKeptOnce(t *testing.T) {
	s := store(t)
	cert := root(t, "one")
	if _, err := s.Add("first", cert); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		got, err := s.Add(name, cert)
		if err != nil || got.Name != "first" || !got.Already || got.Matches(name) != (name == "first") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if names := files(t, s); !slices.Equal(names, []string{"first.pem"}) {
		t.Errorf("the folder holds %q", names)
	}
}

// Roots are distinguished by their names, but whoever makes a root can choose
// its name.
func TestNoRootTakesTheNameOfAnother(t *testing.T) {
	for _, name := range []string{"signca03", "SignCA03", "signca03.pem", "authca01", "practice", "ｓｉｇｎｃａ０３", "ｐｒａｃｔｉｃｅ"} {
		s, cert := store(t), root(t, name)
		got, err := s.Add("", cert)
		if want := "root-" + fingerprint.Of(cert).SHA256.String()[:16]; err != nil || got.Name != want {
			t.Errorf("%s: got %q, %v, want %q", name, got.Name, err, want)
		}
		var reserved *trust.ReservedNameError
		if _, err := s.Add(name, root(t, "own")); !errors.As(err, &reserved) {
			t.Errorf("%s was given: %v", name, err)
		}
	}
}

func TestBuiltInRootGoesByItsOwnName(t *testing.T) {
	for name, cert := range jpkiRoots(t) {
		s := store(t)
		if got, err := s.Add("", cert); err != nil || got.Name != name {
			t.Errorf("%s: got %q, %v", name, got.Name, err)
		}
	}
}

func TestNameInUseIsNotReplaced(t *testing.T) {
	s := store(t)
	first := root(t, "one")
	if _, err := s.Add("name", first); err != nil {
		t.Fatal(err)
	}
	var exists *trust.ExistsError
	if _, err := s.Add("name", root(t, "two")); !errors.As(err, &exists) || exists.Name != "name" {
		t.Fatalf("got %v", err)
	}
	roots, err := s.List()
	if err != nil || len(roots) != 1 || !roots[0].Certificate.Equal(first) {
		t.Errorf("got %v, %v", roots, err)
	}
	if names := files(t, s); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
}

func TestOnlyARootIsRegistered(t *testing.T) {
	for _, test := range []struct {
		name string
		cert *x509.Certificate
		want trust.NotRootReason
	}{
		{"issued by another", made(t, "leaf", func(_, parent *x509.Certificate) { parent.Subject.CommonName = "issuer" }), trust.NotSelfIssued},
		{"no CA", made(t, "leaf", func(template, _ *x509.Certificate) { template.IsCA = false }), trust.NotCA},
		{"no basic constraints", made(t, "leaf", func(template, _ *x509.Certificate) { template.IsCA, template.BasicConstraintsValid = false, false }), trust.NotCA},
		{"key usage", made(t, "ca", func(template, _ *x509.Certificate) { template.KeyUsage = x509.KeyUsageDigitalSignature }), trust.NoCertSign},
		{"broken signature", broken(t), trust.BadSelfSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := store(t)
			var notRoot *trust.NotRootError
			if _, err := s.Add("x", test.cert); !errors.As(err, &notRoot) || notRoot.Reason != test.want {
				t.Errorf("got %v", err)
			}
			if names := files(t, s); len(names) != 0 {
				t.Errorf("the folder holds %q", names)
			}
		})
	}
}

func broken(t *testing.T) *x509.Certificate {
	raw := append([]byte(nil), root(t, "broken").Raw...)
	raw[len(raw)-1]++
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestPracticeRootIsRefused(t *testing.T) {
	s := store(t)
	if _, err := s.Add("x", practice(t)); !errors.Is(err, trust.ErrPractice) {
		t.Errorf("got %v", err)
	}
	if names := files(t, s); len(names) != 0 {
		t.Errorf("the folder holds %q", names)
	}
}

func TestNameBecomesASafeFileName(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd":       "etc-passwd.pem",
		"a/b\\c:d*e":             "a-b-c-d-e.pem",
		"..":                     "subject.pem", // no character can be used, so the name is that of the subject
		"":                       "subject.pem",
		".hidden":                "hidden.pem",
		"root.pem":               "root.pem",
		"con":                    "root-con.pem",
		"NUL.tar":                "root-NUL.tar.pem",
		"lpt1":                   "root-lpt1.pem",
		"a\x00b\nc":              "a-b-c.pem",
		"gpj\u202e.exe":          "gpj-.exe.pem",
		"not\xffutf8":            "not-utf8.pem",
		strings.Repeat("京", 100): strings.Repeat("京", 40) + ".pem",
	} {
		s := store(t)
		if _, err := s.Add(name, root(t, "subject")); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if got := files(t, s); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: the folder holds %q, want %q", name, got, want)
		}
	}
}

func TestRootWithoutAnyNameIsCalledByItsFingerprint(t *testing.T) {
	cert := root(t, "///")
	got, err := store(t).Add("", cert)
	if want := "root-" + fingerprint.Of(cert).SHA256.String()[:16]; err != nil || got.Name != want {
		t.Errorf("got %q, %v; want %q", got.Name, err, want)
	}
}

func TestPublishedRootIsCalledByItsPublishedName(t *testing.T) {
	if got, err := store(t).Add("", jpkiRoots(t)["signca02"]); err != nil || got.Name != "signca02" {
		t.Errorf("got %q, %v", got.Name, err)
	}
}

func TestBadFileIsReportedAndHidesNoOther(t *testing.T) {
	encode := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	good := root(t, "good")
	one := encode("CERTIFICATE", good.Raw)
	for _, test := range []struct {
		name string
		text []byte
		want error
	}{
		{"empty", nil, trust.ErrNotOneCert},
		{"junk", []byte("junk"), trust.ErrNotOneCert},
		{"two certificates", append(slices.Clone(one), one...), trust.ErrNotOneCert},
		{"a key", encode("PRIVATE KEY", good.Raw), trust.ErrNotOneCert},
		{"broken DER", encode("CERTIFICATE", good.Raw[:100]), trust.ErrBadCertificate},
		{"too large", append(slices.Clone(one), make([]byte, 64<<10)...), trust.ErrFileTooLarge},
		{"practice", encode("CERTIFICATE", practice(t).Raw), trust.ErrPractice},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := store(t)
			if _, err := s.Add("good", good); err != nil {
				t.Fatal(err)
			}
			bad := filepath.Join(s.Dir, "bad.pem")
			if err := os.WriteFile(bad, test.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(s.Dir, "README"), []byte("no root, no report"), 0o600); err != nil {
				t.Fatal(err)
			}
			roots, err := s.List()
			var file *trust.FileError
			if !errors.Is(err, test.want) || !errors.As(err, &file) || file.Path != bad {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "README") {
				t.Errorf("the README is reported: %v", err)
			}
			if len(roots) != 1 || roots[0].Name != "good" {
				t.Errorf("got %v", roots)
			}
			// The bad file does not prevent another root from being added, and
			// it can be removed.
			if _, err := s.Add("another", root(t, "another")); err != nil {
				t.Errorf("add: %v", err)
			}
			if _, err := s.Remove("bad"); err != nil {
				t.Errorf("remove: %v", err)
			}
			if roots, err := s.List(); len(roots) != 2 || err != nil {
				t.Errorf("afterwards: %v, %v", roots, err)
			}
		})
	}
}

func TestDirectoryNamedLikeARootIsNoRoot(t *testing.T) {
	s := store(t)
	if err := os.MkdirAll(filepath.Join(s.Dir, "dir.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	if roots, err := s.List(); len(roots) != 0 || err != nil {
		t.Errorf("got %v, %v", roots, err)
	}
	if _, err := s.Remove("dir"); !errors.Is(err, trust.ErrNotRegistered) {
		t.Errorf("got %v", err)
	}
}

func TestFolderThatCannotBeReadIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := trust.Store{Dir: file}
	if _, err := s.List(); err == nil {
		t.Error("List says nothing")
	}
	if _, err := s.Add("x", root(t, "x")); err == nil {
		t.Error("Add says nothing")
	}
}

func TestRemoveByNameOrFingerprint(t *testing.T) {
	one, two := root(t, "one"), root(t, "two")
	prints := fingerprint.Of(one)
	for _, spelling := range []string{"one", "one.pem", prints.SHA256.String(), "sha256:" + strings.Join(prints.SHA256.Groups(), " ")} {
		s := store(t)
		for _, cert := range []*x509.Certificate{one, two} {
			if _, err := s.Add("", cert); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Remove(spelling); err != nil {
			t.Errorf("%q: %v", spelling, err)
		}
		if names := files(t, s); !slices.Equal(names, []string{"two.pem"}) {
			t.Errorf("%q: the folder holds %q", spelling, names)
		}
		if _, err := s.Remove(spelling); !errors.Is(err, trust.ErrNotRegistered) {
			t.Errorf("%q again: %v", spelling, err)
		}
	}
}

func TestRemoveTouchesNothingElse(t *testing.T) {
	s := store(t)
	cert := root(t, "one")
	if _, err := s.Add("one", cert); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(s.Dir, "..", "outside.pem")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "two", "../outside", "on", "*", fingerprint.Of(cert).SHA1.String()} {
		if _, err := s.Remove(name); !errors.Is(err, trust.ErrNotRegistered) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	if names := files(t, s); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
}

func FuzzRegisteredFile(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := trust.Store{Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(s.Dir, "x.pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		roots, err := s.List()
		if len(roots) == 0 && err == nil {
			t.Error("a file is neither a root nor reported")
		}
		for _, root := range roots {
			if trust.Acceptable(root.Certificate) != nil {
				t.Errorf("listed: %v", root.Certificate.Subject)
			}
		}
	})
}

// If a root has the fingerprint of another one as its name, Remove removes the
// root with the fingerprint.
func TestRemoveLooksAtFingerprintsBeforeNames(t *testing.T) {
	s := trust.Store{Dir: t.TempDir()}
	meant, other := root(t, "meant"), root(t, "other")
	print := fingerprint.Of(meant).SHA256.String()
	for name, cert := range map[string]*x509.Certificate{"city": meant, print: other} {
		if _, err := s.Add(name, cert); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Remove(print); err != nil {
		t.Fatal(err)
	}
	roots, err := s.List()
	if err != nil || len(roots) != 1 || !roots[0].Certificate.Equal(other) {
		t.Errorf("left: %v, %v", roots, err)
	}
}

// The file with exactly that name takes precedence over the one that Add would
// have written.
func TestRemoveLooksForTheVeryNameFirst(t *testing.T) {
	s := trust.Store{Dir: t.TempDir()}
	added, err := s.Add("a:b", root(t, "added"))
	if err != nil {
		t.Fatal(err)
	}
	byHand := filepath.Join(s.Dir, "a:b.pem")
	if err := os.WriteFile(byHand, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root(t, "by hand").Raw}), 0o600); err != nil {
		t.Skip("this system has no such names:", err)
	}
	if _, err := s.Remove("a:b"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(byHand); !os.IsNotExist(err) {
		t.Errorf("the file is there: %v", err)
	}
	if _, err := os.Stat(added.Path); err != nil {
		t.Errorf("the other is gone: %v", err)
	}
}

// TestStoreLimits checks that each limit is accepted, and that one more is not.
func TestStoreLimits(t *testing.T) {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root(t, "a").Raw})
	for size, want := range map[int]error{64 << 10: nil, 64<<10 + 1: trust.ErrFileTooLarge} {
		s := trust.Store{Dir: t.TempDir()}
		padded := append(slices.Clone(text), strings.Repeat("\n", size-len(text))...)
		if err := os.WriteFile(filepath.Join(s.Dir, "a.pem"), padded, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(); !errors.Is(err, want) {
			t.Errorf("a file of %d bytes: %v, want %v", size, err, want)
		}
	}
	s := trust.Store{Dir: t.TempDir()}
	for i := range 1001 {
		if i == 1000 {
			if _, err := s.List(); errors.Is(err, trust.ErrTooManyFiles) {
				t.Errorf("%d files: %v", i, err)
			}
		}
		if err := os.WriteFile(filepath.Join(s.Dir, fmt.Sprint(i, ".pem")), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.List(); !errors.Is(err, trust.ErrTooManyFiles) {
		t.Errorf("1001 files: %v", err)
	}
	s = trust.Store{Dir: t.TempDir()}
	for n, want := range map[int]int{120: 120, 121: 120} {
		r, err := s.Add(strings.Repeat("a", n), root(t, fmt.Sprint(n)))
		var exists *trust.ExistsError
		if errors.As(err, &exists) {
			r.Name = exists.Name
		} else if err != nil {
			t.Fatal(err)
		}
		if len(r.Name) != want {
			t.Errorf("a name of %d became one of %d", n, len(r.Name))
		}
	}
}
