package outfile

// Faults is the type of the faults in Options.
type Faults = faults

// NewFaults makes the syncs fail with these errors, and each Write with the
// result of write. A nil value injects no fault.
func NewFaults(syncFile, syncFolder error, write func(int64, []byte) error) Faults {
	return Faults{syncFile: syncFile, syncFolder: syncFolder, write: write}
}

// Named makes files begin under a temporary name. The flags disable ways to
// give a file its final name.
func (f Faults) Named(noExclusiveRename, noLink bool) Faults {
	f.named, f.noExclusiveRename, f.noLink = true, noExclusiveRename, noLink
	return f
}

// With returns o with faults.
func (o Options) With(f Faults) Options {
	o.faults = f
	return o
}
