package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	ocspPatience = 15 * time.Second
	ocspLongest  = 1 << 20 // bytes of an answer
)

// checkOCSPAddress refuses what could never be asked.
func checkOCSPAddress(address string) error {
	if address == "auto" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !oneOf(u.Scheme, "http", "https") {
		return usage("err.flag.invalid", "Flag", "--ocsp", "Value", address)
	}
	return nil
}

// askOCSP sends one request (RFC 6960, appendix A.1). It is the only place where
// natsuin uses a network, and only --ocsp leads here (CLI.md, behaviour 24).
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
		return nil, fmt.Errorf("ocsp: answer %s", answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, ocspLongest))
}
