package timestamp_test

import (
	"context"
	"crypto"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"natsuin/sign/timestamp"
)

// opensslAuthority serves the answers of `openssl ts -reply`, an independent
// implementation of an authority, on a loopback address. It returns that
// address, and the path of the root certificate.
func opensslAuthority(t *testing.T) (address, root string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing: apt-get install openssl")
		}
		t.Skip("openssl is missing: apt-get install openssl")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	for name, text := range map[string]string{
		"serial": "01\n",
		"leaf":   "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n",
		"conf": "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\ncerts=ca.pem\nsigner_key=tsa.key\n" +
			"signer_digest=sha256\ndefault_policy=1.2.3.4.5\nother_policies=1.2.3.4.6\ndigests=sha256,sha512\n" +
			"accuracy=secs:1,millisecs:500,microsecs:100\nordering=yes\ntsa_name=yes\ness_cert_id_chain=yes\ness_cert_id_alg=sha256\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root", "-days", "9")
	run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
	run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "8", "-extfile", "leaf", "-out", "tsa.pem")
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "query"), body, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
		run("ts", "-reply", "-config", "conf", "-queryfile", "query", "-out", "reply")
		reply, err := os.ReadFile(filepath.Join(dir, "reply"))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", timestamp.ContentType)
		w.Write(reply)
	})), filepath.Join(dir, "ca.pem")
}

// OpenSSL answers our requests, for two hashes and with and without a policy,
// rejects another hash and another policy, and verifies its own tokens.
func TestOpenSSLAnswersUs(t *testing.T) {
	address, root := opensslAuthority(t)
	ask := func(policy string, h crypto.Hash) (*timestamp.Token, error) {
		c := timestamp.Client{Transport: timestamp.HTTP{URL: address}, Policy: policyOf(policy)}
		return c.Stamp(context.Background(), timestamp.ImprintOf(h, signatureValue))
	}
	for policy, want := range map[string]string{"": "1.2.3.4.5", "1.2.3.4.6": "1.2.3.4.6"} {
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
			token, err := ask(policy, h)
			if err != nil {
				t.Fatal(err)
			}
			if i := token.Info; i.Policy.String() != want || i.Accuracy != 1500100*time.Microsecond || time.Since(i.GenTime).Abs() > time.Minute || token.OtherType {
				t.Errorf("%+v", i)
			}
			name := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(name, token.DER, 0o600); err != nil {
				t.Fatal(err)
			}
			digest := hex.EncodeToString(timestamp.ImprintOf(h, signatureValue).Sum)
			if out, err := exec.Command("openssl", "ts", "-verify", "-token_in", "-in", name, "-digest", digest, "-CAfile", root).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}
	}
	for name, c := range map[string]struct {
		policy  string
		hash    crypto.Hash
		failure string
	}{
		"policy": {"1.2.3.4.7", crypto.SHA256, "unacceptedPolicy"},
		"hash":   {"", crypto.SHA384, "badAlg"},
	} {
		_, err := ask(c.policy, c.hash)
		if no := wantReason(t, err, timestamp.ReasonRejected); no.Failure != c.failure || no.Text == "" {
			t.Errorf("%s: %+v", name, no)
		}
	}
}
