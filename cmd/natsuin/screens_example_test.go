//go:build linux

package main_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"regexp"
	"strings"
	"time"

	"natsuin/card/practice"
	"natsuin/fingerprint"
)

// exampleValues holds the values that differ in each run, with their
// replacements on the pages: the numbers and dates of the certificates, the
// clock, and the home directory.
type exampleValues struct {
	prints map[string]string // maps hexadecimal to hexadecimal
	texts  *strings.Replacer
}

var japan = time.FixedZone("JST", 9*60*60)

func (st *stage) setExamples() {
	info, err := practice.Open(practice.Options{Dir: st.store}).Show()
	st.must(err)
	st.prints = map[string]string{}
	for name, cert := range map[string]*x509.Certificate{
		"sign": info.Sign.Certificate, "root": info.Sign.CA, "auth": info.Auth.Certificate, "auth-ca": info.Auth.CA,
	} {
		actual := fingerprint.Of(cert)
		st.prints[actual.SHA256.String()] = fmt.Sprintf("%X", sha256.Sum256([]byte(name)))
		st.prints[actual.SHA1.String()] = fmt.Sprintf("%X", sha1.Sum([]byte(name)))
	}
	root := fingerprint.Of(info.Sign.CA).SHA256.String()
	other, shown := otherDigit(root), otherDigit(st.prints[root])
	st.values["PUBLISHED"], st.values["OTHER"] = root, other
	st.prints[other] = shown
	pairs := []string{st.home + "/data", "/home/taro/.local/share", info.Sign.Certificate.Subject.CommonName, "20260401100000123456789 PRACTICE"}
	for _, between := range []string{"、比べた値は ", " in the certificate, "} { // the group in which the values differ
		pairs = append(pairs, root[8:12]+between+other[8:12], st.prints[root][8:12]+between+shown[8:12])
	}
	for _, date := range []struct {
		actual  time.Time
		example string
	}{
		{info.Sign.CA.NotBefore, "2019-03-10"}, {info.Sign.CA.NotAfter, "2037-03-10"},
		{info.Auth.CA.NotBefore, "2019-03-10"}, {info.Auth.CA.NotAfter, "2037-03-10"},
		{info.Auth.Certificate.NotAfter, "2031-04-01"},
	} {
		example, err := time.Parse(time.DateOnly, date.example)
		st.must(err)
		for _, layout := range []string{time.DateOnly, "2006年1月2日"} {
			pairs = append(pairs, date.actual.In(japan).Format(layout), example.Format(layout))
		}
	}
	st.texts = strings.NewReplacer(pairs...)
}

// otherDigit changes the last digit of the third group of four.
func otherDigit(hex string) string {
	digit := "0"
	if hex[11] == '0' {
		digit = "1"
	}
	return hex[:11] + digit + hex[12:]
}

var (
	groupsOfFour = regexp.MustCompile(`\b[0-9A-F]{4}(?:\s+[0-9A-F]{4})+\b`)
	fourDigits   = regexp.MustCompile(`[0-9A-F]{4}`)
	moment       = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d JST`)
)

// asExample replaces the values of this run by the examples, which have the
// same width.
func (st *stage) asExample(text string) string {
	text = groupsOfFour.ReplaceAllStringFunc(text, func(groups string) string {
		digits, ok := st.prints[strings.Join(strings.Fields(groups), "")]
		if !ok {
			return groups
		}
		return fourDigits.ReplaceAllStringFunc(groups, func(string) (group string) {
			group, digits = digits[:4], digits[4:]
			return group
		})
	})
	return st.texts.Replace(moment.ReplaceAllString(text, "2026-04-01 10:00:00 JST"))
}
