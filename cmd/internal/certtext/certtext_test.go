package certtext_test

import (
	"testing"
	"time"

	"natsuin/cmd/internal/certtext"
)

func TestDaysLeft(t *testing.T) {
	end := time.Date(2031, 4, 1, 14, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		now  time.Duration // after end
		want int
	}{
		{-48 * time.Hour, 2},
		{-48*time.Hour + time.Second, 1},
		{-time.Second, 0},
		{0, 0},
		{time.Second, -1},
		{24 * time.Hour, -1},
		{24*time.Hour + time.Second, -2},
	} {
		if got := certtext.DaysLeft(end, end.Add(c.now)); got != c.want {
			t.Errorf("%v after the end: %d days, want %d", c.now, got, c.want)
		}
	}
}
