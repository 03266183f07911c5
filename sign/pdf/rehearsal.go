package pdf

import (
	"crypto/sha256"
	"errors"
	"hash"

	"natsuin/sign/pdf/seal"
)

// rehearse makes the update with an empty mark and a CMS of one byte, and reads
// the result as [Signed.Check] will. A file in which an object has two roles,
// or which then exceeds a limit, is thus refused before there is a signature.
func (d *Document) rehearse(p *Plan) error {
	empty := &Pending{plan: p, prefix: prefix{state: sha256.New().(hash.Cloner)}}
	if p.placement != nil {
		empty.details.Mark = &seal.Mark{}
	}
	s := &Signed{pending: empty, cms: []byte{0x30}}
	result := s.Over(d.r)
	again, err := Open(result, result.Size())
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if err == nil {
		err = s.checkDocument(again)
	}
	switch {
	case err == nil:
		return nil
	case refused != nil:
		return refuse(refused.Reason, "after the update: %w", refused.Err)
	}
	return refuse(ReasonBroken, "after the update: %w", err)
}
