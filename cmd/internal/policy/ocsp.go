package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

const (
	ocspPatience = 15 * time.Second
	ocspLongest  = 1 << 20 // bytes of a response
)

// checkOCSPAddress returns a usage error unless the address is
// [verify.OCSPAuto] or a URL with scheme http or https.
func checkOCSPAddress(address string) error {
	if address == verify.OCSPAuto {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		return outcome.Usage("err.flag.url", "Flag", "--ocsp")
	}
	return nil
}

// A statusError means that the HTTP response had a status other than 200.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("http status %d", e.status) }

// A client sends requests to OCSP responders. It may be used for several
// verifications at the same time. It records the responders that gave no usable
// response.
type client struct {
	mu     sync.Mutex
	failed []unreached
}

// unreached is the address of a responder without a usable response, and the
// reason.
type unreached struct {
	address string
	err     error
}

func (c *client) ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	answer, err := askOCSP(ctx, address, request)
	if err == nil || errors.Is(err, context.Canceled) {
		return answer, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(c.failed, func(u unreached) bool { return u.address == address }) {
		c.failed = append(c.failed, unreached{address, err})
	}
	return nil, err
}

// askOCSP sends one request (RFC 6960 appendix A.1) and returns the body of the
// response, of which it reads at most ocspLongest bytes. Only a run with --ocsp
// calls it (docs/cli.md, behaviour 24).
func askOCSP(ctx context.Context, address string, request []byte) ([]byte, error) {
	if err := checkOCSPAddress(address); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ocspPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/ocsp-request")
	r.Header.Set("Accept", "application/ocsp-response")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, &statusError{answer.StatusCode}
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, ocspLongest))
	if err != nil {
		return nil, &url.Error{Op: "read", URL: address, Err: err}
	}
	return b, nil
}

// SayUnreached prints which responders gave no response, and why.
func (s *Sources) SayUnreached() {
	for _, u := range s.client.failed {
		why := s.Cause(u.err)
		if status := (*statusError)(nil); errors.As(u.err, &status) {
			why = s.T("net.status", "Status", status.status)
		}
		s.Say(s.T("ocsp.unreached", "Address", text.Escape(u.address), "Error", why))
		if s.Verbose {
			for _, line := range outcome.Detail(u.err) {
				s.Say("  " + text.Escape(line))
			}
		}
	}
}
