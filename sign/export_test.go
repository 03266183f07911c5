package sign

// CheckEnvelope runs the checks of Complete on any envelope.
func (p *Pending) CheckEnvelope(envelope, signature []byte) error {
	return p.check(envelope, signature)
}
