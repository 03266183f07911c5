package pdf

// A Reason says why the place of a signature in the file is wrong. It is a
// stable identifier.
type Reason string

// The reasons. Package verify describes them.
const (
	ByteRangeMissing  Reason = "byte-range-missing"
	ByteRangeBad      Reason = "byte-range-malformed"
	ByteRangeHole     Reason = "byte-range-hole"
	NoRevision        Reason = "revision-not-ended"
	RevisionDiffers   Reason = "revision-without-signature"
	DictionaryChanged Reason = "dictionary-changed"
)
