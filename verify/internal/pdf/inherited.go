package pdf

import (
	"natsuin/sign/pdf/syntax"
)

// inheritable are the entries that a page can have from the nodes above it (ISO
// 32000-1 Table 30). iText writes them into the page.
var inheritable = map[syntax.Name]bool{"Resources": true, "MediaBox": true, "CropBox": true, "Rotate": true}

// ancestors holds the nodes above a node of the page tree.
type ancestors struct {
	ref  syntax.Ref
	dict *syntax.Dict
	up   *ancestors
}

// inherited returns the value that a page has from the nodes above it, or nil.
// The search ends where a /Parent does not lead to the node above, since
// programs follow /Parent.
func (a *ancestors) inherited(page *syntax.Dict, key syntax.Name) syntax.Object {
	for ; a != nil && page.Get("Parent") == syntax.Object(a.ref); page, a = a.dict, a.up {
		if value := a.dict.Get(key); value != nil {
			return value
		}
	}
	return nil
}
