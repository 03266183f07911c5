package i18n_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/verify/trust"
)

// Errors of the system and the network are in English, but a person reads them
// in the language of the run.
func TestCausesAreWordedInTheRunsLanguage(t *testing.T) {
	dial := func(err error) error {
		return &url.Error{Op: "Post", URL: "http://a/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	sys := func(e syscall.Errno) error { return dial(os.NewSyscallError("connect", e)) }
	for _, c := range []struct {
		err    error
		ja, en string
	}{
		{sys(syscall.ECONNREFUSED), "接続を拒否されました", "connection refused"},
		{sys(syscall.ENETUNREACH), "ネットワークに接続できません", "the network cannot be reached"},
		{sys(syscall.EHOSTUNREACH), "ネットワークに接続できません", "the network cannot be reached"},
		{sys(syscall.ECONNRESET), "相手が接続を閉じました", "closed the connection"},
		{sys(syscall.ETIMEDOUT), "時間内に応答がありませんでした", "no response in time"},
		{&url.Error{Op: "Post", URL: "http://a/", Err: context.DeadlineExceeded}, "時間内に応答がありませんでした", "no response in time"},
		{&url.Error{Op: "Post", URL: "http://a/", Err: io.EOF}, "相手が接続を閉じました", "closed the connection"},
		{dial(&net.DNSError{Err: "no such host", Name: "a", IsNotFound: true}), "そのホストは見つかりません", "no such host"},
		{dial(&net.DNSError{Err: "server misbehaving", Name: "a", IsTemporary: true}), "ホスト名を調べられませんでした", "could not be looked up"},
		{dial(&net.DNSError{Err: "i/o timeout", Name: "a", IsTimeout: true}), "時間内に応答がありませんでした", "no response in time"},
		{&url.Error{Err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}}, "サーバーの証明書を受け入れられません", "certificate is not accepted"},
		{&url.Error{Err: http.ErrSchemeMismatch}, "https に対応していません", "does not speak https"},
		{dial(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), "https に対応していません", "does not speak https"},
		{&fs.PathError{Op: "open", Path: "a", Err: syscall.EMFILE}, "開いているファイルが多すぎます", "too many files"},
		{&fs.PathError{Op: "read", Path: "a", Err: syscall.EIO}, "装置でエラーが起きました", "device reports an error"},
		{&trust.FileError{Path: "a", Err: trust.ErrNotOneCert}, "1 枚ではありません", "exactly one PEM certificate"},
	} {
		for lang, want := range map[string]string{"ja": c.ja, "en": c.en} {
			p, err := i18n.New(lang)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Cause(c.err); !strings.Contains(got, want) {
				t.Errorf("%s: %v is worded %q, want %q", lang, c.err, got, want)
			}
			e := &outcome.Error{Code: outcome.CodeFile, ID: "err.file.read", Pairs: []any{"Path", "a", "Error", c.err.Error()}, Err: c.err}
			if got := p.Explain(e).Message; !strings.Contains(got, want) || strings.Contains(got, c.err.Error()) {
				t.Errorf("%s: %v is explained as %q", lang, c.err, got)
			}
		}
	}
	// The end of a file does not mean a broken connection, and an unknown error
	// keeps its text.
	p, err := i18n.New("ja")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{fmt.Errorf("store: %w", io.ErrUnexpectedEOF), errors.New("odd\x1b[2J")} {
		if got := p.Cause(err); strings.Contains(got, "接続") || strings.Contains(got, "\x1b") || !strings.HasPrefix(got, err.Error()[:3]) {
			t.Errorf("%v is worded %q", err, got)
		}
	}
}
