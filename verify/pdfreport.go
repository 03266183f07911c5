package verify

import (
	"context"
	"errors"
	"io"
	"time"

	"natsuin/sign/pdf/syntax"
	"natsuin/verify/internal/pdf"
)

// PDFReport is the judgement of one PDF file (ISO 32000-1).
type PDFReport struct {
	// Verdict is the worst of those of the checks and the signatures. Without a
	// signature it is Invalid, and Reason is [ReasonNoSignature], unless the
	// file is too complex.
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, or "" if
	// the verdict is Valid. If several checks did, it is the first of the
	// worst.
	Reason Reason
	// Checks are those of the file as a whole: CheckPDF, and CheckSigner if a
	// signer was demanded and there is a signature.
	Checks []Check
	// Signatures holds those of all revisions, oldest first. The command line
	// counts them in this order, from 1.
	Signatures []PDFSignature
	// Timestamps are the document time stamps, oldest first. They sign nothing:
	// a bad one proves no time and does no other harm.
	Timestamps []PDFTimestamp
	// Undeclared are signature dictionaries that no form field has, in any
	// revision. They are not judged. Files with very many objects are not
	// searched for them.
	Undeclared []PDFUndeclared
	// Revisions is the number of revisions of the file.
	Revisions int
	// SecurityStore reports whether the file has a /DSS, with certificates and
	// revocation information. VRI is the number of signatures for which it has
	// entries.
	SecurityStore bool
	VRI           int
	// UsageRights reports whether the file has /Perms /UR3 or /UR. The maker of
	// a program signs these for that program, and they do not count as
	// signatures.
	UsageRights bool
	// Practice reports whether a signer or a time-stamp authority is for
	// practice.
	Practice bool
}

// PDFSignature is the judgement of one signature of a PDF file. All text in it
// comes from the file: escape it.
type PDFSignature struct {
	// Signer is the judgement of the message in /Contents. Its Checks begin
	// with those of PDF (CheckByteRange to CheckPermissions). The others are
	// absent if there is no message to judge.
	Signer
	// Field is the full name of the form field, and OtherFields are further
	// fields that have the same signature.
	Field       string
	OtherFields []string
	// SubFilter is /SubFilter without its slash: "adbe.pkcs7.detached".
	SubFilter string
	// Revision is the number of the revision that was signed, from 1, or 0 if
	// the signature covers none, or one to which the newest cross references do
	// not lead back. Revisions is how many there are.
	Revision, Revisions int
	// End is the length of the signed revision in bytes, from the start of the
	// file, or 0 if the signature covers none.
	End int64
	// CoversWholeFile reports whether the signed revision is the whole file.
	CoversWholeFile bool
	// Changes holds the differences between the signed revision and the file.
	// MoreChanges reports whether there are more.
	Changes     []PDFChange
	MoreChanges bool
	// Certification is the /P of the signature's DocMDP: 1, 2 or 3, or 0 for an
	// approval signature.
	Certification int
	// Dictionary has the entries of the signature dictionary, which the
	// signature covers.
	Dictionary PDFDictionary
	// Enclosed reports whether the message has the certificate of the signer.
	Enclosed bool
	// ContentSHA256 is the SHA-256 digest of the bytes that the signature
	// covers, or nil if they were not read.
	ContentSHA256 []byte
}

// PDFDictionary has entries of a signature dictionary (ISO 32000-1 §12.8.1).
// Text is decoded, and empty if it is absent.
type PDFDictionary struct {
	// Type reports whether /Type is /Sig: it may be left out.
	Type                                   bool
	Filter                                 string
	Name, Reason, Location, ContactInfo, M string
	// Time is /M, or nil if that is not a date. Zoned reports whether it has a
	// time zone.
	Time  *time.Time
	Zoned bool
}

// PDFTimestamp is a document time stamp (ISO 32000-2 §12.8.5): a time at which
// a revision existed.
type PDFTimestamp struct {
	// TimestampInfo has the facts of the token; it counts only if Verified.
	TimestampInfo
	Field string // as in [PDFSignature]
	// Revision, Revisions, End, CoversWholeFile and Changes are as those of
	// [PDFSignature].
	Revision, Revisions int
	End                 int64
	CoversWholeFile     bool
	Changes             []PDFChange
	MoreChanges         bool
	// Unchanged reports whether nothing that matters was changed since: all
	// Changes are Valid, and MoreChanges is false.
	Unchanged bool
}

// PDFUndeclared is a signature dictionary that no form field has.
type PDFUndeclared struct {
	Object    int    // its object number
	SubFilter string // from the file: escape it
}

// PDFChange is one difference between a signed revision and the file.
type PDFChange struct {
	Kind ChangeKind
	// Result is the best verdict that the change allows.
	Result Verdict
	// Detail is the name of the field, or the path to the object that differs
	// ("/Root/Pages/Kids[0]/Contents"). It comes from the file: escape it.
	Detail string
	// Against is the permission that forbids the change, or "".
	Against Permission
	// Page is the number of the page on which the annotation or the field's
	// widget is, from 1, or 0 if it is not visible. Box is its /Rect.
	Page int
	Box  [4]float64
}

// A PDFError is returned for a file that [PDF] does not judge.
type PDFError struct {
	Problem PDFProblem
	Err     error // the fault, in English
}

func (e *PDFError) Error() string { return "verify PDF: " + e.Err.Error() }

func (e *PDFError) Unwrap() error { return e.Err }

// PDFProblem says why a PDF file is not judged. The names are stable.
type PDFProblem string

// The problems.
const (
	// PDFBroken: the file would have to be repaired to be read.
	PDFBroken PDFProblem = "broken"
	// PDFEncrypted: the file is encrypted, even with an empty password.
	PDFEncrypted PDFProblem = "encrypted"
)

// A ChangeKind is the kind of a change after a signature. The names are stable,
// because they are part of the JSON output.
type ChangeKind string

// The kinds, with the verdict that each allows at best.
const (
	ChangeSignature        ChangeKind = "signature-added"         // Valid: invisible, or an empty field that was there
	ChangeVisibleSignature ChangeKind = "signature-field-visible" // Valid: a new field with a box on a page
	ChangeOverlap          ChangeKind = "signature-field-overlap" // Indeterminate: its box covers another widget or annotation
	ChangeTimestamp        ChangeKind = "timestamp-added"         // Valid
	ChangeSecurityStore    ChangeKind = "security-store"          // Valid: /DSS
	ChangeEntryAdded       ChangeKind = "entry-added"             // Valid: to the catalog or AcroForm, harmless
	ChangeEntryChanged     ChangeKind = "entry-changed"           // Indeterminate: such an entry that was there
	ChangeMetadata         ChangeKind = "metadata"                // Valid: XMP, Info
	ChangeRewritten        ChangeKind = "rewritten"               // Valid: objects written again or moved
	ChangeFormFilled       ChangeKind = "form-filled"             // Indeterminate; Valid if the certification allows it
	ChangeField            ChangeKind = "field"                   // Indeterminate: a field added, or changed otherwise
	ChangeAnnotation       ChangeKind = "annotation"              // Indeterminate
	ChangeEncoding         ChangeKind = "encoding"                // Indeterminate: the same data, compressed or no longer so
	ChangeOther            ChangeKind = "other"                   // Indeterminate
	ChangeSignedField      ChangeKind = "signed-field"            // Invalid
	ChangeContent          ChangeKind = "content"                 // Invalid: page content, resources, fonts, boxes
	ChangePages            ChangeKind = "pages"                   // Invalid: the page tree
	ChangeNames            ChangeKind = "names"                   // Invalid: destinations, embedded files
	ChangeActions          ChangeKind = "actions"                 // Invalid: actions and scripts
	ChangeLayers           ChangeKind = "layers"                  // Invalid: optional content
	ChangeXFA              ChangeKind = "xfa"                     // Invalid
	ChangePermissions      ChangeKind = "permissions"             // Invalid: /Perms
	ChangeGone             ChangeKind = "gone"                    // Invalid: an object in use was freed, or has another type
	ChangeTrailing         ChangeKind = "trailing-bytes"          // Invalid: bytes at the end that belong to no revision
)

// Permission is a rule of a signer about later changes.
type Permission string

// The permissions (ISO 32000-1 §12.8.2, §12.7.4.5).
const (
	PermissionDocMDP   Permission = "docmdp"
	PermissionFieldMDP Permission = "fieldmdp"
	PermissionLock     Permission = "lock"
)

// Revision judges the revision that signature n signed, counted from 1, as a
// file of its own. If it is Valid, the section is that file, and otherwise nil.
// file must be the file of the report.
func (r *PDFReport) Revision(ctx context.Context, file io.ReaderAt, n int, p Policy) (*io.SectionReader, *PDFReport, error) {
	end := r.Signatures[n-1].End
	signed, err := PDF(ctx, file, end, p)
	if errors.As(err, new(*PDFError)) { // the signature covers no revision
		return nil, &PDFReport{Verdict: Invalid, Reason: ReasonRevisionUnclear}, nil
	}
	if err != nil || signed.Verdict != Valid {
		return nil, signed, err
	}
	return io.NewSectionReader(file, 0, end), signed, nil
}

// conclude sets the verdict: the worst of the checks and the signatures.
func (r *PDFReport) conclude(demanded *[32]byte) {
	var signers []Signer
	for _, s := range r.Signatures {
		signers = append(signers, s.Signer)
		r.Practice = r.Practice || s.Practice
	}
	for _, t := range r.Timestamps {
		r.Practice = r.Practice || t.Practice
	}
	complete := len(r.Checks) > 0 && r.Checks[0].Detail != ReasonPDFTooComplex
	if demanded != nil && len(signers) > 0 {
		r.Checks = append(r.Checks, checkSigner(signers, *demanded))
	}
	if r.Verdict, r.Reason = judge(r.Checks); complete && len(signers) == 0 {
		r.Verdict, r.Reason = Invalid, ReasonNoSignature
	}
	for _, s := range signers {
		if s.Verdict < r.Verdict {
			r.Verdict, r.Reason = s.Verdict, s.Reason
		}
	}
}

// changesOf returns the changes as a report has them.
func changesOf(list []pdf.Change) []PDFChange {
	var out []PDFChange
	for _, c := range list {
		out = append(out, PDFChange{ChangeKind(c.Kind), verdictOf(c.Result), c.Place, Permission(c.Against), c.Page, c.Box})
	}
	return out
}

// worstOf returns the worst result of the changes.
func worstOf(changes []PDFChange) Verdict {
	worst := Valid
	for _, c := range changes {
		worst = min(worst, c.Result)
	}
	return worst
}

func verdictOf(r pdf.Result) Verdict {
	switch r {
	case pdf.Harmless:
		return Valid
	case pdf.Unclear:
		return Indeterminate
	}
	return Invalid
}

// dictionaryOf returns the entries of a signature dictionary.
func dictionaryOf(s *pdf.Signature) PDFDictionary {
	text := func(key syntax.Name) string {
		t, _ := s.Dict.Get(key).(syntax.String)
		return pdf.Text(t)
	}
	filter, _ := s.Dict.Get("Filter").(syntax.Name)
	out := PDFDictionary{
		Type: s.Dict.Get("Type") == syntax.Name("Sig"), Filter: string(filter), Name: text("Name"),
		Reason: text("Reason"), Location: text("Location"), ContactInfo: text("ContactInfo"), M: text("M"),
	}
	if t, zoned, ok := pdf.Date(out.M); ok {
		out.Time, out.Zoned = &t, zoned
	}
	return out
}
