package outcome

import (
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"natsuin/cmd/internal/outfile"
	"natsuin/verify/trust"
)

// causes maps common errors of the operating system, the network, outfile and
// trust to messages. The text of the errors is in English, which may not be the
// language of the run.
var causes = []struct {
	err error
	id  string
}{
	{fs.ErrNotExist, "os.not-exist"},
	{fs.ErrExist, "os.exist"},
	{fs.ErrPermission, "os.permission"},
	{syscall.ENOSPC, "os.no-space"},
	{syscall.EDQUOT, "os.quota"},
	{syscall.EFBIG, "os.large"},
	{syscall.EROFS, "os.read-only"},
	{syscall.ENOTDIR, "os.not-folder"},
	{syscall.EISDIR, "os.folder"},
	{syscall.ENAMETOOLONG, "os.long-name"},
	{syscall.ELOOP, "os.loop"},
	{syscall.EBADF, "os.not-open"},
	{syscall.EMFILE, "os.too-many-open"},
	{syscall.EIO, "os.device"},
	{syscall.EPIPE, "os.no-reader"},
	{syscall.EADDRINUSE, "os.in-use"},
	{syscall.EADDRNOTAVAIL, "net.not-mine"},
	{syscall.ECONNREFUSED, "os.refused"},
	{syscall.ECONNRESET, "net.broken-off"},
	{syscall.ENETUNREACH, "net.unreachable"},
	{syscall.EHOSTUNREACH, "net.unreachable"},
	{http.ErrSchemeMismatch, "net.not-tls"},
	{outfile.ErrIsFolder, "os.folder"},
	{outfile.ErrNotFolder, "os.not-folder"},
	{outfile.ErrNotRegular, "root.not-regular"},
	{trust.ErrPractice, "root.practice"},
	{trust.ErrFileTooLarge, "os.large"},
	{trust.ErrNotRegular, "root.not-regular"},
	{trust.ErrNotOneCert, "root.not-one"},
	{trust.ErrBadCertificate, "root.unreadable"},
}

// closedIdle is the text of an error that net/http does not export. It occurs,
// or io.EOF, if a server closes a new connection at once.
const closedIdle = "http: server closed idle connection"

// Cause returns the id of the message for the cause of an error, or "" if there
// is none.
func Cause(err error) string {
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var request *url.Error
	var waited interface{ Timeout() bool }
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "net.no-host"
	case errors.As(err, &certificate):
		return "net.certificate"
	case errors.As(err, &record):
		return "net.not-tls"
	case errors.As(err, &request) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || request.Err.Error() == closedIdle):
		return "net.broken-off"
	case errors.As(err, new(*trust.NotRootError)):
		return "root.not-root"
	}
	for _, row := range causes {
		if errors.Is(err, row.err) {
			return row.id
		}
	}
	switch {
	case errors.As(err, &waited) && waited.Timeout():
		return "net.timeout"
	case lookup != nil:
		return "net.lookup"
	}
	return ""
}
