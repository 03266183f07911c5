package path_test

import (
	"context"
	"testing"

	"natsuin/verify/internal/path"
)

// The test uses more certificates than a cache can hold. One of them is larger
// than the cache.
func TestCacheIsBounded(t *testing.T) {
	root := newRoot(t, "root")
	long := root.newLeaf(t, "long", extension(false, make([]byte, path.MaxCache), 1, 2, 3))
	var cache path.Cache
	most := 0
	for i := range 2000 {
		leaf := root.newLeaf(t, "leaf")
		if i%100 == 0 {
			leaf = long
		}
		work := path.NewBudget(context.Background(), &cache)
		c, err := work.Certificate(leaf.cert.Raw)
		if err != nil {
			t.Fatal(err)
		}
		wantPath(t, path.Request{Leaf: c, Anchors: certs(root), At: at, Budget: work})
		size, n := cache.Size()
		if size > path.MaxCache || n > path.MaxCache>>10 {
			t.Fatalf("%d bytes, %d certificates", size, n)
		}
		most = max(most, size)
	}
	if most < path.MaxCache/2 {
		t.Errorf("never more than %d bytes: nothing is remembered", most)
	}
}
