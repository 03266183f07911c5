package timestamping

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"natsuin/sign/timestamp"
)

// proxy returns the proxy that the environment names for a request, like
// [http.ProxyFromEnvironment]. That function ignores an address that it cannot
// parse, so that the request would bypass the proxy. proxy returns
// [timestamp.ErrProxy] instead, except for a host on this machine, for which no
// proxy is used.
func (s *Source) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if u != nil || err != nil || onThisMachine(r.URL.Hostname()) {
		return u, err
	}
	name := strings.ToUpper(r.URL.Scheme) + "_PROXY"
	address := cmp.Or(s.Getenv(name), s.Getenv(strings.ToLower(name)))
	_, whole := url.Parse(address)
	_, withoutScheme := url.Parse("http://" + address)
	if whole != nil && withoutScheme != nil {
		return nil, timestamp.ErrProxy
	}
	return nil, nil
}

// onThisMachine reports whether net/http never uses a proxy for a host.
func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
