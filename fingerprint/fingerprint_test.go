package fingerprint_test

import (
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"

	"natsuin/fingerprint"
)

// The SHA-256 and SHA-1 of the three bytes "abc" (examples of FIPS 180-4).
const (
	abc256 = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
	abc1   = "A9993E364706816ABA3E25717850C26C9CD0D89D"
)

var abc = &x509.Certificate{Raw: []byte("abc")}

func TestOfHashesTheWholeCertificate(t *testing.T) {
	prints := fingerprint.Of(abc)
	if got := prints.SHA256.String(); got != abc256 {
		t.Errorf("SHA-256 %s", got)
	}
	if got := prints.SHA1.String(); got != abc1 {
		t.Errorf("SHA-1 %s", got)
	}
}

func TestNoCertificateHasNoFingerprint(t *testing.T) {
	for _, cert := range []*x509.Certificate{nil, {}} {
		prints := fingerprint.Of(cert)
		if prints.SHA256.Equal(prints.SHA256) || prints.SHA1.Equal(prints.SHA1) {
			t.Errorf("%v equals something", prints)
		}
	}
}

func TestGroupsOfFour(t *testing.T) {
	prints := fingerprint.Of(abc)
	if got := strings.Join(prints.SHA1.Groups(), " "); got != "A999 3E36 4706 816A BA3E 2571 7850 C26C 9CD0 D89D" {
		t.Errorf("got %s", got)
	}
	if got := len(prints.SHA256.Groups()); got != 16 {
		t.Errorf("got %d groups", got)
	}
	if got := (fingerprint.Fingerprint{}).Groups(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestSelectTakesTheValueOfOneAlgorithm(t *testing.T) {
	prints := fingerprint.Of(abc)
	if got := prints.Select(fingerprint.SHA256); !got.Equal(prints.SHA256) {
		t.Errorf("got %v", got)
	}
	if got := prints.Select(fingerprint.SHA1); !got.Equal(prints.SHA1) {
		t.Errorf("got %v", got)
	}
	if got := prints.Select(0); got.Sum != nil {
		t.Errorf("got %v", got)
	}
}

func TestAlgorithmNames(t *testing.T) {
	for algorithm, want := range map[fingerprint.Algorithm]string{fingerprint.SHA256: "sha256", fingerprint.SHA1: "sha1", 0: "unknown"} {
		if got := algorithm.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDiffNamesTheFirstDifferentGroup(t *testing.T) {
	whole := fingerprint.Of(abc)
	changed := func(p fingerprint.Fingerprint, digit int) fingerprint.Fingerprint {
		s := []byte(p.String())
		if s[digit] == '0' {
			s[digit] = '1'
		} else {
			s[digit] = '0'
		}
		sum, err := hex.DecodeString(string(s))
		if err != nil {
			t.Fatal(err)
		}
		return fingerprint.Fingerprint{Algorithm: p.Algorithm, Sum: sum}
	}
	short := fingerprint.Fingerprint{Algorithm: fingerprint.SHA256, Sum: whole.SHA256.Sum[:20]}
	for _, test := range []struct {
		name  string
		a, b  fingerprint.Fingerprint
		group int
		same  bool
	}{
		{"same", whole.SHA256, whole.SHA256, 0, true},
		{"first digit", whole.SHA256, changed(whole.SHA256, 0), 1, false},
		{"end of the first group", whole.SHA256, changed(whole.SHA256, 3), 1, false},
		{"second group", whole.SHA256, changed(whole.SHA256, 4), 2, false},
		{"last digit", whole.SHA256, changed(whole.SHA256, 63), 16, false},
		{"last digit of SHA-1", whole.SHA1, changed(whole.SHA1, 39), 10, false},
		{"other algorithm", whole.SHA256, whole.SHA1, 0, false},
		{"only a beginning", whole.SHA256, short, 0, false},
		{"two beginnings", short, short, 0, false},
		{"nothing", fingerprint.Fingerprint{}, fingerprint.Fingerprint{}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			group, same := fingerprint.Diff(test.a, test.b)
			if group != test.group || same != test.same {
				t.Errorf("got %d, %v; want %d, %v", group, same, test.group, test.same)
			}
			if equal := test.a.Equal(test.b); equal != test.same {
				t.Errorf("Equal says %v", equal)
			}
		})
	}
}
