// Package pdf puts a signature or a document time stamp into a PDF file by an
// incremental update: the original stays byte for byte, and what the signature
// needs is appended.
//
// [Open] reads the structure and [Document.Plan] decides what changes; both may
// refuse the file. [Plan.Digest] hashes the original, and [Plan.Prepare] fixes
// what is signed, or refuses it. All refusals thus come before the key is
// needed. Package sign makes the CMS, or an authority makes the token, and
// [Pending.Complete] puts it in. A [Signed] holds neither the original nor the
// update.
//
// The package makes no CMS, asks no authority, draws nothing, and does not
// verify existing signatures. It never repairs a file, and signs no encrypted
// one.
//
// The standard is ISO 32000-1 §7.5.6 (incremental updates), §12.7 (forms) and
// §12.8 (signatures); ISO 32000-2 §12.8.5 for document time stamps; ETSI EN 319
// 142-1 for PAdES.
package pdf

import (
	"crypto"

	"natsuin/sign/pdf/seal"
)

// A SubFilter is the encoding of a signature (ISO 32000-1 Table 252).
type SubFilter string

// The encodings that this package writes. The zero value means
// AdbePKCS7Detached.
const (
	AdbePKCS7Detached SubFilter = "adbe.pkcs7.detached"
	ETSICAdESDetached SubFilter = "ETSI.CAdES.detached" // PAdES
	// ETSIRFC3161 is that of a document time stamp: the time-stamp token of an
	// authority takes the place of the CMS (ISO 32000-2 §12.8.5). It goes into
	// a new, invisible field, whatever earlier signers permit.
	ETSIRFC3161 SubFilter = "ETSI.RFC3161"
)

const (
	signatureHandler    = "Adobe.PPKLite"
	invisibleRectangle  = "[0 0 0 0]"
	contentsRoom        = 24 << 10 // bytes of CMS: two certificates of 8 KiB, signature, attributes
	timeStampRoom       = 24 << 10 // bytes more for a time-stamp token
	maxTail             = 96 << 20 // bytes of an update; the pixels of a picture alone may take 64 MB
	maxPlanned          = 3        // numbers taken by a plan: dictionary, field, appearance
	maxLater            = 3        // numbers taken after the plan: two images, the cross-reference stream
	maxChanged          = 8 << 20  // bytes of the objects that change, of the trailer, and of a lock
	maxTableOffset      = 9_999_999_999
	printableAndLocked  = 4 | 128 // annotation flags (ISO 32000-1 Table 165)
	signaturesAndAppend = 1 | 2   // /SigFlags (ISO 32000-1 Table 219)
)

// Options adjusts a signature. The zero value is ready for use: an invisible
// signature in a new field. With [ETSIRFC3161], all other fields must be zero.
type Options struct {
	SubFilter SubFilter

	// Field is the full name of the empty signature field to fill, or the name
	// of the new one. The new field is called Natsuin1, or the next number that
	// is free, if Field is empty.
	Field string

	// Visible is where a new field shows the mark; nil for an invisible one.
	Visible *seal.Position
	// VisibleWidth and VisibleHeight are the size of the mark in millimetres,
	// for a position in a corner.
	VisibleWidth, VisibleHeight float64

	// Mark says that [Details] will have a mark, and is implied by Visible. An
	// existing field shows it in its own rectangle.
	Mark bool

	// TimeStamp reserves room for a time-stamp token in the CMS.
	TimeStamp bool
}

var supportedHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}
