package sniff

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/revocation"
)

// maxBundle limits the size of a file of certificates or lists, in bytes.
const maxBundle = 4 << 20

// sniffMessage returns the kind of a file that package verify can open, or that
// is in DER.
func sniffMessage(r io.ReaderAt, size int64, head []byte) (Kind, error) {
	opened, err := cms.Open(r, size)
	var broken *cms.SyntaxError
	switch {
	case errors.As(err, new(*cms.AttachmentError)):
		return Signature, nil
	case errors.As(err, &broken):
		switch {
		case broken.Reason == cms.NoContentType && isMailOfOpenPGP(head):
			return OpenPGP, nil
		case bytes.Contains(head, []byte("-----BEGIN CERTIFICATE-----")), bytes.Contains(head, []byte("-----BEGIN X509 CRL-----")):
			return Certificates, nil
		case broken.Reason == cms.NoContentType, isMail(head), broken.Reason == cms.TrailingData, broken.Reason == cms.TrailingByte, isPEMMessage(head):
			return Signature, nil
		}
		return Unknown, nil
	case err != nil:
		return Unknown, err
	}
	front, err := section(opened.Message, 0, min(opened.Size, sniffed))
	if err != nil {
		return Unknown, err
	}
	switch {
	case cms.BeginsEncrypted(front):
		return Encrypted, nil
	case cms.BeginsSigned(front):
		return sniffSigned(opened)
	case isTimestampResponse(front, opened.Size):
		return Timestamp, nil
	}
	if opened.Size <= maxBundle {
		all, err := section(opened.Message, 0, opened.Size)
		if err != nil {
			return Unknown, err
		}
		if isCertificate(all) {
			return Certificates, nil
		}
		if isLists(all) {
			return Certificates, nil
		}
	}
	if opened.Mail != nil {
		return Signature, nil
	}
	return Unknown, nil
}

// sniffSigned returns the kind of a SignedData. A malformed one counts as a
// damaged signature.
func sniffSigned(opened *cms.Input) (Kind, error) {
	m, err := cms.Parse(opened.Message, opened.Size)
	switch {
	case errors.As(err, new(*cms.SyntaxError)):
		return Signature, nil
	case err != nil:
		return Unknown, err
	case m.ContentType == cms.TSTInfo:
		return Timestamp, nil
	case len(m.Signers) == 0 && !m.Attached && len(m.Certificates)+len(m.CRLs) > 0:
		return Certificates, nil
	}
	return Signature, nil
}

// isLists reports whether a file is a revocation list, or has some in PEM, all
// of which can be parsed.
func isLists(b []byte) bool {
	lists := revocation.Lists(trim(b))
	for _, der := range lists {
		if _, err := revocation.ParseCRL(der); err != nil {
			return false
		}
	}
	return len(lists) > 0
}

// isCertificate reports whether der has the outer form of a certificate (RFC
// 5280 §4.1), even if parts of it cannot be read.
func isCertificate(der cryptobyte.String) bool {
	var outer, tbs, inner, serial, validity cryptobyte.String
	if !der.ReadASN1(&outer, asn1.SEQUENCE) || !der.Empty() || !outer.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!outer.ReadASN1(&inner, asn1.SEQUENCE) || !outer.PeekASN1Tag(asn1.BIT_STRING) {
		return false
	}
	return tbs.SkipOptionalASN1(asn1.Tag(0).ContextSpecific().Constructed()) && tbs.ReadASN1(&serial, asn1.INTEGER) &&
		tbs.ReadASN1(&inner, asn1.SEQUENCE) && tbs.ReadASN1(&inner, asn1.SEQUENCE) && tbs.ReadASN1(&validity, asn1.SEQUENCE) &&
		(validity.PeekASN1Tag(asn1.UTCTime) || validity.PeekASN1Tag(asn1.GeneralizedTime))
}

// isTimestampResponse reports whether head is a whole file of size bytes that
// has the form of a TimeStampResp (RFC 3161 §2.4.2): PKIStatusInfo, and a token
// unless the request was refused.
func isTimestampResponse(head cryptobyte.String, size int64) bool {
	if int64(len(head)) != size {
		return false // too long for a response
	}
	var outer, status cryptobyte.String
	var code int
	if !head.ReadASN1(&outer, asn1.SEQUENCE) || !head.Empty() || !outer.ReadASN1(&status, asn1.SEQUENCE) ||
		!status.ReadASN1Integer(&code) || code < 0 || code > 5 {
		return false
	}
	if outer.Empty() {
		return code >= 2
	}
	return cms.BeginsSigned(outer)
}
