package pdf

// Reason says what is wrong with a signature as a part of the file. It is a
// stable identifier.
type Reason string

// The reasons. Package verify says what each means.
const (
	ByteRangeMissing  Reason = "byte-range-missing"
	ByteRangeBad      Reason = "byte-range-malformed"
	ByteRangeHole     Reason = "byte-range-hole"
	NoRevision        Reason = "revision-not-ended"
	RevisionDiffers   Reason = "revision-without-signature"
	DictionaryChanged Reason = "dictionary-changed"
)
