package pdf

import "natsuin/sign"

// Tail returns the update, and the file offset at which it begins.
func (s *Signed) Tail() ([]byte, int64) { return s.update(), s.pending.plan.base() }

// CheckTail runs the check on an update of any origin, as if what was signed
// were the prefix, the update up to first, and the update from second on.
func (s *Signed) CheckTail(tail []byte, first, second int) error {
	p := *s.pending
	sum := p.prefix.hash()
	sum.Write(tail[:first])
	sum.Write(tail[second:])
	p.content = sign.Content{Hash: p.content.Hash, Sum: sum.Sum(nil), Size: p.plan.base() + int64(first+len(tail)-second)}
	return (&Signed{&p, s.cms}).check(tail)
}
