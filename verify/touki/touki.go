// Package touki compares a judged PDF file with the requirements that the
// Ministry of Justice publishes for signed PDF files in online applications
// (登記・供託オンライン申請システム, 電子署名付きPDF).
//
// It does not predict whether an office accepts a file, and does not verify
// signatures. Package verify does.
//
// The requirements are those of touki-kyoutaku-online.moj.go.jp.
package touki

import (
	"strings"

	"natsuin/verify"
)

// Profile is the name of the requirements on the command line.
const Profile = "touki"

// A Result says how a file meets a requirement.
type Result string

// The results.
const (
	Met    Result = "met"
	NotMet Result = "not-met"
	Look   Result = "look-at" // a person must decide
)

// A PointID names a requirement. The names are stable: they are part of the
// JSON output.
type PointID string

// The points, in the order in which they are reported: those of the file, then
// those of each signature.
const (
	// Signed: the file has a signature.
	Signed PointID = "signed"
	// NoCertification: no signature restricts later changes (DocMDP).
	NoCertification PointID = "no-certification"
	// NoTimestamp: there is no time stamp, of the document or of a signature.
	NoTimestamp PointID = "no-timestamp"
	// FileName: the name is one that notaries take: at most 31 half-width or 15
	// full-width characters, one dot, no brackets, space, @ : ; or hyphen.
	FileName PointID = "file-name"
	// Type: /Type is /Sig.
	Type PointID = "type"
	// SubFilter: /SubFilter is /adbe.pkcs7.detached.
	SubFilter PointID = "sub-filter"
	// Name: /Name is there.
	Name PointID = "name"
	// Time: /M is there, a date with a time zone.
	Time PointID = "time"
	// Contents: /ByteRange leaves out /Contents, which is one message and
	// zeros.
	Contents PointID = "contents"
	// Covered: the newest signature covers the whole file, an earlier one its
	// revision.
	Covered PointID = "covered"
	// Certificate: the message has the certificate of the signer, and its
	// anchor is a pinned signature root. If only the second is not met, a
	// person must decide.
	Certificate PointID = "certificate"
	// Algorithms: SHA-256 and RSA (PKCS #1).
	Algorithms PointID = "algorithms"
	// Valid: the signature is VALID.
	Valid PointID = "valid"
)

// A Point is a requirement and how the file meets it.
type Point struct {
	ID     PointID
	Result Result
	// Signature is the number of the signature, from 1, or 0 for the file.
	Signature int
}

// Check returns the points for a judged file. name is its name without the
// folder, and is not checked if it is empty.
func Check(r *verify.PDFReport, name string) []Point {
	certified, stamped := false, len(r.Timestamps) > 0
	for _, s := range r.Signatures {
		certified = certified || s.Certification != 0
		stamped = stamped || s.Timestamp != nil
	}
	points := []Point{
		{Signed, met(len(r.Signatures) > 0), 0},
		{NoCertification, met(!certified), 0},
		{NoTimestamp, met(!stamped), 0},
	}
	if name != "" {
		points = append(points, Point{FileName, or(PlainName(name), Look), 0})
	}
	for i := range r.Signatures {
		s := &r.Signatures[i]
		newest := i == len(r.Signatures)-1
		for _, p := range []Point{
			{Type, met(s.Dictionary.Type), 0},
			{SubFilter, met(s.SubFilter == "adbe.pkcs7.detached"), 0},
			{Name, met(s.Dictionary.Name != ""), 0},
			{Time, checkTime(s.Dictionary), 0},
			{Contents, met(passed(s, verify.CheckByteRange) && passed(s, verify.CheckContents)), 0},
			{Covered, met(s.Revision > 0 && (s.CoversWholeFile || !newest)), 0},
			{Certificate, checkCertificate(s), 0},
			{Algorithms, met(s.DigestAlg == "sha256" && s.SignatureAlg == "rsa-pkcs1"), 0},
			{Valid, checkVerdict(s.Verdict), 0},
		} {
			p.Signature = i + 1
			points = append(points, p)
		}
	}
	return points
}

// or returns Met if ok, and otherwise another result.
func or(ok bool, otherwise Result) Result {
	if ok {
		return Met
	}
	return otherwise
}

func met(ok bool) Result { return or(ok, NotMet) }

func passed(s *verify.PDFSignature, id verify.CheckID) bool {
	c, _ := s.Check(id)
	return c.Result == verify.Passed
}

func checkTime(d verify.PDFDictionary) Result {
	if d.Time == nil {
		return NotMet
	}
	return or(d.Zoned, Look)
}

// checkCertificate looks for the certificate in the message, and for a
// signature CA of JPKI above it.
func checkCertificate(s *verify.PDFSignature) Result {
	if !s.Enclosed {
		return NotMet
	}
	chain, _ := s.Check(verify.CheckChain)
	return or(s.Anchor != nil && s.Anchor.Kind == verify.AnchorPinned && chain.Detail != verify.RemarkAuthRoot, Look)
}

func checkVerdict(v verify.Verdict) Result {
	switch v {
	case verify.Valid:
		return Met
	case verify.Indeterminate:
		return Look
	}
	return NotMet
}

// maxWidth is how wide a file name may be, in half-width characters.
const maxWidth = 31

// PlainName reports whether a file name, without its folder, is one that notaries
// take.
func PlainName(name string) bool {
	size := 0
	for _, r := range name {
		if size++; r > 0xFF && (r < 0xFF61 || r > 0xFF9F) { // not half-width katakana
			size++
		}
	}
	return size <= maxWidth && strings.Count(name, ".") == 1 && !strings.ContainsAny(name, " \u3000()[]{}<>（）［］｛｝「」『』@:;-")
}
