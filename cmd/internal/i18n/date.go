package i18n

import "time"

// japan is the zone in which certificates' dates are read: the card's own
// documents state them so.
var japan = time.FixedZone("JST", 9*60*60)

// Date words the day in Japan of a time.
func (p *Printer) Date(t time.Time) string {
	day := t.In(japan)
	return p.T("date", "Year", day.Year(), "Month", int(day.Month()), "Day", day.Day(), "ISO", day.Format(time.DateOnly))
}

// DateTime returns a time as Japan's clocks show it, to the second.
func (p *Printer) DateTime(t time.Time) string {
	return t.In(japan).Format("2006-01-02 15:04:05 MST")
}
