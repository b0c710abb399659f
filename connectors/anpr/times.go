package anpr

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// zoned are the layouts of times that name their zone.
var zoned = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z0700"}

// local are those of times that do not.
var local = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"}

// compactLayout is a date and time of day with ms, as in "20210611 130538252";
// Go reads fractions after a separator only, so one is put in.
const compactLayout = "20060102 150405.000"

// moment reads the first field that holds a time: an epoch in s, ms, us or ns,
// told apart by its size, or a text, in zone when it names none. Zero epochs
// and empty fields count as not given. The text is returned as it was.
func moment(zone *time.Location, fields ...node) (t time.Time, text string, err error) {
	for _, field := range fields {
		text = field.text()
		if text == "" {
			continue
		}
		if n, bad := strconv.ParseFloat(text, 64); bad == nil {
			if n == 0 {
				continue
			}
			t, err = epoch(text, n)
			return t, text, err
		}
		t, err = clock(text, zone)
		return t, text, err
	}
	return time.Time{}, "", nil
}

func epoch(text string, approx float64) (time.Time, error) {
	if !(approx > 0 && approx < math.MaxInt64) {
		return time.Time{}, fmt.Errorf("is %.32q, which is no epoch time", text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = int64(approx)
	}
	switch {
	case n >= 1e17:
		return time.Unix(0, n).UTC(), nil
	case n >= 1e14:
		return time.UnixMicro(n).UTC(), nil
	case n >= 1e11:
		return time.UnixMilli(n).UTC(), nil
	}
	return time.UnixMicro(int64(math.Round(approx * 1e6))).UTC(), nil
}

func clock(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range zoned {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	for _, layout := range local {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), nil
		}
	}
	if len(text) == len("20060102 150405000") {
		if t, err := time.ParseInLocation(compactLayout, text[:15]+"."+text[15:], zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("is %.40q, which is no date and time in a known form", text)
}
