package path

import (
	"bytes"
	"net"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
)

// constraints is a nameConstraints extension (RFC 5280 §4.2.1.10).
type constraints struct {
	permitted, excluded []subtree
}

// subtree is a GeneralSubtree.
type subtree struct {
	base name.General
	// unusable reports whether there is a minimum or maximum, the form is not
	// supported, or the base is malformed. A name of that form is then refused.
	unusable bool
}

func parseConstraints(in cryptobyte.String) (*constraints, error) {
	var seq, permitted, excluded cryptobyte.String
	var hasPermitted, hasExcluded bool
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadOptionalASN1(&permitted, &hasPermitted, asn1.Tag(0xa0)) ||
		!seq.ReadOptionalASN1(&excluded, &hasExcluded, asn1.Tag(0xa1)) || !seq.Empty() ||
		!hasPermitted && !hasExcluded {
		return nil, name.ErrMalformed
	}
	c := &constraints{}
	var err error
	if hasPermitted {
		if c.permitted, err = parseSubtrees(permitted); err != nil {
			return nil, err
		}
	}
	if hasExcluded {
		if c.excluded, err = parseSubtrees(excluded); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func parseSubtrees(in cryptobyte.String) ([]subtree, error) {
	if in.Empty() {
		return nil, name.ErrMalformed
	}
	var out []subtree
	for !in.Empty() {
		var v cryptobyte.String
		if !in.ReadASN1(&v, asn1.SEQUENCE) {
			return nil, name.ErrMalformed
		}
		base, err := name.ReadGeneral(&v)
		if err != nil {
			return nil, err
		}
		s := subtree{base: base, unusable: !usable(base)}
		minimum := 0
		if v.PeekASN1Tag(asn1.Tag(0x80)) {
			var digits cryptobyte.String
			if !v.ReadASN1(&digits, asn1.Tag(0x80)) || len(digits) == 0 {
				return nil, name.ErrMalformed
			}
			if len(digits) != 1 || digits[0] != 0 {
				minimum = 1
			}
		}
		if minimum != 0 || !v.Empty() { // any rest is a maximum
			s.unusable = true
		}
		out = append(out, s)
	}
	return out, nil
}

// usable reports whether the base is well formed and has a supported form.
func usable(base name.General) bool {
	v := string(base.Value)
	switch base.Form {
	case name.DirectoryName:
		return true
	case name.DNSName:
		return v == "" || hostname(v)
	case name.URI:
		return hostname(strings.TrimPrefix(v, ".")) && net.ParseIP(v) == nil
	case name.RFC822Name:
		if local, host, ok := mailbox(v); ok {
			return local != "" && hostname(host)
		}
		return !strings.Contains(v, "@") && hostname(strings.TrimPrefix(v, "."))
	case name.IPAddress:
		half := len(v) / 2
		if len(v) != 8 && len(v) != 32 {
			return false
		}
		ones, bits := net.IPMask(v[half:]).Size()
		return ones != 0 || bits != 0
	}
	return false
}

// hostname reports whether s consists of labels of ASCII letters, digits, - and
// _, separated by dots.
func hostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// mailbox splits a mailbox without quoting into its two parts. ok is false for
// anything else.
func mailbox(s string) (local, host string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || strings.ContainsAny(s[:at], "\"\\@ ()<>[]:;,") {
		return "", "", false
	}
	for i := 0; i < at; i++ {
		if s[i] <= 0x20 || s[i] >= 0x7f {
			return "", "", false
		}
	}
	return s[:at], s[at+1:], true
}

// match says whether a name matches a subtree.
type match int

const (
	no match = iota
	yes
	unclear // undecidable, so the path is refused
)

// match compares a name with a subtree of the same form. If the subtree is
// excluded, a name that stands for several (a wildcard) matches if any of these
// does.
func (s subtree) match(n name.General, excluded bool) match {
	if s.unusable {
		return unclear
	}
	base, value := string(s.base.Value), string(n.Value)
	switch s.base.Form {
	case name.DirectoryName:
		return is(n.DN.Under(s.base.DN))
	case name.DNSName:
		return matchDNS(base, value, excluded)
	case name.RFC822Name:
		return matchMail(base, value)
	case name.URI:
		return matchURI(base, value)
	case name.IPAddress:
		return matchIP(s.base.Value, n.Value)
	}
	return unclear
}

func is(b bool) match {
	if b {
		return yes
	}
	return no
}

func matchDNS(base, value string, excluded bool) match {
	rest, wildcard := strings.CutPrefix(value, "*.")
	if !hostname(rest) {
		return unclear
	}
	if base == "" || within(rest, base) {
		return yes
	}
	// *.example.com stands for every host one label below example.com.
	if wildcard && excluded && within(base, rest) {
		return yes
	}
	return no
}

// within reports whether host is domain or is below it.
func within(host, domain string) bool {
	if len(host) > len(domain) {
		cut := len(host) - len(domain)
		return host[cut-1] == '.' && strings.EqualFold(host[cut:], domain)
	}
	return strings.EqualFold(host, domain)
}

// matchHost reports whether a host matches a mail or URI constraint. With a
// leading dot, base means any host below it, and otherwise only that host.
func matchHost(base, host string) bool {
	if strings.HasPrefix(base, ".") {
		return len(host) > len(base) && within(host, base[1:])
	}
	return strings.EqualFold(base, host)
}

func matchMail(base, value string) match {
	local, host, ok := mailbox(value)
	if !ok || !hostname(host) {
		return unclear
	}
	if wantLocal, wantHost, ok := mailbox(base); ok {
		return is(local == wantLocal && strings.EqualFold(host, wantHost))
	}
	return is(matchHost(base, host))
}

func matchURI(base, value string) match {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return unclear
	}
	host := u.Hostname()
	if net.ParseIP(host) != nil || !hostname(host) {
		return unclear
	}
	return is(matchHost(base, host))
}

func matchIP(base, value []byte) match {
	if len(value) != net.IPv4len && len(value) != net.IPv6len {
		return unclear
	}
	if len(base) != 2*len(value) {
		return no // the other family
	}
	masked := make([]byte, len(value))
	for i := range value {
		masked[i] = value[i] & base[len(value)+i]
	}
	network := make([]byte, len(value))
	for i := range network {
		network[i] = base[i] & base[len(value)+i]
	}
	return is(bytes.Equal(masked, network))
}
