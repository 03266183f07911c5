package tsatest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
)

// A Fault is one thing that an authority does wrong.
type Fault struct {
	// Number groups the faults by the reason to refuse the token, from 1 to 16.
	// It is 0 for a fault that leads only to a remark.
	Number int
	Name   string
	// Code is the reason that natsuin gives (docs/cli.md, "JSON"), or the doubt
	// if Number is 0.
	Code string
	// Judged is set if the fault lies in the token's signature or certificates,
	// so that only package verify finds it.
	Judged bool
	// Slow is set if no answer comes.
	Slow bool

	reply   func(*Authority, *reply)        // the TimeStampResp and what carries it
	token   func(*Authority, *token)        // the TSTInfo and the SignedData
	replace func(*Authority, []byte) []byte // the body
}

// Faults returns the faults, in the order of the refusals.
func Faults() []Fault {
	info := func(change func(*token)) func(*Authority, *token) {
		return func(_ *Authority, t *token) { change(t) }
	}
	body := func(change func([]byte) []byte) func(*Authority, []byte) []byte {
		return func(_ *Authority, b []byte) []byte { return change(b) }
	}
	status := func(code int) func(*Authority, *reply) {
		return func(_ *Authority, r *reply) { r.status = code }
	}
	return []Fault{
		{Number: 1, Name: "rejection", Code: "rejected", reply: func(_ *Authority, r *reply) { r.pkiStatus, r.text = 2, "no \x1b[31mtoken" }},
		{Number: 1, Name: "waiting", Code: "rejected", reply: func(_ *Authority, r *reply) { r.pkiStatus = 3 }},
		{Number: 2, Name: "no nonce", Code: "nonce", token: info(func(t *token) { t.nonce = nil })},
		{Number: 2, Name: "another nonce", Code: "nonce", token: info(func(t *token) { t.nonce = new(big.Int).Add(t.nonce, big.NewInt(1)) })},
		{Number: 2, Name: "negative nonce", Code: "nonce", token: info(func(t *token) { t.nonce = new(big.Int).Neg(t.nonce) })},
		{Number: 3, Name: "another imprint", Code: "imprint", token: info(func(t *token) { t.sum = append([]byte{t.sum[0] ^ 1}, t.sum[1:]...) })},
		{Number: 3, Name: "another hash", Code: "imprint", token: info(func(t *token) { t.hash, t.sum = oidSHA384, make([]byte, 48) })},
		{Number: 4, Name: "another policy", Code: "policy", token: info(func(t *token) { t.policy = asn1.ObjectIdentifier{1, 2, 3, 4, 2} })},
		{Number: 5, Name: "a byte more", Code: "trailing-data", replace: body(func(b []byte) []byte { return append(b, 0) })},
		{Number: 5, Name: "a byte less", Code: "malformed", replace: body(func(b []byte) []byte { return b[:len(b)-1] })},
		{Number: 5, Name: "HTML", Code: "malformed", replace: body(func([]byte) []byte { return []byte("<!DOCTYPE html><title>503</title>") })},
		{Number: 5, Name: "nothing", Code: "malformed", replace: body(func([]byte) []byte { return nil })},
		{Number: 6, Name: "no certificate", Code: "no-certificate", Judged: true, token: info(func(t *token) { t.certificates = nil })},
		{Number: 6, Name: "certificates of others", Code: "no-certificate", Judged: true, token: func(a *Authority, t *token) {
			t.certificates = []*x509.Certificate{a.Root, a.twin.cert}
		}},
		{Number: 7, Name: "usage not critical", Code: "usage", Judged: true, token: certified(onlyTimeStamps(false))},
		{Number: 7, Name: "usage not alone", Code: "usage", Judged: true, token: certified(onlyTimeStamps(true, oidEmail))},
		{Number: 7, Name: "no usage", Code: "usage", Judged: true, token: certified(func(*x509.Certificate) {})},
		{Number: 8, Name: "no signing-certificate", Code: "attributes", Judged: true, token: info(func(t *token) { t.named = nil })},
		{Number: 8, Name: "another signing-certificate", Code: "attributes", Judged: true, token: func(a *Authority, t *token) { t.named = a.twin.cert }},
		{Number: 9, Name: "another content type", Code: "content", token: info(func(t *token) { t.contentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} })},
		{Number: 9, Name: "version 2", Code: "content", token: info(func(t *token) { t.version = 2 })},
		{Number: 9, Name: "two signers", Code: "content", token: info(func(t *token) { t.signers = 2 })},
		{Number: 9, Name: "no signer", Code: "content", token: info(func(t *token) { t.signers = 0 })},
		{Number: 10, Name: "wrong signature", Code: "signature", Judged: true, token: info(func(t *token) { t.spoil = true })},
		{Number: 11, Name: "time before the certificate", Code: "dates", Judged: true, token: func(a *Authority, t *token) { t.time = a.sound.cert.NotBefore.AddDate(0, 0, -1) }},
		{Number: 11, Name: "time after the certificate", Code: "dates", Judged: true, token: func(a *Authority, t *token) { t.time = a.sound.cert.NotAfter.AddDate(0, 0, 1) }},
		{Number: 12, Name: "negative accuracy", Code: "accuracy", token: info(func(t *token) { t.accuracy = []byte{0x30, 3, 2, 1, 0xff} })},
		{Number: 13, Name: "SHA-1", Code: "algorithms", Judged: true, token: info(func(t *token) { t.sha1 = true })},
		{Number: 13, Name: "RSA with 1024 bits", Code: "algorithms", Judged: true, token: func(a *Authority, t *token) {
			key, err := weak()
			if err != nil {
				panic(err)
			}
			t.sign(a.must(key, onlyTimeStamps(true)))
		}},
		{Number: 14, Name: "the answer before", Code: "repeated", replace: func(a *Authority, b []byte) []byte {
			if a.last != nil {
				return a.last
			}
			return b
		}},
		{Number: 15, Name: "too large", Code: "too-large", replace: body(func(b []byte) []byte { return append(b, make([]byte, 64<<10)...) })},
		{Number: 15, Name: "redirect", Code: "http-status", reply: status(302)},
		{Number: 15, Name: "not found", Code: "http-status", reply: status(404)},
		{Number: 15, Name: "unavailable", Code: "http-status", reply: status(503)},
		{Number: 15, Name: "slow", Code: "timeout", Slow: true},
		{Number: 16, Name: "critical extension of the token", Code: "critical-extension", token: info(func(t *token) {
			t.extensions = []byte{0xa1, 13, 0x30, 11, 6, 2, 0x2a, 3, 1, 1, 0xff, 4, 2, 5, 0}
		})},
		{Number: 16, Name: "critical extension of the certificate", Code: "critical-extension", Judged: true, token: certified(func(c *x509.Certificate) {
			onlyTimeStamps(true)(c)
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidUnknown, Critical: true, Value: []byte{5, 0}})
		})},
	}
}

// Oddities returns the faults that are remarked on, but are not a reason to
// refuse a token.
func Oddities() []Fault {
	return []Fault{
		{Name: "another media type", Code: "type", reply: func(_ *Authority, r *reply) { r.mediaType = "text/html; charset=utf-8" }},
		{Name: "clock ahead", Code: "clock", token: func(a *Authority, t *token) { t.time = a.Now().AddDate(0, 0, 1) }},
		{Name: "clock behind", Code: "clock", token: func(a *Authority, t *token) { t.time = a.Now().AddDate(0, 0, -1) }},
		{Name: "accuracy of 61 s", Code: "accuracy", token: func(_ *Authority, t *token) { t.accuracy = []byte{0x30, 3, 2, 1, 61} }},
	}
}

// certified signs a token with another certificate of the authority.
func certified(edit func(*x509.Certificate)) func(*Authority, *token) {
	return func(a *Authority, t *token) { t.sign(a.must(nil, edit)) }
}

// WithAccuracy returns the fault with an accuracy in the token, in DER.
func (f Fault) WithAccuracy(accuracy []byte) Fault {
	f.token = func(_ *Authority, t *token) { t.accuracy = accuracy }
	return f
}

// Cut returns the fault of an answer that ends after n octets.
func Cut(n int) Fault {
	return Fault{Number: 5, Name: "cut", Code: "malformed", replace: func(_ *Authority, b []byte) []byte { return b[:min(n, len(b))] }}
}

// Large returns a change that is not a fault: a token of some 50 KiB.
func Large() Fault {
	return Fault{Name: "large", token: func(a *Authority, t *token) {
		t.certificates = append(t.certificates, a.must(nil, func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidUnknown, Value: make([]byte, 50<<10)})
		}).cert)
	}}
}
