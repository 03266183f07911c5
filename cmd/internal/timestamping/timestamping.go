// Package timestamping gets time stamps from the authority that a person named
// with --timestamp. Package verify checks each one before it is used. If there
// is none that may be used, package timestamping returns the reason as text.
//
// It writes no file and does not depend on the verbs. It uses the network only
// for --timestamp, and sends at most one request to that address for each
// signature or PDF.
package timestamping

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/sign/timestamp"
	"natsuin/verify"
)

// A Source is the time-stamp authority of one run, and the flags that name and
// restrict it.
type Source struct {
	*command.Run
	URL, Policy string
	TSACA       []string // certificate files, or the word practice

	policy x509.OID // Policy, once Check has parsed it
	client timestamp.Client
	judge  verify.Policy
	lost   *Failure        // set once the authority has not answered
	said   map[string]bool // the remarks that Remarks has returned
}

// Define adds the flags to f.
func (s *Source) Define(f *pflag.FlagSet) {
	f.StringVar(&s.URL, "timestamp", "", "flag.timestamp")
	f.StringVar(&s.Policy, "timestamp-policy", "", "flag.timestamp-policy")
	f.StringArrayVar(&s.TSACA, "tsa-ca", nil, "flag.timestamp.tsa-ca")
}

// Wanted reports whether the run asks for time stamps.
func (s *Source) Wanted() bool { return s.URL != "" }

// Check returns a usage error for values that are invalid and flags that need
// --timestamp. It reads no file.
func (s *Source) Check() error {
	if !s.Wanted() {
		switch {
		case s.Policy != "":
			return outcome.Usage("err.flag.needs", "Flag", "--timestamp-policy", "Needs", "--timestamp")
		case len(s.TSACA) > 0:
			return outcome.Usage("err.flag.needs", "Flag", "--tsa-ca", "Needs", "--timestamp")
		}
		return nil
	}
	if err := timestamp.CheckURL(s.URL); err != nil {
		return err
	}
	if s.Policy == "" {
		return nil
	}
	var err error
	if s.policy, err = x509.ParseOID(s.Policy); err != nil {
		return outcome.Usage("err.flag.invalid", "Flag", "--timestamp-policy", "Value", s.Policy)
	}
	return nil
}

// Open prepares the requests, and reads the certificates of --tsa-ca. It sends
// nothing.
func (s *Source) Open(ctx context.Context) (err error) {
	if !s.Wanted() {
		return nil
	}
	s.client = timestamp.Client{
		Transport: timestamp.HTTP{URL: s.URL, Proxy: s.proxy},
		Policy:    s.policy,
	}
	sources := policy.Sources{Run: s.Run}
	s.judge.TSAAnchors, s.judge.Anchors, err = sources.TSAAnchors(ctx, s.TSACA)
	return err
}

// Notice returns the line that says what is sent, and to which address.
func (s *Source) Notice() string {
	return s.T("timestamp.notice", "Address", text.Escape(s.URL))
}

// NoticePDF is like [Source.Notice], for a document time stamp, which covers
// the PDF and not a signature.
func (s *Source) NoticePDF() string {
	return s.T("timestamp.notice.pdf", "Address", text.Escape(s.URL))
}

// A Stamp is a token that package verify has verified or, without --tsa-ca,
// found sound except for the path to a root.
type Stamp struct {
	Token []byte
	info  *verify.TimestampInfo
	// doubts lists what a person should know about the token.
	doubts []timestamp.Doubt
}

// Stamp asks for a token over imprint and has package verify check it. claimed
// is when the signer claims to have signed, or zero if that is unknown. The
// error is a [*Failure] or that of the context. Once the authority has not
// answered, Stamp sends no further request, and returns the same failure.
func (s *Source) Stamp(ctx context.Context, imprint timestamp.Imprint, claimed time.Time) (*Stamp, error) {
	if s.lost != nil {
		return nil, s.lost
	}
	token, err := s.client.Stamp(ctx, imprint)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		failure := s.refused(err)
		if unreached(err) {
			s.lost = failure
		}
		return nil, failure
	}
	s.judge.Now = s.Now()
	info, err := verify.TimeStamp(ctx, token.DER, imprint, s.judge)
	if err != nil {
		return nil, err
	}
	if !info.Verified && !(info.Sound && len(s.TSACA) == 0) {
		return nil, s.judged(info.Reason)
	}
	return &Stamp{token.DER, info, token.Doubts(s.judge.Now, claimed)}, nil
}

// Remarks returns what a person should know about a stamp, each remark once in
// a run.
func (s *Source) Remarks(st *Stamp) (lines []string) {
	say := func(line string) {
		if s.said == nil {
			s.said = map[string]bool{}
		}
		if !s.said[line] {
			s.said[line] = true
			lines = append(lines, line)
		}
	}
	if !st.info.Verified {
		say(s.T("timestamp.unchecked"))
	}
	for _, r := range st.info.Remarks {
		say(s.T("timestamp.remark", "Text", policy.Reason(s.Printer, r)))
	}
	for _, d := range st.doubts {
		say(s.T("timestamp.remark", "Text", s.T("timestamp.doubt."+string(d))))
	}
	return lines
}

// Done returns the line that says which stamp was added to the file at path.
func (s *Source) Done(st *Stamp, path string) string {
	return s.T("timestamp.done", "Path", text.Escape(path), "Time", s.DateTime(st.info.Time), "Authority", text.Escape(st.authority()))
}

func (st *Stamp) authority() string { return certtext.Name(st.info.Certificate.RawSubject) }

// JSON is the JSON object of a stamp.
type JSON struct {
	Time      string   `json:"time"`
	Accuracy  *float64 `json:"accuracy"` // seconds
	Policy    string   `json:"policy"`
	Serial    string   `json:"serial"`
	Authority string   `json:"authority"`
	SHA256    string   `json:"sha256"`
	Checked   bool     `json:"authority_checked"`
	Remarks   []string `json:"remarks"`
}

// JSON returns the stamp for JSON.
func (st *Stamp) JSON() *JSON {
	j := &JSON{
		Time: console.Stamp(st.info.Time), Policy: st.info.Policy, Serial: strings.ToUpper(st.info.Serial.Text(16)),
		Authority: st.authority(), SHA256: fingerprint.Of(st.info.Certificate).SHA256.String(), Checked: st.info.Verified, Remarks: []string{},
	}
	if a := st.info.Accuracy; a > 0 {
		seconds := a.Seconds()
		j.Accuracy = &seconds
	}
	for _, r := range st.info.Remarks {
		j.Remarks = append(j.Remarks, string(r))
	}
	for _, d := range st.doubts {
		j.Remarks = append(j.Remarks, string(d))
	}
	return j
}
