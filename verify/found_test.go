package verify_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"natsuin/verify"
)

// found judges a message of found/ as the command line would on 2026-11-30,
// with a root as --ca.
func found(t testing.TB, folder, signature, content, root string, edit func(*verify.Policy)) *verify.Report {
	t.Helper()
	folder = "found/" + folder + "/"
	if _, err := os.Stat(shared(t, folder)); err != nil {
		t.Skip(err)
	}
	p := verify.Policy{Now: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	for _, c := range certificates(t, sharedFile(t, folder+root)) {
		p.Anchors = append(p.Anchors, verify.Anchor{Certificate: c, Kind: verify.AnchorFile})
	}
	if edit != nil {
		edit(&p)
	}
	r, err := verify.Detached(context.Background(), sharedFile(t, folder+signature), bytes.NewReader(sharedFile(t, folder+content)), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFoundTimeWords(t *testing.T) {
	const folder = "13-time-words"
	r := found(t, folder, "07-after-expiry.p7s", "msg-ts.txt", "root.pem", func(p *verify.Policy) {
		p.TSAAnchors = certificates(t, sharedFile(t, "found/"+folder+"/tsaroot.pem"))
	})
	open(verify.CheckDates, verify.ReasonStampedLate).hold(t, r)
	r = found(t, folder, "58-signtime-future.p7s", "msg.txt", "root.pem", nil)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAttributes); c.Detail != verify.RemarkTimeFuture {
		t.Errorf("remark %q", c.Detail)
	}
}

func TestFoundListWords(t *testing.T) {
	const folder = "10-crl-words"
	for name, c := range map[string]struct {
		root, list string
		reason     verify.Reason
	}{
		"the root's list lacks":   {"root.pem", "small.crl", verify.ReasonListOfAnother},
		"the CA's list lacks":     {"root.pem", "root.crl", verify.ReasonListOfAnother},
		"the list begins in 2027": {"ca.pem", "future.crl", verify.ReasonListFuture},
	} {
		t.Run(name, func(t *testing.T) {
			r := found(t, folder, "00-control.p7s", "msg.txt", c.root, func(p *verify.Policy) {
				lists, err := verify.ReadLists(sharedFile(t, "found/"+folder+"/"+c.list))
				if err != nil {
					t.Fatal(err)
				}
				p.CRLs = lists
			})
			check, _ := r.Signers[0].Check(verify.CheckRevocation)
			if check.Detail != c.reason || check.Values["issuer"] == "" {
				t.Errorf("%s %v, want %s", check.Detail, check.Values, c.reason)
			}
			t.Log(check.Values)
		})
	}
}
