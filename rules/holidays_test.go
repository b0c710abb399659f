package rules

import (
	"slices"
	"testing"
	"time"
)

// movable holidays of years, as the calendars give them: Easter Sunday, King's
// Day, Ascension Day and Whit Sunday.
var movableHolidays = map[int][4]string{
	2020: {"04-12", "04-27", "05-21", "05-31"},
	2021: {"04-04", "04-27", "05-13", "05-23"},
	2022: {"04-17", "04-27", "05-26", "06-05"},
	2023: {"04-09", "04-27", "05-18", "05-28"},
	2024: {"03-31", "04-27", "05-09", "05-19"},
	2025: {"04-20", "04-26", "05-29", "06-08"},
	2026: {"04-05", "04-27", "05-14", "05-24"},
	2027: {"03-28", "04-27", "05-06", "05-16"},
	2028: {"04-16", "04-27", "05-25", "06-04"},
	2029: {"04-01", "04-27", "05-10", "05-20"},
	2030: {"04-21", "04-27", "05-30", "06-09"},
}

func TestHolidays(t *testing.T) {
	for year, moving := range movableHolidays {
		days := []string{"01-01", "05-05", "12-25", "12-26"}
		for _, day := range moving {
			days = append(days, day)
		}
		at := func(i, shift int) string {
			d, err := time.Parse("2006-01-02", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-")+moving[i])
			if err != nil {
				t.Fatal(err)
			}
			return d.AddDate(0, 0, shift).Format("01-02")
		}
		days = append(days, at(0, -2), at(0, 1), at(3, 1))
		slices.Sort(days)
		var got []string
		for d := time.Date(year, 1, 1, 12, 0, 0, 0, amsterdam); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if holiday(d) {
				got = append(got, d.Format("01-02"))
			}
		}
		if !slices.Equal(got, slices.Compact(days)) {
			t.Errorf("%d: %v, want %v", year, got, days)
		}
	}
}

// TestEasterOfManyYears: a Sunday between 22 March and 25 April, and the
// earliest and latest of them in the years that are known for it.
func TestEasterOfManyYears(t *testing.T) {
	for year := 1583; year < 4100; year++ {
		d := time.Date(year, 1, easter(year), 0, 0, 0, 0, time.UTC)
		if day := d.Format("01-02"); d.Weekday() != time.Sunday || day < "03-22" || day > "04-25" {
			t.Errorf("%d: %s", year, d.Format(time.DateOnly))
		}
	}
	for year, want := range map[int]string{1818: "03-22", 1943: "04-25", 1954: "04-18", 1961: "04-02", 1981: "04-19", 2008: "03-23", 2038: "04-25", 2285: "03-22"} {
		if got := time.Date(year, 1, easter(year), 0, 0, 0, 0, time.UTC).Format("01-02"); got != want {
			t.Errorf("%d: %s, want %s", year, got, want)
		}
	}
}
