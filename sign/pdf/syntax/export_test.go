package syntax

// Work returns how many units of work may still be spent on the file.
func (f *File) Work() int64 { return f.work }

// SetWork sets how many units of work may still be spent on the file.
func (f *File) SetWork(n int64) { f.work = n }

// ParseObject reads an object at the beginning of b.
func ParseObject(b []byte) (Object, Span, error) {
	l := newLexer(0, int64(len(b)))
	l.window = b
	o, span := l.object(0)
	return o, span, l.err
}

// StartWork returns how many units of work may be spent on a file of size
// bytes.
func StartWork(size int) int64 { return startWork(int64(size)) }

const (
	MaxTrailers    = maxTrailers
	MaxSubsections = maxSubsections
	MaxFilters     = maxFilters
	MaxRows        = maxRows
	MaxContainers  = maxContainers
	PageSize       = pageSize
	PageCount      = pageCount
	MaxNested      = maxNested
	TailSize       = tailSize
	ScanSize       = scanSize
)
