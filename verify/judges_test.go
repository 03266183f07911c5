package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha1" // #nosec G505 -- gpgsm's trust list identifies certificates by SHA-1
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// Signatures of other programs must be valid here. If a program is missing, the
// test fails in CI and is skipped elsewhere.

// tool returns the path of a program. It skips the test with -short. If the
// program is missing, it says how to install it, and fails the test in CI or
// else skips it.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: apt-get install %s", err, pkg)
		}
		t.Skipf("%v: apt-get install %s", err, pkg)
	}
	return path
}

// office is a folder with the files of a root, an RSA signer and an EC signer.
type office struct {
	dir    string
	policy verify.Policy
	rsa    *identity
}

// around sets a validity that includes the current time, because other programs
// use the clock of the machine.
func around(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)
}

func newOffice(t *testing.T) office {
	t.Helper()
	o := office{dir: t.TempDir()}
	root := issue(t, "root", ecKey(t), nil, func(c *x509.Certificate) { authority(c); around(c) })
	o.policy = verify.Policy{Anchors: []verify.Anchor{{Certificate: root.cert, Kind: verify.AnchorFile, Name: "root.pem"}}}
	o.write(t, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw}))
	for name, key := range map[string]crypto.Signer{"rsa": rsaKey(), "ec": ecKey(t)} {
		id := issue(t, name, key, root, func(c *x509.Certificate) {
			around(c)
			c.SerialNumber = new(big.Int).SetUint64(uint64(time.Now().UnixNano())) // gpgsm identifies certificates by issuer name and serial number
			c.SubjectKeyId = []byte(name + " key")
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
		})
		if name == "rsa" {
			o.rsa = id
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		o.write(t, name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.cert.Raw}))
		o.write(t, name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
		o.write(t, name+".der", id.cert.Raw)
		o.write(t, name+".pk8", pkcs8)
	}
	// Binary content that text modes would change: NUL at the start of a line,
	// lone LF and CR, and no line end at the end.
	content := bytes.Repeat([]byte("line\n\x00zero\rcarriage\r\n\x1aend"), 5000)
	o.write(t, "content", content)
	o.write(t, "text", []byte("Dear citizen,\n\nthis is text.\n"))
	return o
}

func (o office) path(name string) string { return filepath.Join(o.dir, name) }

func (o office) write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(o.path(name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (o office) run(t *testing.T, stdin string, args ...string) {
	t.Helper()
	if err := o.try(stdin, args...); err != nil {
		t.Fatal(err)
	}
}

func (o office) try(stdin string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = o.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// accepted checks that a file is VALID over the content, attached or given, and
// that given content with a changed bit is INVALID.
func (o office) accepted(t *testing.T, file, content string) *verify.Report {
	t.Helper()
	sig, err := os.ReadFile(o.path(file))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(o.path("content"))
	if err != nil {
		t.Fatal(err)
	}
	var given []byte
	if content != "" {
		if given, err = os.ReadFile(o.path(content)); err != nil {
			t.Fatal(err)
		}
	}
	r := run(t, sig, given, o.policy)
	valid.hold(t, r)
	if r.Encoding != "smime" && r.ContentSize != int64(len(want)) {
		t.Errorf("%d bytes were checked, want %d", r.ContentSize, len(want))
	}
	if content != "" {
		given[len(given)/2] ^= 1
		if r := run(t, sig, given, o.policy); r.Verdict != verify.Invalid {
			t.Errorf("changed content is %v", r.Verdict)
		}
	}
	return r
}

func TestSignaturesOfOpenSSL(t *testing.T) {
	openssl := tool(t, "openssl", "openssl")
	o := newOffice(t)
	for name, c := range map[string]struct {
		signer   string
		options  string
		attached bool
		alg      string
	}{
		"detached":        {"rsa", "-binary", false, "rsa-pkcs1"},
		"attached":        {"rsa", "-binary -nodetach", true, "rsa-pkcs1"},
		"stream":          {"rsa", "-binary -nodetach -stream", true, "rsa-pkcs1"},
		"no attributes":   {"rsa", "-binary -noattr", false, "rsa-pkcs1"},
		"CAdES":           {"rsa", "-binary -cades", false, "rsa-pkcs1"},
		"key identifier":  {"rsa", "-binary -keyid", false, "rsa-pkcs1"},
		"SHA-512":         {"rsa", "-binary -md sha512", false, "rsa-pkcs1"},
		"PSS":             {"rsa", "-binary -keyopt rsa_padding_mode:pss", false, "rsa-pss"},
		"PSS, short salt": {"rsa", "-binary -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:8", false, "rsa-pss"},
		"PSS, no salt":    {"rsa", "-binary -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:0", false, "rsa-pss"},
		"PSS, SHA-384":    {"rsa", "-binary -md sha384 -keyopt rsa_padding_mode:pss", false, "rsa-pss"},
		"EC":              {"ec", "-binary", false, "ecdsa-p256"},
		"EC, SHA-384":     {"ec", "-binary -md sha384 -cades", false, "ecdsa-p256"},
		"EC, stream":      {"ec", "-binary -nodetach -stream -noattr", true, "ecdsa-p256"},
		"no capabilities": {"rsa", "-binary -nosmimecap", false, "rsa-pkcs1"},
		"with chain":      {"rsa", "-binary -certfile root.pem", false, "rsa-pkcs1"},
	} {
		for _, form := range []string{"DER", "PEM"} {
			t.Run(name+" "+form, func(t *testing.T) {
				args := []string{openssl, "cms", "-sign", "-in", "content", "-signer", c.signer + ".pem", "-inkey", c.signer + ".key", "-outform", form, "-out", "out"}
				o.run(t, "", append(args, strings.Fields(c.options)...)...)
				content := "content"
				if c.attached {
					content = ""
				}
				r := o.accepted(t, "out", content)
				if len(r.Signers) == 1 && r.Signers[0].SignatureAlg != c.alg || r.Attached != c.attached {
					t.Errorf("%+v, attached %v", r.Signers, r.Attached)
				}
			})
		}
	}
	t.Run("two signers", func(t *testing.T) {
		o.run(t, "", openssl, "cms", "-sign", "-binary", "-in", "content", "-signer", "rsa.pem", "-inkey", "rsa.key", "-signer", "ec.pem", "-inkey", "ec.key", "-outform", "DER", "-out", "two")
		if r := o.accepted(t, "two", "content"); len(r.Signers) != 2 {
			t.Errorf("%d signers", len(r.Signers))
		}
	})
	for _, command := range []string{"cms", "smime"} {
		t.Run(command+" S/MIME", func(t *testing.T) {
			o.run(t, "", openssl, command, "-sign", "-text", "-in", "text", "-signer", "rsa.pem", "-inkey", "rsa.key", "-out", "mail", "-from", "a@example.test", "-subject", "s")
			if r := o.accepted(t, "mail", ""); r.Encoding != "smime" || !r.Attached {
				t.Errorf("%s, attached %v", r.Encoding, r.Attached)
			}
			mail, err := os.ReadFile(o.path("mail"))
			if err != nil {
				t.Fatal(err)
			}
			if r := run(t, bytes.Replace(mail, []byte("Dear"), []byte("Deer"), 1), nil, o.policy); r.Verdict != verify.Invalid || r.Reason != verify.ReasonDiffers {
				t.Errorf("changed mail is %v (%s)", r.Verdict, r.Reason)
			}
		})
		t.Run(command+" opaque S/MIME", func(t *testing.T) {
			o.run(t, "", openssl, command, "-sign", "-nodetach", "-binary", "-in", "content", "-signer", "ec.pem", "-inkey", "ec.key", "-out", "mail")
			o.accepted(t, "mail", "")
		})
	}
	t.Run("bundle", func(t *testing.T) {
		for _, form := range []string{"DER", "PEM"} {
			o.run(t, "", openssl, "crl2pkcs7", "-nocrl", "-certfile", "root.pem", "-certfile", "rsa.pem", "-outform", form, "-out", "bundle")
			b, err := os.ReadFile(o.path("bundle"))
			if err != nil {
				t.Fatal(err)
			}
			if certs, err := verify.ParseCertificates(b); err != nil || len(certs) != 2 || !certs[1].Equal(o.rsa.cert) {
				t.Errorf("%s: %d certificates, %v", form, len(certs), err)
			}
		}
	})
}

// openssl ts makes a time stamp over our signature value.
func TestTimestampsOfOpenSSL(t *testing.T) {
	openssl := tool(t, "openssl", "openssl")
	o := newOffice(t)
	root := issue(t, "tsa root", ecKey(t), nil, func(c *x509.Certificate) { authority(c); around(c) })
	tsa := issue(t, "tsa", ecKey(t), root, func(c *x509.Certificate) { onlyStamps(c); around(c) })
	key, err := x509.MarshalECPrivateKey(tsa.key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "tsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tsa.cert.Raw}))
	o.write(t, "tsa.key", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}))
	o.write(t, "serial", []byte("01\n"))
	o.write(t, "tsa.cnf", []byte("[tsa]\ndefault_tsa=a\n[a]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"))
	w := newWorld(t)
	sig := by(w.signer, func(s *info) {
		s.unsigned = func(signature []byte) [][]byte {
			o.write(t, "value", signature)
			o.run(t, "", openssl, "ts", "-query", "-data", "value", "-sha256", "-cert", "-out", "query")
			o.run(t, "", openssl, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-token_out", "-out", "token")
			token, err := os.ReadFile(o.path("token"))
			if err != nil {
				t.Fatal(err)
			}
			return [][]byte{attr(atTimestamp, token)}
		}
	}).encode(t)
	w.policy.Now = time.Now()
	w.policy.TSAAnchors = []*x509.Certificate{root.cert}
	r := run(t, sig, nil, w.policy)
	if s := r.Signers[0].Timestamp; s == nil || !s.Verified || time.Since(s.Time) > time.Hour {
		t.Errorf("time stamp %+v", s)
	}
}

func TestSignaturesOfGnuTLS(t *testing.T) {
	certtool := tool(t, "certtool", "gnutls-bin")
	o := newOffice(t)
	for name, c := range map[string]struct {
		signer, options string
		attached        bool
	}{
		"detached":  {"rsa", "--p7-detached-sign --outder", false},
		"with time": {"rsa", "--p7-detached-sign --outder --p7-time", false},
		"attached":  {"rsa", "--p7-sign --outder --p7-time", true},
		"PEM":       {"rsa", "--p7-sign --p7-time", true},
		"EC":        {"ec", "--p7-detached-sign --outder --p7-time", false},
		"SHA-512":   {"rsa", "--p7-detached-sign --outder --hash SHA512", false},
		"PSS":       {"rsa", "--p7-detached-sign --outder --sign-params rsa-pss", false},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{certtool, "--load-certificate", c.signer + ".pem", "--load-privkey", c.signer + ".key", "--infile", "content", "--outfile", "out"}
			o.run(t, "", append(args, strings.Fields(c.options)...)...)
			content := "content"
			if c.attached {
				content = ""
			}
			o.accepted(t, "out", content)
		})
	}
}

func TestSignaturesOfGpgsm(t *testing.T) {
	gpgsm := tool(t, "gpgsm", "gpgsm")
	openssl := tool(t, "openssl", "openssl")
	o := newOffice(t)
	home, err := os.MkdirTemp("", "gpgsm") // short, because it will contain the agent's socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	root := o.policy.Anchors[0].Certificate
	print := sha1.Sum(root.Raw)
	if err := os.WriteFile(filepath.Join(home, "trustlist.txt"), []byte(strings.ToUpper(hex.EncodeToString(print[:]))+" S relax\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{gpgsm, "--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--disable-crl-checks", "--disable-policy-checks"}
	o.run(t, "", append(base, "--import", "root.pem")...)
	// Sometimes gpgsm cannot decrypt such a file, but can decrypt another one
	// of the same key.
	for try := 1; ; try++ {
		o.run(t, "", openssl, "pkcs12", "-export", "-in", "rsa.pem", "-inkey", "rsa.key", "-out", "p12", "-passout", "pass:x", "-legacy")
		err := o.try("x\n", slices.Concat(base, []string{"--import", "p12"})...)
		if err == nil {
			break
		}
		if t.Log(err); try == 5 {
			t.Fatal("gpgsm cannot read the signer's key")
		}
	}
	for name, c := range map[string]struct {
		options  string
		attached bool
	}{
		"detached": {"--detach-sign", false},
		"attached": {"--sign", true},
		"armoured": {"--armor --sign", true},
		"base64":   {"--base64 --detach-sign", false},
		"chain":    {"--include-certs -1 --detach-sign", false},
	} {
		t.Run(name, func(t *testing.T) {
			args := append(append(append([]string{}, base...), "--output", "out"), strings.Fields(c.options)...)
			o.run(t, "x\n", append(args, "content")...)
			content := "content"
			if c.attached {
				content = ""
			}
			o.accepted(t, "out", content)
		})
	}
}

// bouncyCastle is a program that signs content in one of several ways.
const bouncyCastle = `
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.*; import java.security.spec.*; import java.util.*;
import org.bouncycastle.cert.*; import org.bouncycastle.cert.jcajce.*; import org.bouncycastle.cms.*; import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider; import org.bouncycastle.operator.*; import org.bouncycastle.operator.jcajce.*;
public class Sign { public static void main(String[] a) throws Exception {
  String who = a[0], alg = a[1], how = a[2], out = a[3];
  Security.addProvider(new BouncyCastleProvider());
  PrivateKey key = KeyFactory.getInstance(who.equals("ec") ? "EC" : "RSA").generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Paths.get(who + ".pk8"))));
  X509Certificate cert = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(who + ".der"));
  byte[] content = Files.readAllBytes(Paths.get("content"));
  ContentSigner signer = new JcaContentSignerBuilder(alg).setProvider("BC").build(key);
  JcaSignerInfoGeneratorBuilder b = new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build());
  if (how.contains("noattr")) b.setDirectSignature(true);
  SignerInfoGenerator info = how.contains("keyid") ? b.build(signer, "` + "rsa key" + `".getBytes()) : b.build(signer, cert);
  if (how.contains("stream")) {
    CMSSignedDataStreamGenerator g = new CMSSignedDataStreamGenerator();
    g.addSignerInfoGenerator(info); g.addCertificates(new JcaCertStore(Arrays.asList(cert))); g.setBufferSize(1000);
    try (OutputStream file = new FileOutputStream(out); OutputStream s = g.open(file, true)) { s.write(content); }
    return;
  }
  CMSSignedDataGenerator g = new CMSSignedDataGenerator();
  g.addSignerInfoGenerator(info); g.addCertificates(new JcaCertStore(Arrays.asList(cert)));
  CMSSignedData d = g.generate(new CMSProcessableByteArray(content), how.contains("attached"));
  Files.write(Paths.get(out), how.contains("der") ? d.toASN1Structure().getEncoded("DER") : d.getEncoded());
} }
`

func TestSignaturesOfBouncyCastle(t *testing.T) {
	java := tool(t, "java", "default-jdk-headless")
	jars := []string{"/usr/share/java/bcpkix.jar", "/usr/share/java/bcprov.jar", "/usr/share/java/bcutil.jar"}
	for _, jar := range jars[:2] {
		if _, err := os.Stat(jar); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v: apt-get install libbcpkix-java", err)
			}
			t.Skipf("%v: apt-get install libbcpkix-java", err)
		}
	}
	o := newOffice(t)
	o.write(t, "Sign.java", []byte(bouncyCastle))
	o.run(t, "", tool(t, "javac", "default-jdk-headless"), "-cp", strings.Join(jars, ":"), "Sign.java")
	for name, c := range map[string]struct{ who, alg, how string }{
		"detached":       {"rsa", "SHA256withRSA", ""},
		"attached DER":   {"rsa", "SHA256withRSA", "attached der"},
		"attached BER":   {"rsa", "SHA256withRSA", "attached"},
		"stream":         {"rsa", "SHA256withRSA", "stream attached"},
		"no attributes":  {"rsa", "SHA512withRSA", "noattr"},
		"key identifier": {"rsa", "SHA384withRSA", "keyid"},
		"PSS":            {"rsa", "SHA256withRSAandMGF1", ""},
		"EC":             {"ec", "SHA256withECDSA", "stream attached"},
	} {
		t.Run(name, func(t *testing.T) {
			o.run(t, "", java, "-cp", strings.Join(append(jars, "."), ":"), "Sign", c.who, c.alg, c.how, "out")
			content := "content"
			if strings.Contains(c.how, "attached") {
				content = ""
			}
			o.accepted(t, "out", content)
		})
	}
}

// OpenSSL accepts a plain message of the encoder in these tests.
func TestOpenSSLAcceptsTheMessagesOfTheseTests(t *testing.T) {
	openssl := tool(t, "openssl", "openssl")
	o := newOffice(t)
	w := newWorld(t)
	o.write(t, "w.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.root.cert.Raw}))
	o.write(t, "m", by(w.signer, nil).encode(t))
	o.run(t, "", openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "m", "-CAfile", "w.pem", "-purpose", "any", "-attime", "1780315200", "-out", "got")
	if got, err := os.ReadFile(o.path("got")); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%q, %v", got, err)
	}
}
