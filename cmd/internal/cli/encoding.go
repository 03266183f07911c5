package cli

import (
	"bytes"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// byteOrderMark is that of UTF-8, which some editors and shells put before a text.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// isUTF16Line reports whether a line, read up to the byte of a line feed, is one of UTF-16:
// a secret has no zero bytes.
func isUTF16Line(line []byte) bool {
	return bytes.HasPrefix(line, []byte("\xFF\xFE")) || bytes.HasPrefix(line, []byte("\xFE\xFF")) || bytes.IndexByte(line, 0) >= 0
}

// utf16Error says of a file that a shell wrote it in UTF-16.
func utf16Error(name string) error {
	return &i18n.Error{
		Code: i18n.CodeUnsuitable, ID: "err.file.utf16",
		Pairs: []any{"Path", ui.Escape(name)}, Reason: string(verify.KindUTF16),
	}
}
