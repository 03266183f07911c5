package practice_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/card/practice"
	"natsuin/card/virtual"
)

// practicePolicy is the policy of practice certificates, as verifiers know it.
const practicePolicy = "2.25.184374126194146455454303695688590931723"

func show(t testing.TB, store *practice.Store) practice.Info {
	t.Helper()
	info, err := store.Show()
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestKindsOfCard(t *testing.T) {
	for _, c := range []struct {
		kind       practice.Kind
		label      string
		sign, auth int // key sizes; 0 for none
		years      int // the greatest validity of a certificate; -1 if it has expired
	}{
		{practice.KindMyNumber, "JPKIAPICCTOKEN2", 2048, 2048, 5},
		{practice.KindJuki, "JPKIAPICCTOKEN", 1024, 0, 3},
		{practice.KindPhone, "JPKIAPGPSETOKEN", 2048, 2048, 5},
		{practice.KindNoSign, "JPKIAPICCTOKEN2", 0, 2048, 5},
		{practice.KindExpired, "JPKIAPICCTOKEN2", 2048, 2048, -1},
		{practice.KindNext, "JPKIAPICCTOKEN3", 384, 384, 10},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			dir := folder(t)
			store := open(dir)
			if err := store.Issue(practice.IssueOptions{Kind: c.kind, SignPassword: "ABC123", AuthPIN: "9876"}); err != nil {
				t.Fatal(err)
			}
			info := show(t, store)
			if info.Kind != c.kind || info.Sign.Secret != "ABC123" {
				t.Errorf("%s, %s", info.Kind, info.Sign.Secret)
			}
			for half, want := range map[*practice.SlotInfo]int{&info.Sign: c.sign, &info.Auth: c.auth} {
				switch {
				case want == 0:
					if half.Certificate != nil {
						t.Error("a certificate that this kind has not")
					}
				case bits(half.Certificate) != want:
					t.Errorf("key of %d bits, want %d", bits(half.Certificate), want)
				case half.Certificate.CheckSignatureFrom(half.CA) != nil:
					t.Error("the CA on the card did not issue the certificate")
				case half.Certificate.NotAfter.After(clock.AddDate(c.years, 0, 1)),
					c.years > 0 && half.Certificate.NotAfter.Before(clock.AddDate(c.years-1, 0, 0)):
					t.Errorf("valid until %v", half.Certificate.NotAfter)
				}
			}
			conn := connect(t, dir)
			other := map[bool]string{true: "6a82", false: "9000"}[c.kind == practice.KindJuki || c.kind == practice.KindPhone]
			expect(t, "SELECT of the 券面事項入力補助 application", talk(t, conn, "00a4040c0ad3921000310001010408"), other)
			talk(t, conn, application, "00a4020c020006")
			token, err := conn.Transmit([]byte{0x00, 0xB0, 0x00, 0x00, 0x00})
			if label, _, _ := strings.Cut(string(token), " "); err != nil || label != c.label {
				t.Errorf("label %q, want %q (%v)", label, c.label, err)
			}
			hint := map[bool]string{true: "8f", false: "00"}
			talk(t, conn, application, "00a4020c020008")
			answer, err := conn.Transmit([]byte{0x00, 0xB0, 0x00, 0x00, 0x00})
			if want := hint[c.sign > 0] + hint[c.auth > 0] + "009000"; err != nil || hex.EncodeToString(answer) != want {
				t.Errorf("EF 0008 is %x, want %s (%v)", answer, want, err)
			}
			authFree := map[bool]string{true: "6982", false: "9000"}[c.kind == practice.KindPhone]
			if c.auth > 0 {
				expect(t, "authentication certificate without PIN", talk(t, conn, "00a4020c02000a", read), authFree)
			} else {
				expect(t, "authentication PIN", talk(t, conn, "00a4020c020018"), "6a82")
			}
		})
	}
}

func bits(c *x509.Certificate) int {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen()
	case *ecdsa.PublicKey:
		return key.Params().BitSize
	}
	return 0
}

func TestCertificatesSayWhoAndThatTheyArePractice(t *testing.T) {
	dir := folder(t)
	store := open(dir)
	err := store.Issue(practice.IssueOptions{Name: "稽古　太郎", Address: "京都府練習市一番地", Sex: practice.Male,
		Birth: time.Date(1926, 12, 25, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Renew(practice.RenewOptions{NewRoot: true}); err != nil {
		t.Fatal(err)
	}
	info := show(t, store)
	all := []*x509.Certificate{info.Sign.Certificate, info.Auth.Certificate}
	signers, logins, err := store.Roots()
	if err != nil || len(signers) != 2 || len(logins) != 2 {
		t.Fatalf("%d and %d roots, %v", len(signers), len(logins), err)
	}
	_, chain, err := store.Official()
	if err != nil {
		t.Fatal(err)
	}
	all = slices.Concat(all, signers, logins, chain)
	for c, want := range map[*x509.Certificate]string{ // docs/card.md §6
		info.Sign.Certificate: "C L L CN", info.Auth.Certificate: "C CN",
	} {
		var types []string
		for _, a := range c.Subject.Names {
			types = append(types, map[string]string{"2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.3": "CN"}[a.Type.String()])
		}
		if got := strings.Join(types, " "); got != want {
			t.Errorf("subject %s, want the attributes %s", c.Subject, want)
		}
	}
	serials := map[string]bool{}
	for _, c := range all {
		name := c.Subject.String()
		if !critical(c, "2.5.29.32") || !strings.Contains(policyList(c), practicePolicy) {
			t.Errorf("%s: policies %s", name, policyList(c))
		}
		if strings.Contains(policyList(c), "1.2.392.200149") {
			t.Errorf("%s carries a real policy", name)
		}
		for _, n := range []string{c.Subject.String(), c.Issuer.String()} {
			// In the subject of an authentication certificate, only the number
			// shows that it is for practice.
			if !strings.Contains(n, "PRACTICE") || (!strings.Contains(n, "練習用") && n != info.Auth.Certificate.Subject.String()) {
				t.Errorf("%s does not say that it is practice", n)
			}
		}
		if c.SerialNumber.Sign() <= 0 || len(c.SerialNumber.Bytes()) > 20 || c.Version != 3 || len(c.SubjectKeyId) != 20 || len(c.AuthorityKeyId) != 20 {
			t.Errorf("%s: serial %v, version %d, identifiers % X % X", name, c.SerialNumber, c.Version, c.SubjectKeyId, c.AuthorityKeyId)
		}
		if !critical(c, "2.5.29.15") || c.IsCA && !critical(c, "2.5.29.19") {
			t.Errorf("%s: key usage or basic constraints are not critical", name)
		}
		serials[c.SerialNumber.String()] = true
	}
	if len(serials) != len(all)-1 { // the last certificate of the chain is one of the roots
		t.Errorf("%d serial numbers for %d certificates", len(serials), len(all)-1)
	}
	if info.Sign.Certificate.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment ||
		info.Auth.Certificate.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("usages %b and %b", info.Sign.Certificate.KeyUsage, info.Auth.Certificate.KeyUsage)
	}
	want := []string{"1=稽古　太郎", "4=319261225", "3=1", "5=京都府練習市一番地", "2=00000", "6=000000000"}
	if got := basicInformation(t, info.Sign.Certificate); !slices.Equal(got, want) {
		t.Errorf("基本4情報 %q, want %q", got, want)
	}
	if got := basicInformation(t, info.Auth.Certificate); got != nil {
		t.Errorf("the authentication certificate tells %q", got)
	}
}

func critical(c *x509.Certificate, id string) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.String() == id && e.Critical })
}

func policyList(c *x509.Certificate) string {
	var list []string
	for _, p := range c.Policies {
		list = append(list, p.String())
	}
	return strings.Join(list, " ")
}

// basicInformation returns the otherNames of docs/card.md §6 as x=value, in the
// order of the certificate.
func basicInformation(t *testing.T, c *x509.Certificate) []string {
	t.Helper()
	var list []string
	for _, e := range c.Extensions {
		if e.Id.String() != "2.5.29.17" {
			continue
		}
		var names asn1.RawValue
		if _, err := asn1.Unmarshal(e.Value, &names); err != nil {
			t.Fatal(err)
		}
		for rest := names.Bytes; len(rest) > 0; {
			var other struct {
				ID    asn1.ObjectIdentifier
				Value string `asn1:"explicit,tag:0,utf8"`
			}
			var err error
			if rest, err = asn1.UnmarshalWithParams(rest, &other, "tag:0"); err != nil {
				t.Fatal(err)
			}
			list = append(list, strings.TrimPrefix(other.ID.String(), "1.2.392.200149.8.5.5.")+"="+other.Value)
		}
	}
	return list
}

func TestIssueRefusesWhatNoTownHallCouldIssue(t *testing.T) {
	dir := folder(t)
	for field, o := range map[string]practice.IssueOptions{
		"kind":    {Kind: "passport"},
		"name":    {Name: "花子\x1b[2J"},
		"address": {Address: strings.Repeat("あ", 201)},
		"birth":   {Birth: clock.AddDate(0, 0, 2)},
		"sex":     {Sex: "男"},
		"sign":    {SignPassword: "renshu123"},
		"auth":    {AuthPIN: "12345"},
	} {
		var invalid *practice.InvalidError
		if err := open(dir).Issue(o); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var invalid *practice.InvalidError
	child := practice.IssueOptions{Kind: practice.KindExpired, Birth: clock.AddDate(-3, 0, 0)}
	if err := open(dir).Issue(child); !errors.As(err, &invalid) || invalid.Field != "birth" {
		t.Errorf("a card that expired before birth: %v", err)
	}
	if info := show(t, open(dir)); info.Sign.Revoked != nil || info.Sign.Secret != "RENSHU123" {
		t.Error("a refusal touched the old card")
	}
}

func TestBirthDates(t *testing.T) {
	japan := time.FixedZone("JST", 9*3600)
	day := func(s string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, s, japan)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for date, want := range map[string]string{
		"1868-01-25": "118680125", "1912-07-29": "119120729", "1912-07-30": "219120730", "1926-12-24": "219261224",
		"1926-12-25": "319261225", "1989-01-07": "319890107", "1989-01-08": "419890108", "2019-04-30": "420190430",
		"2019-05-01": "520190501", "1867-12-31": "018671231",
	} {
		expect(t, date, practice.EraDate(day(date)), want)
	}
	for _, c := range [][3]string{ // birth, issue, end of the fifth birthday
		{"1990-04-01", "2026-03-31", "2030-04-01"},
		{"1990-04-01", "2026-04-01", "2031-04-01"},
		{"1990-04-01", "2026-04-02", "2031-04-01"},
		{"1992-02-29", "2026-02-27", "2030-02-28"},
		{"1992-02-29", "2023-03-01", "2028-02-29"},
		{"1990-12-31", "2026-12-31", "2031-12-31"},
	} {
		end := practice.EndOfBirthday(day(c[0]), day(c[1]).Add(9*time.Hour), 5)
		expect(t, strings.Join(c[:2], " issued "), end.In(japan).Format(time.DateTime), c[2]+" 23:59:59")
	}
}

func TestUnlockRestoresTheCountAndKeepsTheSecret(t *testing.T) {
	dir := folder(t)
	conn := connect(t, dir)
	talk(t, conn, application, signPIN)
	for range 5 {
		talk(t, conn, verify("WRONG1"))
	}
	expect(t, "locked", talk(t, conn, verify("RENSHU123")), "6984")
	if err := open(dir).Unlock(virtual.Auth); err != nil {
		t.Fatal(err)
	}
	expect(t, "after the other secret was unlocked", talk(t, conn, application, signPIN, verify("RENSHU123")), "6984")
	if err := open(dir).Unlock(virtual.Sign); err != nil {
		t.Fatal(err)
	}
	expect(t, "unlocked", talk(t, conn, application, signPIN, verify("RENSHU123")), "9000")
	if err := open(dir).Issue(practice.IssueOptions{Kind: practice.KindJuki}); err != nil {
		t.Fatal(err)
	}
	var none *practice.NoSecretError
	if err := open(dir).Unlock(virtual.Auth); !errors.As(err, &none) {
		t.Errorf("a 住民基本台帳カード has no PIN, but: %v", err)
	}
}

func TestRevocations(t *testing.T) {
	before := clock.Add(-time.Hour)
	for reason, c := range map[practice.Reason]struct {
		code int
		both bool
	}{practice.Moved: {3, false}, practice.NameChanged: {3, false}, practice.Lost: {1, true}, practice.OtherReason: {0, false}} {
		t.Run(string(reason), func(t *testing.T) {
			store := open(folder(t))
			if err := store.Revoke(reason, before); err != nil {
				t.Fatal(err)
			}
			info := show(t, store)
			if r := info.Sign.Revoked; r == nil || !r.At.Equal(before) || r.Code != c.code {
				t.Errorf("sign: %+v", r)
			}
			if (info.Auth.Revoked != nil) != c.both {
				t.Errorf("auth: %+v", info.Auth.Revoked)
			}
			var again *practice.RevokedError
			if err := store.Revoke(reason, time.Time{}); !errors.As(err, &again) || !again.At.Equal(before) {
				t.Errorf("a second time: %v", err)
			}
		})
	}
	var invalid *practice.InvalidError
	if err := open(folder(t)).Revoke("superseded", clock); !errors.As(err, &invalid) {
		t.Errorf("a reason that nobody may give: %v", err)
	}
	store := open(folder(t))
	if err := store.Issue(practice.IssueOptions{Kind: practice.KindNoSign}); err != nil {
		t.Fatal(err)
	}
	if err := store.Revoke(practice.Moved, clock); !errors.Is(err, practice.ErrNoCertificate) {
		t.Errorf("no certificate: %v", err)
	}
}

func TestRenewalSupersedes(t *testing.T) {
	store := open(folder(t))
	old := show(t, store)
	if err := store.Renew(practice.RenewOptions{}); err != nil {
		t.Fatal(err)
	}
	fresh := show(t, store)
	if fresh.Sign.Certificate.Equal(old.Sign.Certificate) || !fresh.Sign.CA.Equal(old.Sign.CA) || fresh.Sign.Revoked != nil || generations(t, store) != 1 {
		t.Errorf("renewed under generation %d, revoked %v", generations(t, store), fresh.Sign.Revoked)
	}
	list := crl(t, store)
	if len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].ReasonCode != 4 ||
		list.RevokedCertificateEntries[0].SerialNumber.Cmp(old.Sign.Certificate.SerialNumber) != 0 {
		t.Errorf("CRL after renewal: %+v", list.RevokedCertificateEntries)
	}
	if err := store.Renew(practice.RenewOptions{NewRoot: true}); err != nil {
		t.Fatal(err)
	}
	second := show(t, store)
	if !bytes.Equal(second.Sign.CA.RawSubject, old.Sign.CA.RawSubject) || second.Sign.CA.Equal(old.Sign.CA) || generations(t, store) != 2 {
		t.Error("the second generation has no root of its own under the same name")
	}
	if second.Sign.Certificate.CheckSignatureFrom(old.Sign.CA) == nil || second.Sign.Certificate.CheckSignatureFrom(second.Sign.CA) != nil {
		t.Error("the certificate was not issued by the new root")
	}
}

func TestRootThatEndsTooSoonIsFollowedByANewGeneration(t *testing.T) {
	dir := folder(t)
	later := practice.Open(practice.Options{Dir: dir, Now: func() time.Time { return clock.AddDate(8, 0, 0) }})
	if err := later.Renew(practice.RenewOptions{}); err != nil {
		t.Fatal(err)
	}
	if info := show(t, later); generations(t, later) != 2 || info.Sign.Certificate.NotAfter.After(info.Sign.CA.NotAfter) {
		t.Errorf("generation %d", generations(t, later))
	}
}

func generations(t *testing.T, store *practice.Store) int {
	t.Helper()
	signature, authentication, err := store.Roots()
	if err != nil || len(signature) != len(authentication) {
		t.Fatalf("%d and %d roots, %v", len(signature), len(authentication), err)
	}
	return len(signature)
}

func crl(t testing.TB, store *practice.Store) *x509.RevocationList {
	t.Helper()
	der, err := store.CRL()
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCRL(t *testing.T) {
	store := open(folder(t))
	info := show(t, store)
	first := crl(t, store)
	if err := store.Revoke(practice.Moved, clock); err != nil {
		t.Fatal(err)
	}
	second := crl(t, store)
	if err := second.CheckSignatureFrom(info.Sign.CA); err != nil {
		t.Error(err)
	}
	if second.Number.Cmp(first.Number) <= 0 || len(first.RevokedCertificateEntries) != 0 || len(second.RevokedCertificateEntries) != 1 ||
		!bytes.Equal(second.AuthorityKeyId, info.Sign.CA.SubjectKeyId) || !second.ThisUpdate.Equal(clock) {
		t.Errorf("first %v with %d entries, second %v with %d", first.Number, len(first.RevokedCertificateEntries), second.Number, len(second.RevokedCertificateEntries))
	}
	if _, _, err := store.Official(); err != nil {
		t.Fatal(err)
	}
	all, err := store.CRLs()
	if err != nil || len(all) != 4 {
		t.Errorf("%d CRLs of sign, auth, bridge and ministry; %v", len(all), err)
	}
}

func TestOfficialsPathHoldsThroughTheBridge(t *testing.T) {
	store := open(folder(t))
	signer, chain, err := store.Official()
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := signer.Public().(*rsa.PublicKey); !ok || !key.Equal(chain[0].PublicKey) {
		t.Error("the key is not that of the certificate")
	}
	practiceOID, err := x509.ParseOID(practicePolicy)
	if err != nil {
		t.Fatal(err)
	}
	// Every certificate also contains the practice policy, so a path would be
	// valid without the first mapping. The mappings are therefore checked
	// directly.
	for c, want := range map[*x509.Certificate]string{
		chain[2]: practicePolicy + " > " + practicePolicy + ".1",
		chain[1]: practicePolicy + ".1 > " + practicePolicy + ".2",
	} {
		if len(c.PolicyMappings) != 1 || !critical(c, "2.5.29.33") ||
			c.PolicyMappings[0].IssuerDomainPolicy.String()+" > "+c.PolicyMappings[0].SubjectDomainPolicy.String() != want {
			t.Errorf("%s maps %v, want %s", c.Subject, c.PolicyMappings, want)
		}
	}
	verify := func(without *x509.Certificate, policy x509.OID) error {
		o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: clock,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, CertificatePolicies: []x509.OID{policy}}
		o.Roots.AddCert(chain[3])
		for _, c := range chain[1:3] {
			if c != without {
				o.Intermediates.AddCert(c)
			}
		}
		_, err := chain[0].Verify(o)
		return err
	}
	if err := verify(nil, practiceOID); err != nil {
		t.Error(err)
	}
	if err := verify(chain[2], practiceOID); err == nil {
		t.Error("the path holds without the bridge's cross-certificate")
	}
	other, err := x509.ParseOID("1.2.392.200149.8.5.1.1.20")
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(nil, other); err == nil {
		t.Error("the path holds under a real policy")
	}
	again, second, err := store.Official()
	if err != nil || !second[0].Equal(chain[0]) || !again.Public().(*rsa.PublicKey).Equal(signer.Public()) {
		t.Errorf("the official changed from one letter to the next: %v", err)
	}
}
