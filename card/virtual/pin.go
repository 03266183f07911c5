package virtual

import (
	"crypto/subtle"
	"slices"
)

// secretTarget selects the file to which P2 refers and returns the credential
// whose PIN file it is. If it is not a PIN file or cannot be selected,
// secretTarget returns None and the status word of the refusal.
func (c *Card) secretTarget(p2 byte) (Credential, uint16) {
	if sw := c.enterReferred(p2); sw != statusOK {
		return None, sw
	}
	cred, ok := secretFile[c.session.file]
	if !ok {
		return None, statusFileType
	}
	return cred, statusOK
}

// verify executes VERIFY. Without data the command queries the count. The rules
// are the same for a file that P2 names.
func (c *Card) verify(cmd command, wellFormed bool, e *Entry) uint16 {
	switch {
	case cmd.p1 != 0x00 || !c.refersToFile(cmd.p2):
		return statusParameters
	case !wellFormed || cmd.le != 0 || len(cmd.data) > secretForm[Sign].max:
		return statusLength
	}
	cred, sw := c.secretTarget(cmd.p2)
	if sw != statusOK {
		return sw
	}
	e.Credential = cred
	slot := c.state.Slot(cred)
	if len(cmd.data) == 0 {
		e.Outcome = Query
		return c.query(cred, slot)
	}
	if slot.Tries <= 0 {
		e.Outcome = Blocked
		c.session.verified[cred] = false
		return c.opts.BlockedStatus
	}
	// A wrong secret costs a try whatever its length is, up to 16 bytes.
	// Whether this is so on the real card is unknown.
	right := subtle.ConstantTimeCompare(cmd.data, slot.Secret) == 1
	next := *slot
	if next.Tries--; right {
		next.Tries = next.MaxTries
	}
	c.session.verified[cred] = false
	if !c.store(cred, next) {
		return statusMemory
	}
	if !right {
		e.Outcome = Wrong
		return statusWrong | uint16(next.Tries)
	}
	e.Outcome = Right
	c.session.verified[cred] = true
	return statusOK
}

func (c *Card) query(cred Credential, slot *Slot) uint16 {
	switch {
	case slot.Tries <= 0 && c.opts.QueryBlocked:
		return c.opts.BlockedStatus
	case c.opts.QueryAfterVerify && c.session.verified[cred]:
		return statusOK
	}
	return statusWrong | uint16(max(slot.Tries, 0))
}

// change executes CHANGE REFERENCE DATA, which contains only the new value and
// needs a VERIFY before it (docs/card.md §2). It has no form with a short
// identifier.
func (c *Card) change(cmd command, wellFormed bool, e *Entry) uint16 {
	switch {
	case cmd.p1 != 0x01 || cmd.p2 != 0x80:
		return statusParameters
	case !wellFormed || cmd.le != 0 || len(cmd.data) == 0:
		return statusLength
	}
	cred, sw := c.secretTarget(cmd.p2)
	if sw != statusOK {
		return sw
	}
	e.Credential = cred
	form := secretForm[cred]
	switch {
	case !c.session.verified[cred]:
		return statusSecurity
	case len(cmd.data) < form.min || len(cmd.data) > form.max:
		return statusLength
	case !wellFormedSecret(cred, cmd.data):
		return statusData
	}
	next := *c.state.Slot(cred)
	next.Secret = slices.Clone(cmd.data)
	next.Tries = next.MaxTries
	if !c.store(cred, next) {
		return statusMemory
	}
	e.Outcome = Changed
	return statusOK
}

// wellFormedSecret reports whether all bytes are in the alphabet of
// docs/card.md §5.
func wellFormedSecret(cred Credential, secret []byte) bool {
	return !slices.ContainsFunc(secret, func(b byte) bool {
		digit, letter := b >= '0' && b <= '9', b >= 'A' && b <= 'Z'
		return !digit && (cred == Auth || !letter)
	})
}

// store replaces a slot, after calling Options.Save if it is set. It reports
// false if Save failed, and then changes nothing.
func (c *Card) store(cred Credential, next Slot) bool {
	now := c.state.Slot(cred)
	if now.Tries == next.Tries && string(now.Secret) == string(next.Secret) {
		return true
	}
	if c.opts.Save != nil {
		changed := c.state.clone()
		*changed.Slot(cred) = next
		if err := c.opts.Save(changed.clone()); err != nil {
			return false
		}
	}
	*now = next
	return true
}
