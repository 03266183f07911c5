package timestamping

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"natsuin/sign/timestamp"
)

// proxy returns the proxy of the environment for a request, as
// [http.ProxyFromEnvironment] does. That function ignores an address that it
// cannot parse, and the request would bypass the proxy; proxy returns
// [timestamp.ErrProxy] for it, except for a host on this machine, which no
// proxy is for.
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

// onThisMachine reports whether a host is one that net/http never uses a proxy
// for.
func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
