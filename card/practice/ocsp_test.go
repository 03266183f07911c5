package practice_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"natsuin/card/practice"
)

// responder serves the OCSP responder of a store.
func responder(t *testing.T, store *practice.Store) *httptest.Server {
	t.Helper()
	handler, err := store.OCSP()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func question(t *testing.T, certificate, issuer *x509.Certificate, hash crypto.Hash) []byte {
	t.Helper()
	der, err := ocsp.CreateRequest(certificate, issuer, &ocsp.RequestOptions{Hash: hash})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func post(t *testing.T, server *httptest.Server, der []byte) []byte {
	t.Helper()
	return body(t)(http.Post(server.URL, "application/ocsp-request", bytes.NewReader(der)))
}

func get(t *testing.T, server *httptest.Server, path string) []byte {
	t.Helper()
	return body(t)(http.Get(server.URL + "/" + path))
}

func body(t *testing.T) func(*http.Response, error) []byte {
	return func(r *http.Response, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		content, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/ocsp-response" {
			t.Fatalf("%s, %s, %v", r.Status, r.Header.Get("Content-Type"), err)
		}
		return content
	}
}

func TestResponderTellsGoodAndRevoked(t *testing.T) {
	store := open(folder(t))
	info := show(t, store)
	server := responder(t, store)
	ask := func(hash crypto.Hash, slot practice.SlotInfo) *ocsp.Response {
		t.Helper()
		request := question(t, slot.Certificate, slot.CA, hash)
		posted, err := ocsp.ParseResponseForCert(post(t, server, request), slot.Certificate, slot.CA)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ocsp.ParseResponseForCert(get(t, server, url.PathEscape(base64.StdEncoding.EncodeToString(request))), slot.Certificate, slot.CA)
		if err != nil || got.Status != posted.Status {
			t.Errorf("GET says %+v, %v", got, err)
		}
		return posted
	}
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, slot := range []practice.SlotInfo{info.Sign, info.Auth} {
			r := ask(hash, slot)
			if r.Status != ocsp.Good || !r.ThisUpdate.Equal(clock) || !r.NextUpdate.After(clock) {
				t.Errorf("%v: %+v", hash, r)
			}
			if r.Certificate == nil || r.Certificate.ExtKeyUsage[0] != x509.ExtKeyUsageOCSPSigning || !strings.Contains(policyList(r.Certificate), practicePolicy) {
				t.Error("not signed by a delegated practice responder")
			}
		}
	}
	at := clock.AddDate(0, 0, -1)
	if err := store.Revoke(practice.Moved, at); err != nil {
		t.Fatal(err)
	}
	if r := ask(crypto.SHA1, info.Sign); r.Status != ocsp.Revoked || !r.RevokedAt.Equal(at) || r.RevocationReason != ocsp.AffiliationChanged {
		t.Errorf("after moving: %+v", r)
	}
	if r := ask(crypto.SHA1, info.Auth); r.Status != ocsp.Good {
		t.Errorf("moving revoked the authentication certificate: %+v", r)
	}
	stranger := *info.Sign.Certificate
	stranger.SerialNumber = info.Auth.Certificate.SerialNumber
	if r, err := ocsp.ParseResponse(post(t, server, question(t, &stranger, info.Sign.CA, crypto.SHA1)), info.Sign.CA); err != nil || r.Status != ocsp.Unknown {
		t.Errorf("a number that was never given: %+v, %v", r, err)
	}
}

func TestResponderRefuses(t *testing.T) {
	store := open(folder(t))
	info := show(t, store)
	server := responder(t, store)
	good := question(t, info.Sign.Certificate, info.Sign.CA, crypto.SHA1)
	for name, c := range map[string]struct {
		answer []byte
		want   ocsp.ResponseStatus
	}{
		"nothing":         {post(t, server, nil), ocsp.Malformed},
		"a cut request":   {post(t, server, good[:len(good)-1]), ocsp.Malformed},
		"trailing bytes":  {post(t, server, append(bytes.Clone(good), 0)), ocsp.Malformed},
		"no base64":       {get(t, server, "not*base64"), ocsp.Malformed},
		"other authority": {post(t, server, question(t, info.Sign.Certificate, info.Sign.Certificate, crypto.SHA1)), ocsp.Unauthorized},
	} {
		_, err := ocsp.ParseResponse(c.answer, nil)
		var refused ocsp.ResponseError
		if !errors.As(err, &refused) || refused.Status != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if r, err := http.Post(server.URL, "application/ocsp-request", bytes.NewReader(make([]byte, 1<<20))); err != nil || r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a megabyte: %v, %v", r.Status, err)
	}
	request, err := http.NewRequest(http.MethodPut, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := http.DefaultClient.Do(request); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %v, %v", r.Status, err)
	}
}

func TestResponderKnowsEveryGeneration(t *testing.T) {
	store := open(folder(t))
	old := show(t, store)
	server := responder(t, store)
	if err := store.Renew(practice.RenewOptions{NewRoot: true}); err != nil {
		t.Fatal(err)
	}
	fresh := show(t, store)
	_, err := ocsp.ParseResponse(post(t, server, question(t, fresh.Sign.Certificate, fresh.Sign.CA, crypto.SHA1)), nil)
	var refused ocsp.ResponseError
	if !errors.As(err, &refused) || refused.Status != ocsp.TryLater {
		t.Errorf("a generation younger than the responder: %v", err)
	}
	server = responder(t, store)
	for name, c := range map[string]struct {
		slot practice.SlotInfo
		want int
	}{"first": {old.Sign, ocsp.Revoked}, "second": {fresh.Sign, ocsp.Good}} {
		r, err := ocsp.ParseResponseForCert(post(t, server, question(t, c.slot.Certificate, c.slot.CA, crypto.SHA256)), c.slot.Certificate, c.slot.CA)
		if err != nil || r.Status != c.want {
			t.Errorf("%s generation: %+v, %v", name, r, err)
		}
	}
}

func FuzzOCSPRequest(f *testing.F) {
	info := show(f, open(folder(f)))
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA512} {
		der, err := ocsp.CreateRequest(info.Sign.Certificate, info.Sign.CA, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			f.Fatal(err)
		}
		if err := practice.ParseOCSPRequest(der); err != nil {
			f.Fatalf("the seed is no request: %v", err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) { _ = practice.ParseOCSPRequest(der) })
}
