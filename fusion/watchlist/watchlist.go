// Package watchlist reads lists of plates, phones and other values that rules
// look up with listed(), from CSV as other systems export it.
package watchlist

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// maxEntries bounds one list.
const maxEntries = 1_000_000

// Read reads a CSV with a header. The first column holds the values; the
// columns `note`, `owner` and `purpose` are kept, and every other column
// becomes part of the note. Values become canonical.
func Read(r io.Reader) ([]store.ListEntry, error) {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the header is not readable: %w", err)
	}
	var entries []store.ListEntry
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		e := entry(header, row)
		if e.Value == "" {
			return nil, fmt.Errorf("line %d has no value in its first column", line)
		}
		if entries = append(entries, e); len(entries) > maxEntries {
			return nil, fmt.Errorf("more than %d entries", maxEntries)
		}
	}
}

func entry(header, row []string) store.ListEntry {
	e := store.ListEntry{Value: Canonical(row[0])}
	var rest []string
	for i, v := range row[1:] {
		switch name := strings.ToLower(strings.TrimSpace(header[i+1])); {
		case v == "":
		case name == "owner":
			e.Owner = v
		case name == "purpose":
			e.Purpose = v
		case name == "note":
			rest = slices.Insert(rest, 0, v)
		default:
			rest = append(rest, v)
		}
	}
	e.Note = strings.Join(rest, " ")
	return e
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
