package notify

import (
	"slices"
	"testing"
	"time"
)

const nightRota = `
receivers: [{name: day, topic: d}, {name: night, topic: n}, {name: weekend, topic: w}]
rotas:
  - name: duty
    zone: Europe/Amsterdam
    shifts:
      - {days: [mon, tue, wed, thu, fri], from: "07:00", to: "23:00", who: [day]}
      - {from: "23:00", to: "07:00", who: [night]}
      - {days: [sat, sun], from: "07:00", to: "23:00", who: [weekend]}
routes: [{name: all, who: [duty]}]
`

// TestRotaOverSummerTime checks shifts at both changes of the clock: at 01:00
// UTC of 29 March 2026 it goes from 02:00 to 03:00, of 25 October from 03:00 to
// 02:00.
func TestRotaOverSummerTime(t *testing.T) {
	duty := mustCompile(t, nightRota).rotas["duty"]
	for at, want := range map[string]string{
		"2026-03-28T21:59:59Z": "weekend", "2026-03-28T22:00:00Z": "night", // Saturday 23:00, still winter
		"2026-03-29T00:59:59Z": "night", "2026-03-29T01:00:00Z": "night", // 01:59:59, then 03:00
		"2026-03-29T04:59:59Z": "night", "2026-03-29T05:00:00Z": "weekend", // 07:00 in summer
		"2026-03-29T20:59:59Z": "weekend", "2026-03-29T21:00:00Z": "night",
		"2026-03-30T05:00:00Z": "day",
		"2026-10-24T21:00:00Z": "night",                                  // Saturday 23:00, still summer
		"2026-10-25T00:30:00Z": "night", "2026-10-25T01:30:00Z": "night", // 02:30 twice
		"2026-10-25T05:59:59Z": "night", "2026-10-25T06:00:00Z": "weekend", // 07:00 in winter
		"2026-10-26T05:59:59Z": "night", "2026-10-26T06:00:00Z": "day",
	} {
		if got := duty.onDuty(instant(t, at)); !slices.Equal(got, []string{want}) {
			t.Errorf("at %s %v have duty, want %s", at, got, want)
		}
	}
}

// TestHoursLastByTheClockOnTheWall counts the minutes of a night: an hour less
// and an hour more in the two nights of the changes.
func TestHoursLastByTheClockOnTheWall(t *testing.T) {
	amsterdam := location(t, "Europe/Amsterdam")
	check := &checker{names: map[string]string{}}
	night := check.hours("hours", Hours{Name: "night", Zone: "Europe/Amsterdam", Spans: []Span{{From: "23:00", To: "07:00"}}})
	for day, want := range map[time.Time]int{
		time.Date(2026, 3, 28, 12, 0, 0, 0, amsterdam):  7 * 60,
		time.Date(2026, 6, 1, 12, 0, 0, 0, amsterdam):   8 * 60,
		time.Date(2026, 10, 24, 12, 0, 0, 0, amsterdam): 9 * 60,
	} {
		minutes := 0
		for m := range 24 * 60 {
			if night.contains(day.Add(time.Duration(m) * time.Minute)) {
				minutes++
			}
		}
		if minutes != want {
			t.Errorf("the night after %s has %d minutes, want %d", day.Format(time.DateOnly), minutes, want)
		}
	}
}

func TestSpansThatAreEdges(t *testing.T) {
	for _, c := range []struct {
		span Span
		at   string
		want bool
	}{
		{Span{From: "00:00", To: "24:00"}, "2026-11-24T23:59:59Z", true},
		{Span{From: "08:00", To: "08:00"}, "2026-11-24T07:59:00Z", true},
		{Span{Days: []string{"mon"}, From: "08:00", To: "08:00"}, "2026-11-24T07:59:00Z", true}, // Tuesday: since Monday
		{Span{Days: []string{"mon"}, From: "08:00", To: "08:00"}, "2026-11-24T08:00:00Z", false},
		{Span{Days: []string{"Tue"}, From: "08:00", To: "09:00"}, "2026-11-24T08:00:00Z", true},
		{Span{Days: []string{"tue"}, From: "08:00", To: "09:00"}, "2026-11-24T09:00:00Z", false},
		{Span{Days: []string{"sun"}, From: "22:00", To: "02:00"}, "2026-11-23T01:59:00Z", true},
	} {
		check := &checker{names: map[string]string{}}
		s := check.span("span", c.span)
		if got := s.contains(instant(t, c.at)); got != c.want || check.problems != nil {
			t.Errorf("%+v contains %s: got %t, want %t; %v", c.span, c.at, got, c.want, check.problems)
		}
	}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
