package trust_test

import (
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

// The table of docs/card.md §7 a second time, to find mistakes in the other
// one.
var pinned = []struct {
	name, from, to, serial, sha1, sha256 string
	usage                                trust.Usage
}{
	{"signca01", "2015-10-20", "2025-10-19", "01", "952CCDC94DF8F402E08EE56C309D518905E77146", "19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355", trust.Sign},
	{"signca02", "2019-09-14", "2029-09-14", "0132C4AB", "8822572DC6D5C4A0DFAC2C9F4C9644DABAF9523E", "79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB", trust.Sign},
	{"signca03", "2023-07-16", "2033-07-15", "067C6A21", "C1F62C4D71FE8AE7148A6974653B3927CD2309DB", "D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F", trust.Sign},
	{"authca01", "2015-10-20", "2025-10-19", "01", "11D9CC90492B10FCFAD1DAD30865C240983913D0", "4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D", trust.Auth},
	{"authca02", "2019-09-14", "2029-09-14", "0133C349", "7CB04732A0578C7106F21D80DE64DE9CCD43067C", "0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6", trust.Auth},
	{"authca03", "2023-07-16", "2033-07-15", "06D18006", "DF05F7C5D2D20EDC5C487F1B2E185BAB0D8D229C", "64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5", trust.Auth},
}

func TestPublishedIsTheTableOfTheCardPage(t *testing.T) {
	roots := trust.Published()
	if len(roots) != len(pinned) {
		t.Fatalf("got %d roots", len(roots))
	}
	for i, want := range pinned {
		got := roots[i]
		if got.Name != want.name || got.Serial != want.serial || got.Usage != want.usage ||
			got.SHA256.String() != want.sha256 || got.SHA1.String() != want.sha1 ||
			got.SHA256.Algorithm != fingerprint.SHA256 || got.SHA1.Algorithm != fingerprint.SHA1 ||
			got.NotBefore.Format("2006-01-02") != want.from || got.NotAfter.Format("2006-01-02") != want.to {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestPublishedTableCannotBeChangedByItsReader(t *testing.T) {
	trust.Published()[0].SHA256.Sum[0]++
	if got := trust.Published()[0].SHA256.String(); got != pinned[0].sha256 {
		t.Errorf("got %s", got)
	}
}

func TestHistoricalValuesAnchorNothing(t *testing.T) {
	want := []string{
		"F5209CDD37BA86DBAC02EA4EFAAED42F407060E9", "D5F73937D417E74347791D7EB20826D9AD6A2EE8",
		"7598BFD9EA9DA4A2E79660851B5E6943CFD70710", "CCFB63FBE907EC44950D2655D7E7D3CF4353A7EB",
	}
	values := trust.Historical()
	if len(values) != len(want) {
		t.Fatalf("got %d values", len(values))
	}
	for i, value := range values {
		if value.SHA1.String() != want[i] || value.SHA1.Algorithm != fingerprint.SHA1 || value.Prefecture == "" || value.PrefectureJA == "" {
			t.Errorf("got %+v, want %s", value, want[i])
		}
		for _, root := range trust.Published() {
			if root.SHA1.Equal(value.SHA1) {
				t.Errorf("%s is published too", value.SHA1)
			}
		}
	}
	if !values[2].From.Equal(values[3].Until) || values[2].From.IsZero() {
		t.Errorf("Oita changed at %v and %v", values[2].From, values[3].Until)
	}
}

func TestLookupKnowsNoCertificateThatIsNotPinned(t *testing.T) {
	for name, cert := range map[string]*x509.Certificate{"nil": nil, "empty": {}, "own": root(t, "own")} {
		if got, ok := trust.Lookup(cert); ok {
			t.Errorf("%s: found as %s", name, got.Name)
		}
	}
}

// jpkiRoots reads the published certificates, which are not part of the
// project.
func jpkiRoots(t *testing.T) map[string]*x509.Certificate {
	t.Helper()
	const folder = "../../../shared/data/jpki-roots"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("skipped: the published certificates are not here: %v", err)
	}
	roots := map[string]*x509.Certificate{}
	for _, want := range pinned {
		der, err := os.ReadFile(filepath.Join(folder, want.name+".cer"))
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		roots[want.name] = cert
	}
	return roots
}

func TestPublishedCertificatesHaveThePinnedFacts(t *testing.T) {
	certs := jpkiRoots(t)
	for _, want := range trust.Published() {
		cert := certs[want.Name]
		got, ok := trust.Lookup(cert)
		if !ok || got.Name != want.Name {
			t.Errorf("%s: found as %q, %v", want.Name, got.Name, ok)
		}
		prints := fingerprint.Of(cert)
		if !prints.SHA256.Equal(want.SHA256) || !prints.SHA1.Equal(want.SHA1) {
			t.Errorf("%s: its fingerprints are %v", want.Name, prints)
		}
		if !cert.NotBefore.Equal(want.NotBefore) || !cert.NotAfter.Equal(want.NotAfter) {
			t.Errorf("%s: valid %v to %v", want.Name, cert.NotBefore, cert.NotAfter)
		}
		if serial := strings.ToUpper(hex.EncodeToString(cert.SerialNumber.Bytes())); serial != want.Serial {
			t.Errorf("%s: serial %s", want.Name, serial)
		}
		unit := map[trust.Usage]string{trust.Sign: "JPKI for digital signature", trust.Auth: "JPKI for user authentication"}[want.Usage]
		if !strings.Contains(cert.Subject.String(), unit) {
			t.Errorf("%s: subject %v", want.Name, cert.Subject)
		}
		if err := trust.Acceptable(cert); err != nil {
			t.Errorf("%s: %v", want.Name, err)
		}
	}
}

func TestOneChangedByteIsNotThePublishedCertificate(t *testing.T) {
	cert := jpkiRoots(t)["signca03"]
	raw := append([]byte(nil), cert.Raw...)
	raw[len(raw)-1]++
	changed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := trust.Lookup(changed); ok {
		t.Errorf("found as %s", got.Name)
	}
}
