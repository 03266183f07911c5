package timestamp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	connectPatience = 10 * time.Second
	wholePatience   = 30 * time.Second
	maxHeader       = 16 << 10 // octets
)

// HTTP is a [Transport] over HTTP or HTTPS (RFC 3161 §3.4). It follows no
// redirect, keeps no cookie, and sends no header that identifies the person. It
// waits 10 seconds for a connection, 10 more for TLS, and 30 in all.
type HTTP struct {
	// URL is the address of the authority, for which [CheckURL] returned nil.
	URL string
	// Proxy returns the proxy for a request, as [http.Transport.Proxy]; nil
	// means none. An address that is malformed or has user information is
	// refused.
	Proxy func(*http.Request) (*url.URL, error)
	// Patience limits the whole exchange. Zero means 30 seconds.
	Patience time.Duration
}

// Errors of addresses.
var (
	// ErrAddress means that the text is not an http or https address.
	ErrAddress = errors.New("not an http or https address")
	// ErrUserInfo means that the address holds a user name or a password, which
	// would be sent, and may stay in the history of a shell.
	ErrUserInfo = errors.New("user information in an address")
	// ErrProxy means that the address of the proxy is malformed. It is not
	// repeated, since it may hold a password.
	ErrProxy = errors.New("malformed address of a proxy")
)

// CheckURL returns why an address cannot be asked: [ErrAddress] or
// [ErrUserInfo]; otherwise nil.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return ErrAddress
	case u.User != nil:
		return ErrUserInfo
	}
	return nil
}

// proxy returns the address that Proxy returns, or [ErrUserInfo] or [ErrProxy]
// for one that is not used.
func (h HTTP) proxy(r *http.Request) (*url.URL, error) {
	if h.Proxy == nil {
		return nil, nil
	}
	u, err := h.Proxy(r)
	switch {
	case err != nil:
		return nil, ErrProxy
	case u == nil:
		return nil, nil
	case u.User != nil:
		return nil, ErrUserInfo
	case !isProxy(u):
		return nil, ErrProxy
	}
	return u, nil
}

// isProxy reports whether net/http can use u as a proxy. "http://host:8o8o" is
// the host "http:" to [http.ProxyFromEnvironment], so an empty port is refused.
func isProxy(u *url.URL) bool {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && u.Hostname() != "" &&
		(u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && port > 0)
}

// Send implements [Transport].
func (h HTTP) Send(ctx context.Context, request []byte) (Answer, error) {
	if err := CheckURL(h.URL); err != nil {
		return Answer{}, &RefusedError{Reason: ReasonUnreached, Err: err}
	}
	patience := h.Patience
	if patience == 0 {
		patience = wholePatience
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := h.post(limited, request)
	var no *RefusedError
	var waited interface{ Timeout() bool }
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return Answer{}, ctx.Err()
	case errors.As(err, &no):
		return Answer{}, no
	case limited.Err() != nil, errors.As(err, &waited) && waited.Timeout():
		return Answer{}, &RefusedError{Reason: ReasonTimeout, Err: err}
	}
	return Answer{}, &RefusedError{Reason: ReasonUnreached, Err: err}
}

func (h HTTP) post(ctx context.Context, request []byte) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(request))
	if err != nil {
		return Answer{}, err
	}
	r.GetBody = nil // nothing can send it again
	r.Header.Set("Content-Type", "application/timestamp-query")
	r.Header.Set("Accept", ContentType)
	r.Header.Set("User-Agent", "natsuin")
	transport := &http.Transport{
		Proxy:                  h.proxy,
		DialContext:            (&net.Dialer{Timeout: connectPatience}).DialContext,
		TLSHandshakeTimeout:    connectPatience,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	got, err := client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return Answer{}, &RefusedError{Reason: ReasonHTTPStatus, Status: got.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(got.Body, MaxReply+1))
	if errors.Is(err, io.ErrUnexpectedEOF) { // fewer octets than it announced
		return Answer{}, &RefusedError{Reason: ReasonMalformed, Err: err}
	}
	if err != nil {
		return Answer{}, &url.Error{Op: "read", URL: h.URL, Err: err}
	}
	if len(body) > MaxReply {
		return Answer{}, refused(ReasonTooLarge)
	}
	kind, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type")) // "" if there is no valid media type
	return Answer{Body: body, ContentType: kind}, nil
}
