package cms_test

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"natsuin/verify/internal/cms"
)

// withParts returns a SignedData with these parts between content and signers.
func withParts(parts ...[]byte) []byte {
	body := [][]byte{one, tlv(0x31), tlv(0x30, data)}
	return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, append(append(body, parts...), tlv(0x31))...)))
}

func equalParts(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

func TestPartsOfAMessageAreReturned(t *testing.T) {
	cert, list := loose(0x30, tlv(0x05), one), tlv(0x30, one)
	other := tlv(0xA1, tlv(0x06, []byte("\x2a")), one)
	m, err := parse(withParts(tlv(0xA0, cert, other, cert), tlv(0xA1, list, cert)))
	if err != nil {
		t.Fatal(err)
	}
	if !equalParts(m.Certificates, [][]byte{cert, cert}) || !equalParts(m.CRLs, [][]byte{list, cert}) || len(m.OCSP) != 0 {
		t.Errorf("%x, %x, %x", m.Certificates, m.CRLs, m.OCSP)
	}
	if m.ContentType != cms.Data || m.Attached || len(m.Signers) != 0 {
		t.Errorf("%+v", m)
	}
}

var ocspResponses = tlv(0x06, []byte("\x2b\x06\x01\x05\x05\x07\x10\x02")) // RFC 5940

// RFC 5940 encloses a whole response, but some signers enclose a basic one.
func TestResponsesAreReturnedWhole(t *testing.T) {
	basic := tlv(0x06, []byte("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")) // RFC 6960 §4.2.1
	enclosed := func(kind []byte, value ...[]byte) []byte {
		return tlv(0xA1, append([][]byte{kind}, value...)...)
	}
	list, response := tlv(0x30, one), tlv(0x30, one, one)
	wrapped := tlv(0x30, tlv(0x0A, []byte{0}), tlv(0xA0, tlv(0x30, basic, tlv(0x04, response))))
	m, err := parse(withParts(tlv(0xA1, enclosed(ocspResponses, response), list, enclosed(data, tlv(0x04)), enclosed(basic, response))))
	if err != nil {
		t.Fatal(err)
	}
	if !equalParts(m.OCSP, [][]byte{response, wrapped}) || !equalParts(m.CRLs, [][]byte{list}) {
		t.Errorf("responses %x, lists %x", m.OCSP, m.CRLs)
	}
	for name, c := range map[string]struct {
		part   []byte
		reason cms.Reason
	}{
		"no type":               {tlv(0xA1), cms.Truncated},
		"type of a wrong form":  {enclosed(tlv(0x06, []byte{0x80}), response), cms.BadValue},
		"no response":           {enclosed(ocspResponses), cms.Truncated},
		"another kind of value": {enclosed(basic, one), cms.UnexpectedTag},
		"two responses":         {enclosed(ocspResponses, response, response), cms.UnexpectedTag},
		"neither list nor any":  {one, cms.UnexpectedTag},
	} {
		_, err := parse(withParts(tlv(0xA1, c.part)))
		failsAt(t, name, err, c.reason, -1)
	}
}

func TestSignerIsReturnedWithItsParts(t *testing.T) {
	algorithm := tlv(0x30, tlv(0x06, []byte("\x2a\x05")), tlv(0x05))
	serial := tlv(0x02, []byte{0x01, 0x02})
	loose1 := loose(0x30, one)
	unsigned := tlv(0xA1, attribute("\x2a\x07", loose1, one), attribute("\x2a\x08"))
	m, err := parse(message(tlv, nil,
		tlv(0x30, one, tlv(0x30, name, serial), sha256ID, tlv(0xA0, attribute("\x2a\x06", one)), algorithm, tlv(0x04, []byte("s")), unsigned),
		tlv(0x30, one, tlv(0x80, []byte("key")), algorithm, sha256ID, tlv(0x04, nil))))
	if err != nil {
		t.Fatal(err)
	}
	s := m.Signers[0]
	if !bytes.Equal(s.RawIssuer, name) || s.Serial.Cmp(big.NewInt(0x0102)) != 0 || s.SubjectKeyID != nil {
		t.Errorf("identified by %x, %v, %x", s.RawIssuer, s.Serial, s.SubjectKeyID)
	}
	if s.Digest.OID != "\x60\x86\x48\x01\x65\x03\x04\x02\x01" || s.Digest.Params != nil || s.Algorithm.OID != "\x2a\x05" || !bytes.Equal(s.Algorithm.Params, []byte{5, 0}) {
		t.Errorf("algorithms %+v, %+v", s.Digest, s.Algorithm)
	}
	if len(s.Signed.List) != 1 || s.Signed.List[0].Type != "\x2a\x06" || !equalParts(s.Signed.List[0].Values, [][]byte{one}) {
		t.Errorf("signed %+v", s.Signed)
	}
	if u := s.Unsigned; len(u) != 2 || u[0].Type != "\x2a\x07" || !equalParts(u[0].Values, [][]byte{loose1, one}) || u[1].Type != "\x2a\x08" || len(u[1].Values) != 0 {
		t.Errorf("unsigned %+v", u)
	}
	s = m.Signers[1]
	if string(s.SubjectKeyID) != "key" || s.RawIssuer != nil || s.Serial != nil || s.Signed != nil || s.Unsigned != nil || len(s.Signature) != 0 {
		t.Errorf("by key: %+v", s)
	}
}

func TestMalformedPartsOfASigner(t *testing.T) {
	signer := func(id, signed, signature, unsigned []byte) []byte {
		return message(tlv, nil, tlv(0x30, one, id, sha256ID, signed, sha256ID, signature, unsigned))
	}
	id, signature := tlv(0x30, name, one), tlv(0x04, []byte("s"))
	for title, c := range map[string]struct {
		bytes  []byte
		reason cms.Reason
	}{
		"empty key identifier":     {signer(tlv(0x80), nil, signature, nil), cms.BadValue},
		"no serial number":         {signer(tlv(0x30, name), nil, signature, nil), cms.BadValue},
		"more than an identifier":  {signer(tlv(0x30, name, one, one), nil, signature, nil), cms.BadValue},
		"issuer is no name":        {signer(tlv(0x30, one, one), nil, signature, nil), cms.BadValue},
		"identified by a number":   {signer(one, nil, signature, nil), cms.UnexpectedTag},
		"unsigned, no sequence":    {signer(id, nil, signature, tlv(0xA1, one)), cms.UnexpectedTag},
		"unsigned, no type":        {signer(id, nil, signature, tlv(0xA1, tlv(0x30, one))), cms.UnexpectedTag},
		"unsigned, no set":         {signer(id, nil, signature, tlv(0xA1, tlv(0x30, tlv(0x06, []byte("\x2a")), one))), cms.UnexpectedTag},
		"unsigned, broken value":   {signer(id, nil, signature, tlv(0xA1, attribute("\x2a", []byte{4, 5}), attribute("\x2a"))), cms.OutsideParent},
		"unsigned, more in it":     {signer(id, nil, signature, tlv(0xA1, tlv(0x30, tlv(0x06, []byte("\x2a")), tlv(0x31), one))), cms.UnexpectedTag},
		"more behind the unsigned": {signer(id, nil, signature, append(tlv(0xA1), one...)), cms.UnexpectedTag},
		"unsigned before signed":   {signer(id, tlv(0xA1), signature, nil), cms.UnexpectedTag},
	} {
		_, err := parse(c.bytes)
		failsAt(t, title, err, c.reason, -1)
	}
}

func TestParseAlgorithm(t *testing.T) {
	oid := tlv(0x06, []byte("\x2a\x03"))
	for title, c := range map[string]struct {
		der    []byte
		params []byte
		ok     bool
	}{
		"without parameters":  {tlv(0x30, oid), nil, true},
		"with NULL":           {tlv(0x30, oid, tlv(0x05)), tlv(0x05), true},
		"two parameters":      {tlv(0x30, oid, tlv(0x05), tlv(0x05)), nil, false},
		"bytes behind it":     {append(tlv(0x30, oid), 0), nil, false},
		"no identifier":       {tlv(0x30), nil, false},
		"empty identifier":    {tlv(0x30, tlv(0x06)), nil, false},
		"padded identifier":   {tlv(0x30, tlv(0x06, []byte("\x2a\x80\x03"))), nil, false},
		"cut parameters":      {tlv(0x30, oid, []byte{4, 5}), nil, false},
		"a set":               {tlv(0x31, oid), nil, false},
		"nothing":             {nil, nil, false},
		"indefinite sequence": {loose(0x30, oid), nil, false},
	} {
		a, ok := cms.ParseAlgorithm(c.der)
		if ok != c.ok || ok && (a.OID != "\x2a\x03" || !bytes.Equal(a.Params, c.params)) {
			t.Errorf("%s: %+v, %v", title, a, ok)
		}
	}
}
