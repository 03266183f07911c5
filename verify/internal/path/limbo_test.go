package path_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
)

const limboFile = "../../../../shared/data/x509-limbo/limbo.json"

// limboForeign lists groups of limbo that are about TLS: host names, and
// requirements of browsers beyond RFC 5280. They are not run.
var limboForeign = []string{"webpki::cn::", "webpki::san::", "webpki::eku::", "webpki::aki::"}

const (
	dutyOfCA = "a duty of the CA (RFC 5280 §4), not a check of §6"
	hostName = "about matching host names, which no signature has"
	browsers = "a rule of browsers, not of RFC 5280"
)

// limboDiffer holds the cases in which we accept what limbo refuses, with the
// reason for each.
var limboDiffer = map[string]string{
	"rfc5280::aki::leaf-missing-aki":                       dutyOfCA,
	"rfc5280::aki::intermediate-missing-aki":               dutyOfCA,
	"rfc5280::aki::cross-signed-root-missing-aki":          dutyOfCA,
	"rfc5280::ski::root-missing-ski":                       dutyOfCA,
	"rfc5280::ski::intermediate-missing-ski":               dutyOfCA,
	"rfc5280::nc::permitted-dns-match-noncritical":         dutyOfCA + "; the constraints are applied, and limbo's own webpki case accepts it",
	"rfc5280::pc::ica-noncritical-pc":                      dutyOfCA + "; the constraints are applied",
	"rfc5280::san::noncritical-with-empty-subject":         dutyOfCA,
	"rfc5280::serial::too-long":                            dutyOfCA + ", and §4.1.2.2 asks users to be ready for it",
	"rfc5280::serial::negative":                            dutyOfCA + ", and §4.1.2.2 asks users to be ready for it",
	"rfc5280::aki::critical-aki":                           dutyOfCA,
	"rfc5280::ski::critical-ski":                           dutyOfCA,
	"webpki::malformed-aia":                                "an address is no input to validation",
	"rfc5280::serial::zero":                                dutyOfCA + ", and §4.1.2.2 asks users to be ready for it",
	"rfc5280::root-non-critical-basic-constraints":         dutyOfCA,
	"rfc5280::leaf-ku-keycertsign":                         dutyOfCA,
	"rfc5280::validity::expired-root":                      "an anchor's own dates are no input (§6.1.1 (d))",
	"rfc5280::san::underscore-dns":                         hostName,
	"rfc5280::san::ip-in-dns":                              hostName,
	"rfc5280::ca-as-leaf-wrong-san":                        hostName,
	"webpki::forbidden-rsa-not-divisible-by-8-in-root":     browsers,
	"webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf": browsers,
	"webpki::v1-cert":                                      browsers,
	"webpki::ee-basicconstraints-ca":                       browsers,
	"webpki::ca-as-leaf":                                   browsers,
}

type limboCase struct {
	ID        string   `json:"id"`
	Features  []string `json:"features"`
	Expected  string   `json:"expected_result"`
	Trusted   []string `json:"trusted_certs"`
	Untrusted []string `json:"untrusted_intermediates"`
	Peer      string   `json:"peer_certificate"`
	CRLs      []string `json:"crls"`
	Time      string   `json:"validation_time"`
	EKU       []string `json:"extended_key_usage"`
	MaxDepth  *int     `json:"max_chain_depth"`
}

var limboUsages = map[string]x509.ExtKeyUsage{
	"serverAuth": x509.ExtKeyUsageServerAuth, "clientAuth": x509.ExtKeyUsageClientAuth,
}

func limboDER(t *testing.T, text string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM in a limbo case")
	}
	return block.Bytes
}

// limboRequest returns the case as a request. It returns nil if the leaf or
// every anchor cannot be parsed, which counts as a refusal.
func limboRequest(t *testing.T, c limboCase) *path.Request {
	t.Helper()
	r := &path.Request{At: time.Now()}
	if c.Time != "" {
		at, err := time.Parse(time.RFC3339, c.Time)
		if err != nil {
			t.Fatal(err)
		}
		r.At = at
	}
	for _, text := range c.Trusted {
		if cert, err := path.ParseCertificate(limboDER(t, text)); err == nil {
			r.Anchors = append(r.Anchors, cert)
		}
	}
	for _, text := range c.Untrusted {
		if cert, err := path.ParseCertificate(limboDER(t, text)); err == nil {
			r.Pool = append(r.Pool, cert)
		}
	}
	for _, text := range c.CRLs {
		r.CRLs = append(r.CRLs, limboDER(t, text))
		r.CheckRevocation = true
	}
	leaf, err := path.ParseCertificate(limboDER(t, c.Peer))
	if err != nil || len(r.Anchors) == 0 {
		return nil
	}
	r.Leaf = leaf
	r.Accept = func(chain []*x509.Certificate) error {
		depth := 0
		for _, cert := range chain[1:] {
			if !bytes.Equal(cert.RawSubject, cert.RawIssuer) {
				depth++
			}
		}
		if c.MaxDepth != nil && depth > *c.MaxDepth {
			return errors.New("deeper than the case allows")
		}
		for _, usage := range c.EKU {
			if len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) == 0 {
				continue
			}
			found := false
			for _, u := range leaf.ExtKeyUsage {
				found = found || u == limboUsages[usage] || u == x509.ExtKeyUsageAny
			}
			if !found {
				return errors.New("extended key usage")
			}
		}
		return nil
	}
	return r
}

// TestLimbo runs the cases of C2SP's x509-limbo that are about paths. A case
// that limbo accepts must be accepted. One that it refuses must be refused,
// unless limboDiffer has it.
func TestLimbo(t *testing.T) {
	raw, err := os.ReadFile(limboFile)
	if err != nil {
		t.Skipf("x509-limbo is not here: %v", err)
	}
	var suite struct {
		Cases []limboCase `json:"testcases"`
	}
	if err := json.Unmarshal(raw, &suite); err != nil {
		t.Fatal(err)
	}
	agree, differ, foreign := 0, 0, 0
	for _, c := range suite.Cases {
		if slices.ContainsFunc(limboForeign, func(group string) bool { return strings.HasPrefix(c.ID, group) }) {
			foreign++
			continue
		}
		want := c.Expected == "SUCCESS"
		got, why := false, "a certificate cannot be parsed"
		if r := limboRequest(t, c); r != nil {
			got, why = true, ""
			result, failure := path.Validate(context.Background(), *r)
			switch {
			case failure != nil:
				got, why = false, failure.Error()
			case r.CheckRevocation && result.Worst(r.At).Status != revocation.Good:
				got, why = false, result.Worst(r.At).Words()
			}
		}
		switch {
		case got == want:
			agree++
		case got && limboDiffer[c.ID] != "":
			differ++
		default:
			t.Errorf("%s: got %v (%s), want %v", c.ID, got, why, want)
		}
	}
	t.Logf("x509-limbo: %d of %d agree, %d differ for known reasons, %d are about TLS",
		agree, len(suite.Cases), differ, foreign)
	if differ != len(limboDiffer) {
		t.Errorf("%d cases differ, and %d are listed", differ, len(limboDiffer))
	}
}
