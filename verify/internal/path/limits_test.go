package path_test

import (
	"fmt"
	"testing"

	"natsuin/verify/internal/path"
)

// A path has at most 16 certificates, including the anchor.
func TestPathLength(t *testing.T) {
	root := newRoot(t, "Root")
	last := root
	var pool []*party
	for n := 3; n <= 17; n++ { // the leaf, the root, and one more CA each time
		last = issue(t, last, fmt.Sprint("CA ", n), newKey(t), asCA)
		pool = append(pool, last)
		r := path.Request{Leaf: last.newLeaf(t, "Leaf").cert, Pool: certs(pool...), Anchors: certs(root), At: at}
		if n > 16 {
			wantFailure(t, r, path.TooComplex, nil)
		} else if got := len(wantPath(t, r).Chain); got != n {
			t.Errorf("a path of %d, want %d", got, n)
		}
	}
}
