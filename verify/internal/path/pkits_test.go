package path_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
)

// pkitsData is the folder of NIST's PKITS in a Debian package. The certificates
// and CRLs come from there, and the expected results from the Go project.
const pkitsData = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"

// pkitsDiffer holds the cases in which our result differs from NIST's, with the
// reason. All are refusals.
var pkitsDiffer = map[string]string{
	"4.1.4 Valid DSA Signatures Test4":            "DSA with SHA-1 is not accepted",
	"4.1.5 Valid DSA Parameter Inheritance Test5": "DSA with SHA-1 is not accepted",
}

type pkitsCase struct {
	Name                        string
	CertPath, CRLPath           []string
	ShouldValidate              bool
	InitialPolicySet            []string
	InitialPolicyMappingInhibit bool
	InitialExplicitPolicy       bool
	InitialAnyPolicyInhibit     bool
}

var pkitsPolicies = map[string]string{
	"anyPolicy":          "2.5.29.32.0",
	"NIST-test-policy-1": "2.16.840.1.101.3.2.1.48.1",
	"NIST-test-policy-2": "2.16.840.1.101.3.2.1.48.2",
	"NIST-test-policy-3": "2.16.840.1.101.3.2.1.48.3",
	"NIST-test-policy-6": "2.16.840.1.101.3.2.1.48.6",
}

func pkitsCases(t *testing.T) []pkitsCase {
	t.Helper()
	if _, err := os.Stat(pkitsData); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("NIST PKITS is not here: apt-get install python3-cryptography-vectors")
		}
		t.Skip("NIST PKITS is not here: apt-get install python3-cryptography-vectors")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(strings.TrimSpace(string(root)), "src/crypto/x509/testdata/nist-pkits/vectors.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []pkitsCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func pkitsFile(t *testing.T, folder, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(pkitsData, folder, file))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// pkitsRequest returns the case as a request. It returns nil if a certificate
// cannot be parsed, which counts as a refusal.
func pkitsRequest(t *testing.T, c pkitsCase) *path.Request {
	t.Helper()
	var certs []*x509.Certificate
	for _, file := range c.CertPath {
		cert, err := path.ParseCertificate(pkitsFile(t, "certs", file))
		if err != nil {
			return nil
		}
		certs = append(certs, cert)
	}
	r := &path.Request{
		Leaf:                  certs[len(certs)-1],
		Pool:                  certs[1 : len(certs)-1],
		Anchors:               certs[:1],
		At:                    time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC),
		RequireExplicitPolicy: c.InitialExplicitPolicy,
		InhibitMapping:        c.InitialPolicyMappingInhibit,
		InhibitAnyPolicy:      c.InitialAnyPolicyInhibit,
		CheckRevocation:       true,
	}
	for _, file := range c.CRLPath {
		r.CRLs = append(r.CRLs, pkitsFile(t, "crls", file))
	}
	for _, p := range c.InitialPolicySet {
		oid, err := x509.ParseOID(pkitsPolicies[p])
		if err != nil {
			t.Fatalf("policy %s: %v", p, err)
		}
		r.InitialPolicies = append(r.InitialPolicies, oid)
	}
	return r
}

// pkitsVerdict runs a request. If it is refused, pkitsVerdict returns why.
func pkitsVerdict(r *path.Request) (bool, string) {
	if r == nil {
		return false, "a certificate cannot be parsed"
	}
	result, failure := path.Validate(context.Background(), *r)
	if failure != nil {
		return false, failure.Error()
	}
	if worst := result.Worst(r.At); worst.Status != revocation.Good {
		return false, worst.Status.String() + " " + worst.Words()
	}
	return true, ""
}

// TestPKITS runs the 249 cases of NIST's path validation suite, including CRLs.
func TestPKITS(t *testing.T) {
	cases := pkitsCases(t)
	agree := 0
	for _, c := range cases {
		got, why := pkitsVerdict(pkitsRequest(t, c))
		switch {
		case got == c.ShouldValidate:
			agree++
			t.Logf("%s: %v %s", c.Name, got, why)
		case got:
			t.Errorf("%s: accepted, and must not be", c.Name)
		case pkitsDiffer[c.Name] == "":
			t.Errorf("%s: refused (%s), and must not be", c.Name, why)
		default:
			t.Logf("%s: refused: %s", c.Name, pkitsDiffer[c.Name])
		}
	}
	t.Logf("NIST PKITS: %d of %d agree", agree, len(cases))
	if len(cases) != 249 || agree+len(pkitsDiffer) != len(cases) {
		t.Errorf("%d of %d cases agree, want all but %d", agree, len(cases), len(pkitsDiffer))
	}
}

// TestPKITSAmongAllCertificates builds each path from all certificates of
// PKITS: additional certificates must not change a verdict.
func TestPKITSAmongAllCertificates(t *testing.T) {
	cases := pkitsCases(t)
	files, err := filepath.Glob(filepath.Join(pkitsData, "certs", "*.crt"))
	if err != nil {
		t.Fatal(err)
	}
	var pool []*x509.Certificate
	for _, file := range files {
		if cert, err := path.ParseCertificate(pkitsFile(t, "certs", filepath.Base(file))); err == nil {
			pool = append(pool, cert)
		}
	}
	for _, c := range cases {
		r := pkitsRequest(t, c)
		if r == nil || pkitsDiffer[c.Name] != "" {
			continue
		}
		r.Pool = pool
		if got, why := pkitsVerdict(r); got != c.ShouldValidate {
			t.Errorf("%s: got %v (%s), want %v", c.Name, got, why, c.ShouldValidate)
		}
	}
}
