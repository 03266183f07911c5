package cli

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
	ocspLongest  = 1 << 20 // bytes of an answer
)

// checkOCSPAddress refuses what could never be asked.
func checkOCSPAddress(address string) error {
	if address == verify.OCSPAuto {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !oneOf(u.Scheme, "http", "https") {
		return outcome.Usage("err.flag.url", "Flag", "--ocsp")
	}
	return nil
}

// A statusError is an answer of HTTP without what was asked for.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("http status %d", e.status) }

// An ocspClient asks responders, for judges that work side by side, and remembers whom it
// could not ask.
type ocspClient struct {
	mu     sync.Mutex
	failed []unreached
}

// unreached is one address and why it gave no answer.
type unreached struct {
	address string
	err     error
}

func (d *ocspClient) ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	answer, err := askOCSP(ctx, address, request)
	if err == nil || errors.Is(err, context.Canceled) {
		return answer, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.ContainsFunc(d.failed, func(u unreached) bool { return u.address == address }) {
		d.failed = append(d.failed, unreached{address, err})
	}
	return nil, err
}

// sayUnreached tells which responders could not be asked, and why.
func (a *app) sayUnreached() {
	for _, u := range a.ocsp.failed {
		why := a.out.Cause(u.err)
		if status := (*statusError)(nil); errors.As(u.err, &status) {
			why = a.t("net.status", "Status", status.status)
		}
		a.say(a.t("ocsp.unreached", "Address", text.Escape(u.address), "Error", why))
		if a.flags.verbose {
			for _, line := range outcome.Detail(u.err) {
				a.say("  " + text.Escape(line))
			}
		}
	}
}

// askOCSP sends one request (RFC 6960, appendix A.1). It is the only place where
// natsuin uses a network, and only --ocsp leads here (docs/cli.md, behaviour 24).
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
