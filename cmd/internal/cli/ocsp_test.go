package cli_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"natsuin/cmd/internal/cli"
)

// The message about an unreachable responder is in the language of the run. -v
// adds the error of the network.
func TestWhyAResponderWasNotReachedIsSaid(t *testing.T) {
	home := t.TempDir()
	d := newFakeService()
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		env := d.env(t, &out, &errs, append([]string{"validity", "auth", "--reader", "practice"}, args...))
		env.Getenv = func(name string) string { return map[string]string{"HOME": home}[name] }
		exit := cli.Main(env)
		return exit, out.String(), errs.String()
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	refusing := "http://" + closed.Addr().String()
	closed.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer broken.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer silent.Close()
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	defer strange.Close()
	plain := strings.Replace(broken.URL, "http:", "https:", 1)
	for _, c := range []struct{ address, ja, en, raw string }{
		{refusing, "接続を拒否されました", "connection refused", "connect: connection refused"},
		{broken.URL, "HTTP ステータス 503", "HTTP status 503", "http status 503"},
		{silent.URL, "相手が接続を閉じました", "closed the connection", "EOF"},
		{strange.URL, "サーバーの証明書を受け入れられません", "the server's certificate is not accepted", "x509:"},
		{plain, "https に対応していません", "does not speak https", "HTTP response to HTTPS client"},
	} {
		for lang, want := range map[string]string{"ja": c.ja, "en": c.en} {
			exit, out, errs := run("--lang", lang, "--ocsp", c.address)
			if exit != 4 || strings.Count(errs, want) != 1 || !strings.Contains(errs, c.address) || strings.Contains(errs, c.raw) && lang == "ja" {
				t.Errorf("%s %s: exit code %d: %s%s", lang, c.address, exit, out, errs)
			}
		}
		if _, _, errs := run("--lang", "ja", "-v", "--ocsp", c.address); !strings.Contains(errs, c.raw) {
			t.Errorf("%s: -v lacks %q: %s", c.address, c.raw, errs)
		}
	}
}
