package trust

import (
	"time"

	"natsuin/fingerprint"
)

// A HistoricalValue is the published SHA-1 fingerprint of a prefectural root
// from the years before the national one. It is shown for comparison with old
// documents. It is never an anchor, because SHA-1 no longer identifies a
// certificate.
type HistoricalValue struct {
	Prefecture   string // in Latin letters
	PrefectureJA string
	SHA1         fingerprint.Fingerprint
	From, Until  time.Time // the time of its use, from midnight in Japan; zero if unknown
}

// historical is the list at the end of docs/card.md §7.
var historical = [...]struct{ prefecture, ja, sha1, from, until string }{
	{"Kyoto", "京都府", "F5209CDD37BA86DBAC02EA4EFAAED42F407060E9", "", ""},
	{"Kyoto", "京都府", "D5F73937D417E74347791D7EB20826D9AD6A2EE8", "", ""},
	{"Oita", "大分県", "7598BFD9EA9DA4A2E79660851B5E6943CFD70710", "2013-07-31T00:00:00+09:00", ""},
	{"Oita", "大分県", "CCFB63FBE907EC44950D2655D7E7D3CF4353A7EB", "", "2013-07-31T00:00:00+09:00"},
}

// Historical returns the historical values. They are not part of [Published],
// because they are not anchors.
func Historical() []HistoricalValue {
	values := make([]HistoricalValue, len(historical))
	for i, row := range historical {
		values[i] = HistoricalValue{
			Prefecture:   row.prefecture,
			PrefectureJA: row.ja,
			SHA1:         fingerprint.Fingerprint{Algorithm: fingerprint.SHA1, Sum: mustHex(row.sha1)},
			From:         mustTime(row.from),
			Until:        mustTime(row.until),
		}
	}
	return values
}
