package path

// Size returns what a Cache says that it holds, in bytes, and how many certificates are in it.
func (k *Cache) Size() (bytes, certificates int) { return k.size, len(k.certificates) + len(k.facts) }

const MaxCache = maxCache
