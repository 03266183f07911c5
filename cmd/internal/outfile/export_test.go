package outfile

// Faults are the faults of Options, for tests.
type Faults = faults

// NewFaults makes the syncs fail with these errors, and each Write with what
// write returns; nil injects no fault.
func NewFaults(syncFile, syncFolder error, write func(int64, []byte) error) Faults {
	return Faults{syncFile: syncFile, syncFolder: syncFolder, write: write}
}

// Named makes files begin under a temporary name; the others disable ways to
// give them the final one.
func (f Faults) Named(noExclusiveRename, noLink bool) Faults {
	f.named, f.noExclusiveRename, f.noLink = true, noExclusiveRename, noLink
	return f
}

// With returns o with faults.
func (o Options) With(f Faults) Options {
	o.faults = f
	return o
}
