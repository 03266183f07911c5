package path

// Size returns the size of a Cache in bytes, and the number of its certificates
// and facts.
func (k *Cache) Size() (bytes, certificates int) { return k.size, len(k.certificates) + len(k.facts) }

const MaxCache = maxCache
