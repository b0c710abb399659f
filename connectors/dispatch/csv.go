package dispatch

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openiroom/iroom/fusion"
)

const maxColumns = 1024

// row is one row by the names of its columns.
type row struct {
	names  []string
	fields []string
	used   map[string]bool
}

// readCSV reads a header and the records behind it, as RFC 4180 has them.
func (mp *mapping) readCSV(payload []byte) {
	if mp.cfg.CSV.Columns.ID == "" {
		mp.reject("unsupported", "", "the configuration maps no columns of CSV; write csv.columns")
		return
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(payload, []byte("\xef\xbb\xbf"))))
	r.Comma, r.FieldsPerRecord = rune(mp.cfg.Tail.Comma[0]), -1
	header, err := r.Read()
	if err != nil {
		mp.reject("syntax", "", "the header is not CSV: %w", err)
		return
	}
	if !mp.acceptsHeader(header) {
		return
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			mp.reject("syntax", "", "a record is not CSV: %w", err)
			return
		}
		mp.readRow(header, fields)
	}
}

func (mp *mapping) acceptsHeader(header []string) bool {
	if len(header) > maxColumns {
		mp.reject("too-large", "", "the header has %d columns; at most %d are read", len(header), maxColumns)
		return false
	}
	for i, name := range header {
		if !utf8.ValidString(name) {
			mp.reject("invalid", "", "column %d of the header is not UTF-8; export the file in UTF-8", i+1)
			return false
		}
		header[i] = strings.TrimSpace(name)
		if slices.Contains(header[:i], header[i]) {
			mp.reject("invalid", header[i], "the header has the column %q twice", header[i])
			return false
		}
	}
	for _, name := range mp.cfg.CSV.names() {
		if !slices.Contains(header, name) {
			mp.reject("missing", name, "the header has no column %q; correct csv.columns or the export", name)
			return false
		}
	}
	return true
}

func (mp *mapping) readRow(header, fields []string) {
	if len(fields) != len(header) {
		last := header[min(len(fields), len(header))-1]
		mp.reject("invalid", last, "the record has %d fields and the header %d; the last that both have is %q", len(fields), len(header), last)
		return
	}
	for i, field := range fields {
		if !utf8.ValidString(field) {
			mp.reject("invalid", header[i], "the column %q is not UTF-8; export the file in UTF-8", header[i])
			return
		}
	}
	r := &row{names: header, fields: fields, used: map[string]bool{}}
	// The version is of the fields as they came: a row that changed is a new one.
	version := fusion.PayloadID(fmt.Appendf(nil, "%q", fields), "")
	cols := &mp.cfg.CSV.Columns
	id := r.get(cols.ID)
	if id == "" {
		mp.reject("missing", cols.ID, "the column %q is blank; it names the incident", cols.ID)
		return
	}
	at, err := mp.localTime(r.get(cols.Time))
	if err != nil {
		mp.reject("invalid", cols.Time, "the column %q: %w", cols.Time, err)
		return
	}
	kind := mp.rowType(r)
	for _, t := range []struct {
		wanted    bool
		eventType fusion.EventType
		nativeID  string
		idAttr    string
	}{
		{kind != RowIncident, fusion.TypeCall, "call/" + id, "call"},
		{kind != RowCall, fusion.TypeIncident, id, "incident"},
	} {
		if !t.wanted {
			continue
		}
		e := mp.event(t.eventType, t.nativeID, t.nativeID, version, at)
		e.Attrs[t.idAttr] = id
		e.Attrs["incident"] = id
		if !mp.fill(e, r) {
			return
		}
		mp.add(e)
	}
}

func (mp *mapping) rowType(r *row) RowType {
	rule := &mp.cfg.CSV.Rows
	if t, ok := rule.Values[r.get(rule.Column)]; ok && rule.Column != "" {
		return t
	}
	return rule.Type
}

// fill sets what the columns say; false after a rejection.
func (mp *mapping) fill(e *fusion.Event, r *row) bool {
	cols := &mp.cfg.CSV.Columns
	words := make([]string, 0, len(cols.Nature))
	for _, name := range cols.Nature {
		if word := r.get(name); word != "" {
			words = append(words, word)
		}
	}
	e.Attrs["nature"] = mp.natures.of(words...)
	if len(words) > 0 {
		setText(e.Attrs, "code", words[0])
		e.Headline = short(strings.TrimLeft(words[0], "-"))
	}
	setDescription(e, r.get(cols.Text))
	if e.Type == fusion.TypeIncident {
		setText(e.Attrs, "beat", r.get(cols.Beat))
		setText(e.Attrs, "state", r.get(cols.State))
		setText(e.Attrs, "disposition", r.get(cols.Disposition))
	}
	if text := r.get(cols.Priority); text != "" {
		priority, err := strconv.Atoi(text)
		if err != nil {
			mp.reject("invalid", cols.Priority, "the column %q is not a whole number", cols.Priority)
			return false
		}
		e.Attrs["priority"] = float64(priority)
	}
	for attr, name := range mp.cfg.CSV.Attrs {
		setText(e.Attrs, attr, r.get(name))
	}
	if err := mp.place(e, r); err != nil {
		mp.out.Rejects = append(mp.out.Rejects, err)
		return false
	}
	for i, name := range r.names {
		if !r.used[name] && r.fields[i] != "" {
			e.Unmapped[name] = short(r.fields[i])
		}
	}
	return true
}

func (mp *mapping) place(e *fusion.Event, r *row) *fusion.Rejection {
	cfg := &mp.cfg.CSV
	var address []string
	for _, name := range cfg.Columns.Address {
		if part := r.get(name); part != "" {
			address = append(address, part)
		}
	}
	if text := strings.Join(address, ", "); text != "" {
		e.Location = &fusion.Location{Address: short(text)}
		if len(text) <= maxEntityBytes {
			addEntity(e, fusion.Entity{Type: fusion.EntityAddress, Role: "incident", Value: text})
		}
	}
	lonText, latText := r.get(cfg.Columns.Lon), r.get(cfg.Columns.Lat)
	noLon, noLat := slices.Contains(cfg.NoPlace, lonText), slices.Contains(cfg.NoPlace, latText)
	if noLon && noLat {
		return nil
	}
	lon, bad := degrees(cfg.Columns.Lon, lonText, 180)
	if bad != nil {
		return bad
	}
	lat, bad := degrees(cfg.Columns.Lat, latText, 90)
	if bad != nil {
		return bad
	}
	if e.Location == nil {
		e.Location = &fusion.Location{}
	}
	e.Geometry, e.Location.CE, e.Location.Method = fusion.NewPoint(lon, lat), cfg.CE, cfg.Method
	return nil
}

func degrees(column, text string, limit float64) (float64, *fusion.Rejection) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= -limit && v <= limit) {
		return 0, fusion.Reject("invalid", column, "the column %q is not a number of degrees up to %g", column, limit)
	}
	return v, nil
}

// localTime reads a time in the zone of the configuration. Of a local time
// that comes twice when summer time ends it takes the earlier; one that never
// was, because summer time began, is an error.
func (mp *mapping) localTime(text string) (time.Time, error) {
	layout := mp.cfg.CSV.TimeLayout
	wall, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("it is not a time like %q", layout)
	}
	at, err := time.ParseInLocation(layout, text, mp.zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("it is not a time like %q", layout)
	}
	if !sameClock(at, wall) {
		return time.Time{}, fmt.Errorf("that time was skipped in %s when summer time began", mp.zone)
	}
	if earlier := at.Add(-time.Hour); sameClock(earlier, wall) {
		at = earlier
	}
	return at, nil
}

func sameClock(a, b time.Time) bool {
	return a.Format(time.DateTime) == b.Format(time.DateTime)
}

// get returns a column's text without blanks around it, "" for no column.
func (r *row) get(name string) string {
	i := slices.Index(r.names, name)
	if name == "" || i < 0 {
		return ""
	}
	r.used[name] = true
	return strings.TrimSpace(r.fields[i])
}
