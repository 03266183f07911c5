package path_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"testing"

	"natsuin/verify/internal/path"
)

// General names by form, for constraints and for subjectAltName.
func dns(s string) []byte  { return tlv(0x82, []byte(s)) }
func mail(s string) []byte { return tlv(0x81, []byte(s)) }
func uri(s string) []byte  { return tlv(0x86, []byte(s)) }
func ip(b ...byte) []byte  { return tlv(0x87, b) }
func dirName(t *testing.T, n pkix.Name) []byte {
	return tlv(0xa4, marshal(t, n.ToRDNSequence()))
}
func other(t *testing.T, id asn1.ObjectIdentifier, text string) []byte {
	return tlv(0xa0, marshal(t, id), tlv(0xa0, tlv(0x0c, []byte(text))))
}

func alternative(names ...[]byte) change {
	return extension(false, tlv(0x30, names...), 2, 5, 29, 17)
}

// constrain adds nameConstraints of general names to a certificate.
func constrain(permitted, excluded [][]byte) change {
	list := func(tag byte, bases [][]byte) []byte {
		if bases == nil {
			return nil
		}
		var all [][]byte
		for _, b := range bases {
			all = append(all, tlv(0x30, b))
		}
		return tlv(tag, all...)
	}
	return extension(true, tlv(0x30, list(0xa0, permitted), list(0xa1, excluded)), 2, 5, 29, 30)
}

func TestNameConstraints(t *testing.T) {
	root := newRoot(t, "Root")
	one := func(b []byte) [][]byte { return [][]byte{b} }
	city := dirName(t, pkix.Name{Country: []string{"JP"}, Organization: []string{"City"}})
	inCity := func(c *x509.Certificate) { c.Subject.Organization = []string{"  CITY "} }
	address := func(s string) change {
		return func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{
				Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: s}}
		}
	}
	mailbox := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
	resident := asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 5, 1}
	none := func(*x509.Certificate) {}

	for _, c := range []struct {
		name                string
		permitted, excluded [][]byte
		leaf                change
		ok                  bool
	}{
		{"directory name within, whatever case and spaces", one(city), nil, inCity, true},
		{"directory name elsewhere", one(city), nil, none, false},
		{"directory name excluded", nil, one(city), inCity, false},
		{"directory name not excluded", nil, one(city), none, true},
		{"directory alternative name elsewhere", one(city), nil, func(c *x509.Certificate) {
			inCity(c)
			alternative(dirName(t, pkix.Name{Country: []string{"US"}}))(c)
		}, false},

		{"DNS the host itself", one(dns("example.jp")), nil, alternative(dns("EXAMPLE.jp")), true},
		{"DNS beneath", one(dns("example.jp")), nil, alternative(dns("a.b.example.jp")), true},
		{"DNS merely ends alike", one(dns("example.jp")), nil, alternative(dns("badexample.jp")), false},
		{"DNS one of two outside", one(dns("example.jp")), nil, alternative(dns("example.jp"), dns("example.com")), false},
		{"DNS excluded", nil, one(dns("example.jp")), alternative(dns("a.example.jp")), false},
		{"DNS wildcard that covers an excluded host", nil, one(dns("a.example.jp")), alternative(dns("*.example.jp")), false},
		{"DNS wildcard wider than permitted", one(dns("a.example.jp")), nil, alternative(dns("*.example.jp")), false},
		{"DNS constraint with a leading dot", one(dns(".example.jp")), nil, alternative(dns("a.example.jp")), false},
		{"DNS not a host name", nil, one(dns("example.jp")), alternative(dns("a..b")), false},
		{"DNS constraint, no DNS name", one(dns("example.jp")), nil, none, true},

		{"mail address", one(mail("a@example.jp")), nil, alternative(mail("a@EXAMPLE.JP")), true},
		{"mail address of another person", one(mail("a@example.jp")), nil, alternative(mail("A@example.jp")), false},
		{"mail host", one(mail("example.jp")), nil, alternative(mail("x@example.jp")), true},
		{"mail host beneath", one(mail("example.jp")), nil, alternative(mail("x@a.example.jp")), false},
		{"mail domain", one(mail(".example.jp")), nil, alternative(mail("x@a.example.jp")), true},
		{"mail domain is not its own host", one(mail(".example.jp")), nil, alternative(mail("x@example.jp")), false},
		{"mail quoted to evade", nil, one(mail("a@example.jp")), alternative(mail(`"a"@example.jp`)), false},
		{"mail address in the subject", one(mail("example.jp")), nil, address("x@example.com"), false},
		{"mail address in the subject, permitted", one(mail("example.jp")), nil, address("x@example.jp"), true},
		{"mail in UTF-8 under a mail constraint", one(mail("example.jp")), nil, alternative(other(t, mailbox, "あ@example.jp")), false},

		{"URI host", one(uri("example.jp")), nil, alternative(uri("https://u@example.jp:8443/x")), true},
		{"URI host beneath", one(uri("example.jp")), nil, alternative(uri("https://a.example.jp/")), false},
		{"URI domain", one(uri(".example.jp")), nil, alternative(uri("https://a.example.jp/")), true},
		{"URI excluded", nil, one(uri("example.jp")), alternative(uri("https://example.jp/")), false},
		{"URI with an address for a host", nil, one(uri("example.jp")), alternative(uri("https://192.0.2.1/")), false},
		{"URI without a host", nil, one(uri("example.jp")), alternative(uri("urn:x:y")), false},

		{"IP within", one(ip(192, 0, 2, 0, 255, 255, 255, 0)), nil, alternative(ip(192, 0, 2, 9)), true},
		{"IP elsewhere", one(ip(192, 0, 2, 0, 255, 255, 255, 0)), nil, alternative(ip(192, 0, 3, 9)), false},
		{"IP excluded", nil, one(ip(192, 0, 2, 0, 255, 255, 255, 0)), alternative(ip(192, 0, 2, 9)), false},
		{"IP of the other family", one(ip(192, 0, 2, 0, 255, 255, 255, 0)), nil,
			alternative(ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), false},

		{"other name constrained and present", nil, one(other(t, resident, "x")), alternative(other(t, resident, "y")), false},
		{"other name constrained and absent", nil, one(other(t, resident, "x")), none, true},
		{"other name under other constraints", one(dns("example.jp")), nil, alternative(other(t, resident, "y")), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ca := root.newCA(t, "CA", constrain(c.permitted, c.excluded))
			leaf := ca.newLeaf(t, "Leaf", c.leaf)
			r := path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}
			if c.ok {
				wantPath(t, r)
				return
			}
			wantFailure(t, r, path.NameConstraints, leaf.cert)
		})
	}
}

func TestNameConstraintsNarrow(t *testing.T) {
	root := newRoot(t, "Root", constrain([][]byte{dns("example.jp")}, nil))
	ca := root.newCA(t, "CA", constrain([][]byte{dns("a.example.jp"), dns("example.com")}, nil))
	for host, ok := range map[string]bool{"x.a.example.jp": true, "example.com": false, "b.example.jp": false} {
		leaf := ca.newLeaf(t, "Leaf", alternative(dns(host)))
		r := path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}
		if ok {
			wantPath(t, r)
		} else {
			wantFailure(t, r, path.NameConstraints, leaf.cert)
		}
	}
}

// A base distance other than zero is not supported, so a name of its form is
// refused.
func TestBaseDistance(t *testing.T) {
	root := newRoot(t, "Root")
	subtree := tlv(0x30, dns("example.jp"), []byte{0x80, 1, 1})
	ca := root.newCA(t, "CA", extension(true, tlv(0x30, tlv(0xa0, subtree)), 2, 5, 29, 30))
	leaf := ca.newLeaf(t, "Leaf", alternative(dns("a.example.jp")))
	wantFailure(t, path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}, path.NameConstraints, leaf.cert)
	quiet := ca.newLeaf(t, "Leaf")
	wantPath(t, path.Request{Leaf: quiet.cert, Pool: certs(ca), Anchors: certs(root), At: at})
}

// The number of comparisons of names with constraints is limited.
func TestConstraintFlood(t *testing.T) {
	root := newRoot(t, "Root")
	var bases, names [][]byte
	for i := range 600 {
		bases = append(bases, dns(fmt.Sprintf("c%d.example", i)))
		names = append(names, dns(fmt.Sprintf("n%d.example", i)))
	}
	ca := root.newCA(t, "CA", constrain(nil, bases))
	leaf := ca.newLeaf(t, "Leaf", alternative(names...))
	wantFailure(t, path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}, path.TooComplex, leaf.cert)
}
