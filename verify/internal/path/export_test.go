package path

// Size returns what a Memory says that it holds, in bytes, and how many certificates are in it.
func (m *Memory) Size() (bytes, certificates int) { return m.size, len(m.certificates) + len(m.facts) }

const MaxMemory = maxMemory
