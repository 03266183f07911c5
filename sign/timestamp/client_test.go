package timestamp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
)

var present = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func authority(t testing.TB) *tsatest.Authority {
	t.Helper()
	a, err := tsatest.New(present)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// serve puts an authority behind a loopback address.
func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func clientOf(address string) *timestamp.Client {
	return &timestamp.Client{Transport: timestamp.HTTP{URL: address, Patience: 5 * time.Second}, Policy: policyOf(tsatest.Policy)}
}

// policyOf returns a policy from its dotted form; that of "" is any.
func policyOf(dotted string) x509.OID {
	if dotted == "" {
		return x509.OID{}
	}
	id, err := x509.ParseOID(dotted)
	if err != nil {
		panic(err)
	}
	return id
}

var imprint = timestamp.ImprintOf(crypto.SHA256, signatureValue)

func TestASoundAnswerIsReturned(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		a := authority(t)
		asked := timestamp.ImprintOf(h, signatureValue)
		token, err := clientOf(serve(t, a)).Stamp(context.Background(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if !token.Info.Has(asked) || !token.Info.Matches(signatureValue) || !token.Info.GenTime.Equal(present) || token.OtherType {
			t.Errorf("%v: %+v", h, token.Info)
		}
		if again, err := timestamp.ParseToken(token.DER); err != nil || !again.Has(asked) {
			t.Errorf("%v: %+v, %v", h, again, err)
		}
		if doubts := token.Doubts(present, present); len(doubts) != 0 {
			t.Errorf("%v: doubts %v", h, doubts)
		}
	}
}

// The request has these fields of RFC 3161 §2.4.1 and no others: the hash, the
// policy, a nonce that differs each time, and the demand for certificates.
func TestARequestSaysNothingElse(t *testing.T) {
	a := authority(t)
	c := clientOf(serve(t, a))
	c.Policy = policyOf("2.25.184374126194146455454303695688590931723") // an arc of 128 bits
	nonces := map[string]bool{}
	for range 20 {
		_, err := c.Stamp(context.Background(), imprint)
		wantReason(t, err, timestamp.ReasonPolicy)
	}
	for _, raw := range a.Requests() {
		var request struct {
			Version int
			Imprint struct {
				Hash struct {
					Algorithm  asn1.ObjectIdentifier
					Parameters asn1.RawValue `asn1:"optional"`
				}
				Sum []byte
			}
			Policy  asn1.RawValue
			Nonce   *big.Int
			CertReq bool
		}
		rest, err := asn1.Unmarshal(raw, &request)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%x: %v", raw, err)
		}
		policy, err := asn1.Marshal(request.Policy)
		if err != nil || !strings.HasPrefix(fmt.Sprintf("%x", policy), "0614692a") && len(policy) < 20 {
			t.Errorf("policy %x, %v", policy, err)
		}
		if request.Version != 1 || !bytes.Equal(request.Imprint.Sum, imprint.Sum) || !request.CertReq ||
			request.Nonce.Sign() <= 0 || request.Nonce.BitLen() > 64 || request.Nonce.BitLen() < 60 || nonces[request.Nonce.String()] {
			t.Errorf("%+v", request)
		}
		nonces[request.Nonce.String()] = true
	}
	if len(nonces) != 20 {
		t.Errorf("%d nonces", len(nonces))
	}
}

func wantReason(t *testing.T, err error, want timestamp.Reason) *timestamp.RefusedError {
	t.Helper()
	var no *timestamp.RefusedError
	if !errors.As(err, &no) || no.Reason != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	return no
}

// Every fault that the transport, the reply or the TSTInfo shows is refused for
// its reason; those that lie in signature and certificates are left to verify.
func TestEveryFaultHasItsReason(t *testing.T) {
	a := authority(t)
	address := serve(t, a)
	for _, fault := range tsatest.Faults() {
		t.Run(fmt.Sprint(fault.Number, " ", fault.Name), func(t *testing.T) {
			c := clientOf(address)
			if fault.Slow {
				c.Transport = timestamp.HTTP{URL: address, Patience: 50 * time.Millisecond}
			}
			a.Break(tsatest.Fault{})
			if _, err := c.Stamp(context.Background(), imprint); err != nil && !fault.Slow {
				t.Fatal(err)
			}
			a.Break(fault)
			before := len(a.Requests())
			token, err := c.Stamp(context.Background(), imprint)
			if n := len(a.Requests()) - before; n != 1 {
				t.Errorf("%d requests", n)
			}
			if fault.Judged {
				if err != nil || token == nil {
					t.Fatalf("%v", err)
				}
				return
			}
			no := wantReason(t, err, timestamp.Reason(fault.Code))
			switch fault.Name {
			case "rejection":
				if no.Status != 2 || no.Failure != "unacceptedPolicy" || !strings.Contains(no.Text, "token") {
					t.Errorf("%+v", no)
				}
			case "redirect":
				if no.Status != 302 {
					t.Errorf("%+v", no)
				}
			}
		})
	}
}

func TestEveryReasonHasAFault(t *testing.T) {
	var known []timestamp.Reason
	for _, fault := range tsatest.Faults() {
		known = append(known, timestamp.Reason(fault.Code))
	}
	for _, reason := range timestamp.Reasons() {
		if reason != timestamp.ReasonUnreached && !slices.Contains(known, reason) {
			t.Errorf("no fault for %s", reason)
		}
	}
}

func TestOdditiesAreRemarkedAndNotRefused(t *testing.T) {
	a := authority(t)
	c := clientOf(serve(t, a))
	for _, odd := range tsatest.Oddities() {
		a.Break(odd)
		token, err := c.Stamp(context.Background(), imprint)
		if err != nil {
			t.Fatalf("%s: %v", odd.Name, err)
		}
		claimed := present
		if odd.Name == "clock behind" {
			claimed = present.AddDate(0, 0, -1)
		}
		if got := token.Doubts(present, claimed); len(got) != 1 || string(got[0]) != odd.Code {
			t.Errorf("%s: doubts %v", odd.Name, got)
		}
	}
}

// The bounds of the doubts, at the last value that raises none and the next.
func TestDoubtsBeginAtTheirBounds(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		generated, claimed, accuracy time.Duration // from now
		want                         string
	}{
		{10 * minute, 0, minute, "[]"},
		{10*minute + 1, 0, 0, "[clock]"},
		{-10 * minute, 0, 0, "[]"},
		{-10*minute - 1, -minute, 0, "[clock]"},
		{0, 10 * minute, 0, "[]"},
		{0, 10*minute + 1, 0, "[claim]"},
		{0, -time.Hour, 0, "[]"}, // signed an hour before the token
		{0, 0, minute + 1, "[accuracy]"},
	} {
		token := &timestamp.Token{Info: &timestamp.Info{GenTime: present.Add(c.generated), Accuracy: c.accuracy}}
		if got := fmt.Sprint(token.Doubts(present, present.Add(c.claimed))); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	early := &timestamp.Token{Info: &timestamp.Info{GenTime: present}}
	if got := early.Doubts(present, time.Time{}); len(got) != 0 {
		t.Errorf("no time claimed: %v", got)
	}
}

// An answer that ends early is never a token, whether its length was announced
// or not.
func TestACutAnswerIsRefused(t *testing.T) {
	a := authority(t)
	cut := 0
	announced := 0
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		whole := rec.Body.Bytes()
		announced = len(whole)
		if cut%200 == 0 { // as if the connection broke
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(whole), whole[:min(cut, len(whole))])
			buf.Flush()
			conn.Close()
			return
		}
		w.Write(whole[:min(cut, len(whole))])
	}))
	c := clientOf(address)
	for ; cut == 0 || cut < announced; cut += 100 {
		_, err := c.Stamp(context.Background(), imprint)
		wantReason(t, err, timestamp.ReasonMalformed)
	}
	if cut < 700 {
		t.Errorf("only %d octets", cut)
	}
}

func TestTheLargestAnswer(t *testing.T) {
	size := 0
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) }))
	for _, c := range []struct {
		size int
		want timestamp.Reason
	}{{timestamp.MaxReply, timestamp.ReasonMalformed}, {timestamp.MaxReply + 1, timestamp.ReasonTooLarge}} {
		size = c.size
		_, err := clientOf(address).Stamp(context.Background(), imprint)
		wantReason(t, err, c.want)
	}
	for _, c := range []struct {
		size int
		want timestamp.Reason
	}{{timestamp.MaxReply, timestamp.ReasonMalformed}, {timestamp.MaxReply + 1, timestamp.ReasonTooLarge}} {
		_, _, err := timestamp.ParseReply(make([]byte, c.size))
		wantReason(t, err, c.want)
		_, err = timestamp.ParseToken(make([]byte, c.size))
		wantReason(t, err, c.want)
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, err = clientOf("http://"+listener.Addr().String()).Stamp(context.Background(), imprint)
	wantReason(t, err, timestamp.ReasonUnreached)

	closing := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}))
	_, err = clientOf(closing).Stamp(context.Background(), imprint)
	wantReason(t, err, timestamp.ReasonUnreached)
}

// The end of the context is reported as it is, so that Ctrl-C does not look
// like a dead authority.
func TestACancelledWaitIsNotARefusal(t *testing.T) {
	a := authority(t)
	a.Break(tsatest.Fault{Slow: true})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for len(a.Requests()) == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := clientOf(serve(t, a)).Stamp(ctx, imprint)
	if !errors.Is(err, context.Canceled) || errors.As(err, new(*timestamp.RefusedError)) {
		t.Errorf("error %v", err)
	}
}

func TestAddressesThatAreNotAsked(t *testing.T) {
	for address, want := range map[string]error{
		"http://tsa.example/tsr":        nil,
		"https://tsa.example:8443":      nil,
		"http://[::1]:318/":             nil,
		"":                              timestamp.ErrAddress,
		"tsa.example/tsr":               timestamp.ErrAddress,
		"ftp://tsa.example/":            timestamp.ErrAddress,
		"file:///etc/passwd":            timestamp.ErrAddress,
		"http://":                       timestamp.ErrAddress,
		"http://:80/":                   timestamp.ErrAddress,
		"http://a b/":                   timestamp.ErrAddress,
		"https://me@tsa.example/":       timestamp.ErrUserInfo,
		"https://me:secret@tsa.example": timestamp.ErrUserInfo,
	} {
		if err := timestamp.CheckURL(address); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", address, err, want)
		}
		if want != nil {
			_, err := clientOf(address).Stamp(context.Background(), imprint)
			wantReason(t, err, timestamp.ReasonUnreached)
		}
	}
}

// A proxy is used unless its address has user information. It is sent no
// cookie, credentials or referrer.
func TestProxies(t *testing.T) {
	a := authority(t)
	var asked []string
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		for _, name := range []string{"Cookie", "Authorization", "Proxy-Authorization", "Referer"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s: %s", name, r.Header.Get(name))
			}
		}
		if r.Method != "POST" || r.Header.Get("Content-Type") != "application/timestamp-query" {
			t.Errorf("%s of %s", r.Method, r.Header.Get("Content-Type"))
		}
		a.ServeHTTP(w, r)
	}))
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	through := func(u *url.URL) *timestamp.Client {
		return &timestamp.Client{Transport: timestamp.HTTP{URL: "http://tsa.example/tsr", Proxy: http.ProxyURL(u)}}
	}
	if _, err := through(u).Stamp(context.Background(), imprint); err != nil || !slices.Equal(asked, []string{"http://tsa.example/tsr"}) {
		t.Errorf("%v, %v", asked, err)
	}
	u.User = url.UserPassword("me", "secret")
	_, err = through(u).Stamp(context.Background(), imprint)
	no := wantReason(t, err, timestamp.ReasonUnreached)
	if !errors.Is(no, timestamp.ErrUserInfo) || len(asked) != 1 || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, asked %v", err, asked)
	}
	host, port := u.Hostname(), u.Port()
	for name, bad := range map[string]url.URL{
		"no scheme":      {Host: host + ":" + port},
		"another scheme": {Scheme: "ftp", Host: host + ":" + port},
		"no host":        {Scheme: "http", Host: ":" + port},
		"empty port":     {Scheme: "http", Host: "http:", Path: "//me:secret@" + host},
		"port 0":         {Scheme: "http", Host: host + ":0"},
		"port 65536":     {Scheme: "http", Host: host + ":65536"},
	} {
		_, err := through(&bad).Stamp(context.Background(), imprint)
		no := wantReason(t, err, timestamp.ReasonUnreached)
		if !errors.Is(no, timestamp.ErrProxy) || len(asked) != 1 || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, asked %v", name, err, asked)
		}
	}
	failing := &timestamp.Client{Transport: timestamp.HTTP{URL: "http://tsa.example/tsr", Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New("invalid proxy address \"http://me:secret@\"")
	}}}
	_, err = failing.Stamp(context.Background(), imprint)
	if no := wantReason(t, err, timestamp.ReasonUnreached); !errors.Is(no, timestamp.ErrProxy) || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	// Port 65535 can be asked: that nobody listens there is another failure.
	_, err = through(&url.URL{Scheme: "http", Host: "127.0.0.1:65535"}).Stamp(context.Background(), imprint)
	if no := wantReason(t, err, timestamp.ReasonUnreached); errors.Is(no, timestamp.ErrProxy) {
		t.Errorf("%v", err)
	}
}

func FuzzParseReply(f *testing.F) {
	a := authority(f)
	c := clientOf(serve(f, a))
	for _, fault := range append(tsatest.Faults(), tsatest.Fault{}, tsatest.Cut(100)) {
		if fault.Slow || fault.Code == "too-large" {
			continue
		}
		a.Break(fault)
		_, _ = c.Stamp(context.Background(), imprint) // for the requests
		f.Add(a.Answer(a.Requests()[0]))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		token, info, err := timestamp.ParseReply(raw)
		if err != nil {
			var no *timestamp.RefusedError
			if !errors.As(err, &no) || token != nil || info != nil || !slices.Contains(timestamp.Reasons(), no.Reason) || len(no.Text) > 4<<10 {
				t.Fatalf("%v", err)
			}
			return
		}
		if !bytes.Contains(raw, token) || info.SerialNumber == nil {
			t.Fatal("a token that is not in the reply")
		}
		if again, err := timestamp.ParseToken(token); err != nil || again.GenTime != info.GenTime {
			t.Fatalf("%v", err)
		}
	})
}
