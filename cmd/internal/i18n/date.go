package i18n

import "time"

// japan is the time zone of all times that people see.
var japan = time.FixedZone("JST", 9*60*60)

// Date returns the day of a time in Japan, in the language of p.
func (p *Printer) Date(t time.Time) string {
	day := t.In(japan)
	return p.T("date", "Year", day.Year(), "Month", int(day.Month()), "Day", day.Day(), "ISO", day.Format(time.DateOnly))
}

// DateTime returns a time in Japan, to the second.
func (p *Printer) DateTime(t time.Time) string {
	return t.In(japan).Format("2006-01-02 15:04:05 MST")
}
