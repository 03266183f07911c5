package sign

// CheckEnvelope runs the checks of Complete on an envelope of any origin.
func (p *Pending) CheckEnvelope(envelope, signature []byte) error {
	return p.check(envelope, signature)
}
