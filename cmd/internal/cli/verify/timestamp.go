package verify

import (
	"strconv"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// timestamp is the JSON object of a time stamp.
type timestamp struct {
	Time       *string         `json:"time"`
	Accuracy   *float64        `json:"accuracy"` // seconds
	Authority  *string         `json:"authority"`
	Verified   bool            `json:"verified"`
	Reason     verify.Reason   `json:"reason,omitempty"`
	Remarks    []verify.Reason `json:"remarks"`
	Revocation string          `json:"revocation"`
	Practice   bool            `json:"practice"`
}

func (r *run) timestampOf(t *verify.TimestampInfo) *timestamp {
	if t == nil {
		return nil
	}
	v := &timestamp{
		Verified: t.Verified, Reason: t.Reason, Remarks: append([]verify.Reason{}, t.Remarks...),
		Revocation: string(t.Revocation), Practice: t.Practice,
	}
	if !t.Time.IsZero() { // an unreadable time stamp has none
		v.Time = console.OrNull(console.Stamp(t.Time))
	}
	if t.Accuracy > 0 {
		seconds := t.Accuracy.Seconds()
		v.Accuracy = &seconds
	}
	if c := t.Certificate; c != nil {
		v.Authority = console.OrNull(certtext.Subject(c.RawSubject, r.ShowsPersonal()))
	}
	return v
}

// printTimestamp prints the time that the time stamp of a signature proves. If
// it proves none, printTimestamp prints the time that it claims and the
// authority, so that a person can look for the authority's root.
func (r *run) printTimestamp(t *verify.TimestampInfo) {
	switch {
	case t == nil:
	case t.Verified:
		r.Field("verify.timestamp", r.T("verify.timestamp.value", "Time", r.timeOf(t), "Authority", r.authority(t)))
	case t.Certificate != nil:
		r.Field("verify.timestamp", r.T("verify.timestamp.claimed", "Time", r.timeOf(t), "Authority", r.authority(t),
			"Reason", r.reasonOf(verify.CheckTimestamp, t.Reason)))
	}
}

// timeOf returns the time of a time stamp, with its accuracy if it has one.
func (r *run) timeOf(t *verify.TimestampInfo) string {
	date := r.DateTime(t.Time)
	if t.Accuracy == 0 {
		return date
	}
	return r.T("verify.timestamp.accuracy", "Date", date, "Seconds", strconv.FormatFloat(t.Accuracy.Seconds(), 'f', -1, 64))
}

// authority returns the name of a time-stamp authority.
func (r *run) authority(t *verify.TimestampInfo) string {
	if t.Certificate == nil {
		return r.T("verify.signer.unknown")
	}
	return text.Escape(certtext.Name(t.Certificate.RawSubject))
}
