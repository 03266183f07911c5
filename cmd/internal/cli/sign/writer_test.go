package sign

import (
	"errors"
	"io"
	"os"
	"testing"

	"natsuin/cmd/internal/outcome"
	"natsuin/sign/pdf"
)

// A panic while a file is written must not end the process, which would leave
// the card unlocked.
func TestAPanicOfAWriterIsABug(t *testing.T) {
	w := newWriter(&run{})
	err := w.finish(t.Context(), &job{}, func() (rendering, error) { panic("a bug") })
	if outcome.CodeOf(err) != outcome.CodeInternal {
		t.Errorf("%v", err)
	}
}

// A file that was written, but fails its check, has the code invalid. If the
// file cannot be read back, the code is file.
func TestAFailedCheckOfAFileIsAFailedCheck(t *testing.T) {
	j := &job{output: "a_signed.pdf"}
	if err := writeError(j, &pdf.CheckError{Err: io.ErrUnexpectedEOF}); outcome.CodeOf(err) != outcome.CodeInvalid {
		t.Errorf("%v", err)
	}
	unread := &pdf.CheckError{Err: &os.PathError{Op: "read", Path: "a_signed.pdf", Err: errors.New("input/output error")}}
	if err := writeError(j, unread); outcome.CodeOf(err) != outcome.CodeFile {
		t.Errorf("%v", err)
	}
}
