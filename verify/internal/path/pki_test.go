package path_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"natsuin/verify/internal/path"
)

// at is the reference time of the tests. Certificates are valid around it.
var at = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// party is a certificate with its key.
type party struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var nextSerial int64 = 1000

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// change changes a certificate before it is signed.
type change func(*x509.Certificate)

// issue makes a certificate for subject and key. If issuer is nil, it is
// self-signed.
func issue(t testing.TB, issuer *party, subject string, key crypto.Signer, changes ...change) *party {
	t.Helper()
	nextSerial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(nextSerial),
		Subject:      pkix.Name{Country: []string{"JP"}, CommonName: subject},
		NotBefore:    at.AddDate(-1, 0, 0),
		NotAfter:     at.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	id := sha1.Sum([]byte(subject + template.SerialNumber.String()))
	template.SubjectKeyId = id[:]
	for _, c := range changes {
		c(template)
	}
	parent := &party{template, key}
	if issuer != nil {
		parent = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, key.Public(), parent.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := path.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &party{cert, key}
}

// asCA turns a certificate into that of a CA.
func asCA(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.MaxPathLen = true, true, -1
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
}

func newRoot(t testing.TB, subject string, changes ...change) *party {
	t.Helper()
	return issue(t, nil, subject, newKey(t), append([]change{asCA}, changes...)...)
}

func (p *party) newCA(t testing.TB, subject string, changes ...change) *party {
	t.Helper()
	return issue(t, p, subject, newKey(t), append([]change{asCA}, changes...)...)
}

func (p *party) newLeaf(t testing.TB, subject string, changes ...change) *party {
	t.Helper()
	return issue(t, p, subject, newKey(t), changes...)
}

func valid(from, to time.Time) change {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to }
}

func extension(critical bool, value []byte, id ...int) change {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}

func policies(oids ...string) change {
	return func(c *x509.Certificate) {
		for _, s := range oids {
			c.Policies = append(c.Policies, oid(s))
		}
	}
}

// mapping adds policyMappings. pairs alternates the policies of the issuer and
// of the subject.
func mapping(pairs ...string) change {
	var all [][]byte
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, tlv(0x30, oidDER(pairs[i]), oidDER(pairs[i+1])))
	}
	return extension(true, tlv(0x30, all...), 2, 5, 29, 33)
}

func oidDER(s string) []byte {
	contents, err := oid(s).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return tlv(0x06, contents)
}

func oid(s string) x509.OID {
	o, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	return o
}

func certs(parties ...*party) []*x509.Certificate {
	var out []*x509.Certificate
	for _, p := range parties {
		out = append(out, p.cert)
	}
	return out
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// tlv returns one DER value with the given identifier octet.
func tlv(tag byte, contents ...[]byte) []byte {
	var body []byte
	for _, c := range contents {
		body = append(body, c...)
	}
	switch {
	case len(body) < 0x80:
		return append([]byte{tag, byte(len(body))}, body...)
	case len(body) < 0x100:
		return append([]byte{tag, 0x81, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

// wantPath checks that there is a valid path, and returns it.
func wantPath(t *testing.T, r path.Request) *path.Result {
	t.Helper()
	result, failure := path.Validate(context.Background(), r)
	if failure != nil {
		t.Fatalf("no path: %v", failure)
	}
	return result
}

// wantFailure checks which rule is broken, and by which certificate.
func wantFailure(t *testing.T, r path.Request, kind path.Kind, by *x509.Certificate) *path.Failure {
	t.Helper()
	result, failure := path.Validate(context.Background(), r)
	if failure == nil {
		t.Fatalf("accepted a path of %d, want: %v", len(result.Chain), kind)
	}
	if failure.Kind != kind {
		t.Fatalf("failure is %v, want %v", failure, kind)
	}
	if by != nil && !failure.Cert.Equal(by) {
		t.Fatalf("failure %v is about %s, want %s", failure, failure.Cert.Subject, by.Subject)
	}
	if len(failure.Chain) > 0 && !slices.ContainsFunc(failure.Chain, failure.Cert.Equal) {
		t.Fatal("the failure's certificate is not in its chain")
	}
	return failure
}

var errTest = errors.New("refused by the test")
