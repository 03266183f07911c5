package verify

import (
	"bytes"
	"context"
	"crypto"
	"hash"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/cms"
)

// lineEnds looks, for the signers that signed another content, whether that
// content is this one with other line ends, and leaves a remark. It reads the
// content again, and changes no verdict. A content that can be read only once
// has no remark.
func (r *Report) lineEnds(ctx context.Context, in Input, opened *cms.Input) error {
	wrong := func(s *Signer) bool {
		c, _ := s.Check(CheckMessageDigest)
		return c.Result == Failed && c.Detail == ReasonDiffers
	}
	any := false
	for i := range r.Signers {
		any = any || wrong(&r.Signers[i])
	}
	if !any {
		return nil
	}
	m, err := cms.Parse(opened.Message, opened.Size)
	if err != nil || len(m.Signers) != len(r.Signers) {
		return err
	}
	var source func() (io.Reader, error)
	switch {
	case m.Attached:
		source = func() (io.Reader, error) { return m.Content(), nil }
	case opened.AsSent != nil:
		source = func() (io.Reader, error) { return opened.AsSent(), nil }
	default:
		seeker, ok := in.Content.(io.ReadSeeker)
		if !ok {
			return nil
		}
		if _, err := seeker.Seek(-r.ContentSize, io.SeekCurrent); err != nil {
			return nil // a pipe
		}
		start, ok := restart(seeker)
		if !ok {
			return nil
		}
		source = func() (io.Reader, error) { return seeker, start() }
	}
	for _, form := range []struct {
		remark Reason
		of     func(io.Reader) io.Reader
	}{{RemarkCRLF, cms.CRLF}, {RemarkLF, cms.LF}} {
		content, err := source()
		if err != nil {
			return err
		}
		digests, err := digestAll(ctx, form.of(content), m.Signers)
		if err != nil {
			return err
		}
		for i := range r.Signers {
			s := &r.Signers[i]
			value := attribute(m.Signers[i], oidMessageDigest)
			var signed cryptobyte.String
			if h, ok := digests[signerHash(m.Signers[i])]; !ok || !wrong(s) || !value.ReadASN1(&signed, asn1.OCTET_STRING) || !bytes.Equal(signed, h.Sum(nil)) {
				continue
			}
			for n := range s.Checks {
				if s.Checks[n].ID == CheckMessageDigest {
					s.Checks[n] = s.Checks[n].with(form.remark)
				}
			}
		}
	}
	return nil
}

func signerHash(s cms.Signer) crypto.Hash { return digests[s.Digest.OID] }

// digestAll hashes the content with the algorithms of all signers.
func digestAll(ctx context.Context, content io.Reader, signers []cms.Signer) (map[crypto.Hash]hash.Hash, error) {
	all := map[crypto.Hash]hash.Hash{}
	for _, s := range signers {
		if h := signerHash(s); h != 0 && all[h] == nil {
			all[h] = h.New()
		}
	}
	err := blocks(ctx, content, func(piece []byte) error {
		for _, h := range all {
			h.Write(piece)
		}
		return nil
	})
	return all, err
}
