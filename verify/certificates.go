package verify

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/name"
	"natsuin/verify/trust"
)

// Limits for a file of certificates.
const (
	maxBundle             = 4 << 20 // bytes
	maxBundleCertificates = 1024
)

// ErrNoCertificates means that a file contains no certificate.
var ErrNoCertificates = errors.New("read certificates: none found")

// ErrTooManyCertificates means that a file exceeds the limits of
// [ParseCertificates].
var ErrTooManyCertificates = errors.New("read certificates: too many")

// ParseCertificates parses the certificates in a file: one DER certificate, any
// number of PEM CERTIFICATE or PKCS7 blocks, or a bundle (.p7b: SignedData in
// DER, BER, PEM or base64, whose signatures are ignored). It returns them in
// the order of the file. It also returns a certificate of which a part cannot
// be read, so that it can at least be hashed (see [Readable]). The error is
// [ErrNoCertificates], [ErrTooManyCertificates] for more than 4 MiB or 1024
// certificates, or says why the file, or which certificate in it, cannot be
// parsed.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	if len(b) > maxBundle {
		return nil, ErrTooManyCertificates
	}
	raws, err := rawCertificates(trimBOM(b))
	if err != nil {
		return nil, err
	}
	if len(raws) == 0 {
		return nil, ErrNoCertificates
	}
	if len(raws) > maxBundleCertificates {
		return nil, ErrTooManyCertificates
	}
	certificates := make([]*x509.Certificate, 0, len(raws))
	for i, raw := range raws {
		c, err := certificate.Parse(raw)
		if unreadable := (*certificate.UnreadableError)(nil); errors.As(err, &unreadable) {
			c, err = unreadable.Certificate, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read certificate %d: %w", i+1, err)
		}
		certificates = append(certificates, c)
	}
	return certificates, nil
}

// ErrUnreadable means that a part of a certificate cannot be read.
var ErrUnreadable = errors.New("read certificate: a part cannot be read")

// Readable returns nil, or an error that wraps [ErrUnreadable] and names, in
// English, the part of a certificate that cannot be read. Such a certificate
// can be shown and hashed, but verifies nothing.
func Readable(c *x509.Certificate) error {
	if c == nil || !certificate.Unreadable(c) {
		return nil
	}
	_, err := certificate.Parse(c.Raw)
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

func rawCertificates(b []byte) ([][]byte, error) {
	if bytes.Contains(b, []byte("-----BEGIN ")) && (len(b) == 0 || b[0] != 0x30) {
		return pemCertificates(b)
	}
	bundle, err := bundled(b)
	if err == nil {
		return bundle, nil
	}
	if len(b) > 0 && b[0] == 0x30 {
		_, failed := certificate.Parse(b)
		if failed == nil || errors.As(failed, new(*certificate.UnreadableError)) {
			return [][]byte{b}, nil
		}
	}
	return nil, err
}

func pemCertificates(b []byte) ([][]byte, error) {
	var raws [][]byte
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return raws, nil
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
			raws = append(raws, block.Bytes)
		case "PKCS7", "CMS", "PKCS #7 SIGNED DATA":
			bundle, err := bundled(block.Bytes)
			if err != nil {
				return nil, err
			}
			raws = append(raws, bundle...)
		}
		b = rest
	}
}

func bundled(b []byte) ([][]byte, error) {
	in, err := cms.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	m, err := cms.Parse(in.Message, in.Size)
	if err != nil {
		return nil, err
	}
	return m.Certificates, nil
}

// trimBOM returns b without the byte order mark of UTF-8.
func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")) }

// A NameAttribute is one attribute of a distinguished name, for display. It
// comes from a certificate: escape it.
type NameAttribute struct {
	// Type is the short name, such as "CN", "emailAddress" or
	// "organizationIdentifier", or the dotted form of a type that has none.
	Type string
	// Value is the text. If the value is not text, it is the hexadecimal form.
	Value string
}

// ReadName reads a DER Name: its relative names in the order of the
// certificate, each with its attributes. It reads every string type of X.520.
// It returns an error if der is not a Name.
func ReadName(der []byte) ([][]NameAttribute, error) {
	rdns, err := name.Attributes(der)
	if err != nil {
		return nil, err
	}
	out := make([][]NameAttribute, len(rdns))
	for i, rdn := range rdns {
		for _, a := range rdn {
			out[i] = append(out[i], NameAttribute{a.Type(), a.Value})
		}
	}
	return out, nil
}

// FormatName formats relative names as in RFC 4514, the last one first.
func FormatName(rdns [][]NameAttribute) string {
	list := make([][]name.Attribute, len(rdns))
	for i, rdn := range rdns {
		for _, a := range rdn {
			list[i] = append(list[i], name.Attribute{Short: a.Type, Value: a.Value})
		}
	}
	return name.Format(list)
}

// NameText returns a DER Name as text, or der in hexadecimal if it is not a
// Name.
func NameText(der []byte) string { return name.Text(der) }

// Dates says whether a time is before, in or after the validity of a
// certificate.
type Dates string

// The values of Dates.
const (
	DatesGood    Dates = "good"
	DatesExpired Dates = "expired"
	DatesNotYet  Dates = "not-yet"
)

// ErrNilCertificate means that [Certificate] was called with a nil certificate.
var ErrNilCertificate = errors.New("judge certificate: none given")

// A CertificateReport is the judgement of one certificate, for its holder.
type CertificateReport struct {
	// Verdict is Valid only if the dates are good, a path leads to an anchor,
	// and the certificate is known not to be revoked at Reference.
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, or "" if
	// the verdict is Valid.
	Reason Reason
	// Dates is about the certificate itself at Reference, and is set even
	// without a valid path.
	Dates     Dates
	Reference time.Time
	// Chain is the path from the certificate to the anchor, or the path that
	// failed. Anchor is nil unless the path is valid.
	Chain  []*x509.Certificate
	Anchor *AnchorInfo
	// Revocation is NotChecked without a valid path, since only a path
	// determines who may answer.
	Revocation Revocation
	// Checks holds dates, chain, policy and revocation, and practice for a
	// practice path.
	Checks []Check
	// Practice reports whether the anchor, or a certificate of the path, is for
	// practice.
	Practice bool
}

// Check returns the check with that ID. It returns false if there is none.
func (r *CertificateReport) Check(id CheckID) (Check, bool) { return find(r.Checks, id) }

// Certificate judges one certificate by the rules for a signer's (dates, path,
// policy, revocation), at p.At or now. Since nothing was signed, the pinned
// authentication roots are anchors too, and a revocation needs no proof of
// time. p.Certificates should contain the issuer. The error is
// [ErrNilCertificate], [ErrFuture] or that of ctx.
func Certificate(ctx context.Context, cert *x509.Certificate, p Policy) (*CertificateReport, error) {
	return judgeCertificate(ctx, cert, p, trust.Lookup)
}

// judgeCertificate is Certificate with the lookup of pinned roots as a
// parameter.
func judgeCertificate(ctx context.Context, cert *x509.Certificate, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*CertificateReport, error) {
	if cert == nil {
		return nil, ErrNilCertificate
	}
	p.RequireRevocation, p.AllowAuth = true, true
	j := newJudgement(ctx, p, pinned)
	if err := p.check(j.now); err != nil {
		return nil, err
	}
	j.doc = &document{message: &cms.Message{}}
	j.gather()
	// FromAt, because the time is certain. It is not an estimate of a signing
	// time.
	ref := reference{j.now, j.now, FromAt}
	if !p.At.IsZero() {
		ref = reference{p.At, p.At, FromAt}
	}
	found, err := j.findPath(evidence{cert: cert, signingCertificate: passed(CheckSigningCertificate, "")}, ref.time)
	if err != nil {
		return nil, err
	}
	revocation, check := j.checkRevocation(found, ref)
	r := &CertificateReport{
		Dates: datesAt(cert, ref.time), Reference: ref.time, Chain: found.chain, Anchor: found.anchorInfo(),
		Revocation: revocation, Practice: found.practice,
		Checks: append(j.checkPath(found, ref, ""), check),
	}
	r.Verdict, r.Reason = judge(r.Checks)
	return r, nil
}
