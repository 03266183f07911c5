package path_test

import (
	"context"
	"testing"

	"natsuin/verify/internal/path"
)

// TestMemoryIsBounded has more certificates pass than it holds, one of them longer than all.
func TestMemoryIsBounded(t *testing.T) {
	root := newRoot(t, "root")
	long := root.newLeaf(t, "long", extension(false, make([]byte, path.MaxMemory), 1, 2, 3))
	var memory path.Memory
	most := 0
	for i := range 2000 {
		leaf := root.newLeaf(t, "leaf")
		if i%100 == 0 {
			leaf = long
		}
		work := path.NewWork(context.Background(), &memory)
		c, err := work.Certificate(leaf.cert.Raw)
		if err != nil {
			t.Fatal(err)
		}
		wantPath(t, path.Request{Leaf: c, Anchors: certs(root), At: at, Work: work})
		size, n := memory.Size()
		if size > path.MaxMemory || n > path.MaxMemory>>10 {
			t.Fatalf("%d bytes, %d certificates", size, n)
		}
		most = max(most, size)
	}
	if most < path.MaxMemory/2 {
		t.Errorf("never more than %d bytes: nothing is remembered", most)
	}
}
