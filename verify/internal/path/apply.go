package path

import (
	"errors"

	"natsuin/verify/internal/name"
)

var (
	errExcluded     = errors.New("a name is excluded")
	errNotPermitted = errors.New("a name is not permitted")
	errUnclear      = errors.New("a constraint cannot be applied to a name")
	errTooMany      = errors.New("too many names and constraints")
)

// check applies the constraints to the names. budget limits the comparisons.
func (c *constraints) check(names []name.General, budget *int) error {
	for _, n := range names {
		for _, s := range c.excluded {
			if *budget--; *budget < 0 {
				return errTooMany
			}
			if s.base.Form != n.Form {
				continue
			}
			switch s.match(n, true) {
			case yes:
				return errExcluded
			case unclear:
				return errUnclear
			}
		}
		concerned, permitted := false, false
		for _, s := range c.permitted {
			if *budget--; *budget < 0 {
				return errTooMany
			}
			if s.base.Form != n.Form {
				continue
			}
			concerned = true
			switch s.match(n, false) {
			case yes:
				permitted = true
			case unclear:
				return errUnclear
			}
		}
		if concerned && !permitted {
			return errNotPermitted
		}
	}
	return nil
}
