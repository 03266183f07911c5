package touki_test

import (
	"testing"
	"time"

	"natsuin/verify"
	"natsuin/verify/touki"
)

// sound returns a signature that meets every point.
func sound() verify.PDFSignature {
	at := time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)
	return verify.PDFSignature{
		Signer: verify.Signer{
			Verdict: verify.Valid, DigestAlg: "sha256", SignatureAlg: "rsa-pkcs1", Anchor: &verify.AnchorInfo{Kind: verify.AnchorPinned},
			Checks: []verify.Check{{ID: verify.CheckByteRange, Result: verify.Passed}, {ID: verify.CheckContents, Result: verify.Passed}, {ID: verify.CheckChain, Result: verify.Passed}},
		},
		SubFilter: "adbe.pkcs7.detached", Revision: 2, Revisions: 2, CoversWholeFile: true, Enclosed: true,
		Dictionary: verify.PDFDictionary{Type: true, Name: "山田太郎", M: "D:20261130093000+09'00'", Time: &at, Zoned: true},
	}
}

const plain = "定款_signed.pdf"

func TestEveryPointCanBeMet(t *testing.T) {
	earlier := sound()
	earlier.CoversWholeFile, earlier.Revision = false, 1
	points := touki.Check(&verify.PDFReport{Signatures: []verify.PDFSignature{earlier, sound()}}, plain)
	if len(points) != 4+2*9 {
		t.Fatalf("%d points", len(points))
	}
	for _, p := range points {
		if p.Result != touki.Met {
			t.Errorf("signature %d: %s %s", p.Signature, p.ID, p.Result)
		}
	}
}

func TestEachPointIsLookedAt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*verify.PDFReport, *verify.PDFSignature)
		point  touki.PointID
		want   touki.Result
	}{
		"certified":         {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Certification = 2 }, touki.NoCertification, touki.NotMet},
		"document stamped":  {func(r *verify.PDFReport, _ *verify.PDFSignature) { r.Timestamps = make([]verify.PDFTimestamp, 1) }, touki.NoTimestamp, touki.NotMet},
		"signature stamped": {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Timestamp = &verify.TimestampInfo{} }, touki.NoTimestamp, touki.NotMet},
		"no Type":           {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Dictionary.Type = false }, touki.Type, touki.NotMet},
		"CAdES":             {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.SubFilter = "ETSI.CAdES.detached" }, touki.SubFilter, touki.NotMet},
		"no Name":           {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Dictionary.Name = "" }, touki.Name, touki.NotMet},
		"no M":              {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Dictionary.Time = nil }, touki.Time, touki.NotMet},
		"no zone":           {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Dictionary.Zoned = false }, touki.Time, touki.Look},
		"range":             {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Checks[0].Result = verify.Failed }, touki.Contents, touki.NotMet},
		"contents":          {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Checks[1].Result = verify.Unclear }, touki.Contents, touki.NotMet},
		"not the whole":     {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.CoversWholeFile = false }, touki.Covered, touki.NotMet},
		"no revision":       {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Revision = 0 }, touki.Covered, touki.NotMet},
		"not enclosed":      {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Enclosed = false }, touki.Certificate, touki.NotMet},
		"another CA":        {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Anchor.Kind = verify.AnchorFile }, touki.Certificate, touki.Look},
		"no anchor":         {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Anchor = nil }, touki.Certificate, touki.Look},
		"login key":         {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Checks[2].Detail = verify.RemarkAuthRoot }, touki.Certificate, touki.Look},
		"SHA-512":           {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.DigestAlg = "sha512" }, touki.Algorithms, touki.NotMet},
		"PSS":               {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.SignatureAlg = "rsa-pss" }, touki.Algorithms, touki.NotMet},
		"INDETERMINATE":     {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Verdict = verify.Indeterminate }, touki.Valid, touki.Look},
		"INVALID":           {func(_ *verify.PDFReport, s *verify.PDFSignature) { s.Verdict = verify.Invalid }, touki.Valid, touki.NotMet},
		"none":              {func(r *verify.PDFReport, _ *verify.PDFSignature) { r.Signatures = nil }, touki.Signed, touki.NotMet},
	} {
		r := &verify.PDFReport{Signatures: []verify.PDFSignature{sound()}}
		c.change(r, &r.Signatures[0])
		for _, p := range touki.Check(r, plain) {
			want := touki.Met
			if p.ID == c.point {
				want = c.want
			}
			if p.Result != want {
				t.Errorf("%s: %s is %s, want %s", name, p.ID, p.Result, want)
			}
		}
	}
}

func TestNamesThatNotariesTake(t *testing.T) {
	for name, want := range map[string]touki.Result{
		"teikan_signed.pdf":                touki.Met,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaa.pdf":  touki.Met, // 31
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaa.pdf": touki.Look,
		"ああああああああああああa.pdf":                touki.Met,  // 29
		"あああああああああああああa.pdf":               touki.Met,  // 31
		"ああああああああああああああ.pdf":               touki.Look, // 32
		"ｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱｱ.pdf":         touki.Met,
		"a.b.pdf":   touki.Look,
		"a":         touki.Look,
		"a b.pdf":   touki.Look,
		"a-b.pdf":   touki.Look,
		"a(1).pdf":  touki.Look,
		"定款（案）.pdf": touki.Look,
	} {
		for _, p := range touki.Check(&verify.PDFReport{}, name) {
			if p.ID == touki.FileName && p.Result != want {
				t.Errorf("%q: %s", name, p.Result)
			}
		}
	}
	for _, p := range touki.Check(&verify.PDFReport{}, "") {
		if p.ID == touki.FileName {
			t.Error("no name was looked at")
		}
	}
}
