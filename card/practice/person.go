package practice

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Sex is the 性別 in a certificate.
type Sex string

// The values that a certificate can have.
const (
	Male       Sex = "male"
	Female     Sex = "female"
	UnknownSex Sex = "unknown"
)

// Sexes returns all values, in the order in which the help lists them.
func Sexes() []Sex { return []Sex{Male, Female, UnknownSex} }

// sexes holds the code of each value in a certificate (docs/card.md §6).
var sexes = map[Sex]string{Male: "1", Female: "2", UnknownSex: "3"}

// person holds the 基本4情報 of the card's holder.
type person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Birth   string `json:"birth"` // YYYY-MM-DD
	Sex     Sex    `json:"sex"`
}

// defaultHolder is the holder of a card that is issued without personal data.
var defaultHolder = person{
	Name:    "練習　花子",
	Address: "東京都練習区見本町一丁目２番３号",
	Birth:   "1990-04-01",
	Sex:     Female,
}

// japan is the time zone of birthdays. Japan has no daylight saving time.
var japan = time.FixedZone("JST", 9*60*60)

// check returns an [*InvalidError] for data that a certificate issued at that
// time cannot contain.
func (p person) check(issue time.Time) error {
	for field, value := range map[string]string{"name": p.Name, "address": p.Address} {
		if err := checkText(field, value); err != nil {
			return err
		}
	}
	if _, ok := sexes[p.Sex]; !ok {
		return &InvalidError{Field: "sex", Reason: "not male, female or unknown"}
	}
	birth, err := p.birth()
	if err != nil {
		return &InvalidError{Field: "birth", Reason: "not a date"}
	}
	if birth.Before(eras[len(eras)-1].from) || birth.After(issue) {
		return &InvalidError{Field: "birth", Reason: "not between 1868 and the day of issue"}
	}
	return nil
}

// maxText limits a name and an address, in characters.
const maxText = 200

func checkText(field, value string) error {
	unprintable := func(r rune) bool { return !unicode.IsGraphic(r) }
	switch {
	case strings.TrimSpace(value) == "":
		return &InvalidError{Field: field, Reason: "empty"}
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		return &InvalidError{Field: field, Reason: "not printable text"}
	case utf8.RuneCountInString(value) > maxText:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("longer than %d characters", maxText)}
	}
	return nil
}

func (p person) birth() (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, p.Birth, japan)
}

// eras holds the first day and the digit of each era, newest first
// (docs/card.md §6).
var eras = []struct {
	from  time.Time
	digit byte
}{
	{time.Date(2019, 5, 1, 0, 0, 0, 0, japan), '5'},
	{time.Date(1989, 1, 8, 0, 0, 0, 0, japan), '4'},
	{time.Date(1926, 12, 25, 0, 0, 0, 0, japan), '3'},
	{time.Date(1912, 7, 30, 0, 0, 0, 0, japan), '2'},
	{time.Date(1868, 1, 25, 0, 0, 0, 0, japan), '1'},
}

// eraDate returns the birth date in the form of a certificate, EYYYYMMDD.
func eraDate(birth time.Time) string {
	digit := byte('0')
	for _, era := range eras {
		if !birth.Before(era.from) {
			digit = era.digit
			break
		}
	}
	return string(digit) + birth.Format("20060102")
}

// endOfBirthday returns the last second of the n-th birthday after the day of
// issue. A birthday on the day of issue itself does not count. In common years,
// a birthday on February 29 is on February 28.
func endOfBirthday(birth, issue time.Time, n int) time.Time {
	issue = issue.In(japan)
	year := issue.Year()
	if y, m, d := issue.Date(); !birthday(birth, y).After(time.Date(y, m, d, 0, 0, 0, 0, japan)) {
		year++
	}
	return birthday(birth, year+n-1).AddDate(0, 0, 1).Add(-time.Second).UTC()
}

func birthday(birth time.Time, year int) time.Time {
	day := time.Date(year, birth.Month(), birth.Day(), 0, 0, 0, 0, japan)
	if day.Month() != birth.Month() {
		day = day.AddDate(0, 0, -1)
	}
	return day
}
