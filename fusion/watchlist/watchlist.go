// Package watchlist reads lists of plates, phones and other values that rules
// look up with listed(), from CSV as other systems export it.
//
// Lists reach the room as messages of its log; this package only reads and
// writes nothing.
package watchlist

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a date ends at midnight in the Netherlands on any machine

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// maxEntries bounds one list.
const maxEntries = 1_000_000

// Read reads a CSV with a header. The first column holds the values; the
// columns `note`, `owner`, `purpose` and `expires` are kept, and every other
// column becomes part of the note. Values become canonical; of a value that
// stands twice the last row counts.
func Read(r io.Reader) ([]store.ListEntry, error) {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the header is not readable: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var entries []store.ListEntry
	at := map[string]int{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		e, err := entry(header, row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if i, twice := at[e.Value]; twice {
			entries[i] = e
			continue
		}
		at[e.Value] = len(entries)
		if entries = append(entries, e); len(entries) > maxEntries {
			return nil, fmt.Errorf("more than %d entries", maxEntries)
		}
	}
}

func entry(header, row []string) (e store.ListEntry, err error) {
	if e.Value = Canonical(row[0]); e.Value == "" {
		return e, errors.New("has no value in its first column")
	}
	var rest []string
	for i, v := range row[1:] {
		switch name := strings.ToLower(strings.TrimSpace(header[i+1])); {
		case v == "":
		case name == "owner":
			e.Owner = v
		case name == "purpose":
			e.Purpose = v
		case name == "expires":
			if e.Expires, err = Expiry(v); err != nil {
				return e, err
			}
		case name == "note":
			rest = slices.Insert(rest, 0, v)
		default:
			rest = append(rest, v)
		}
	}
	e.Note = strings.Join(rest, " ")
	return e, nil
}

// Expiry reads when an entry ends: a date, which counts to its end in Dutch
// civil time, or a time as in RFC 3339.
func Expiry(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.Time{}, fmt.Errorf("read an expiry: %w", err)
	}
	day, err := time.ParseInLocation(time.DateOnly, s, amsterdam)
	if err != nil {
		return time.Time{}, fmt.Errorf("the expiry %q is neither a date like 2026-12-31 nor a time like 2026-12-31T18:00:00Z", s)
	}
	return day.AddDate(0, 0, 1).UTC(), nil
}

// Canonical is the form in which a value stands on a list: a phone number
// that begins with + keeps it, anything else is read like a plate.
func Canonical(raw string) string {
	raw = strings.TrimSpace(raw)
	if strings.HasPrefix(raw, "+") {
		if phone, ok := fusion.CanonicalPhone(raw, ""); ok {
			return phone
		}
	}
	return fusion.CanonicalPlate(raw)
}
