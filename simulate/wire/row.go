package wire

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"
)

// Row is a line of the file that a dispatch system appends to.
type Row struct {
	Number   string
	Type     string // in the system's own words
	Priority int
	Beat     string
	Lon, Lat float64 // deg
	Queued   time.Duration
}

// RowHeader is the first line of the file.
var RowHeader = []string{
	"CAD Event Number", "Event Clearance Description", "Call Type", "Priority", "Initial Call Type", "Final Call Type",
	"Original Time Queued", "Arrived Time", "Precinct", "Sector", "Beat", "Blurred_Longitude", "Blurred_Latitude",
}

// Encode writes the line. Times are UTC, in the system's form.
func (r Row) Encode(clock Clock) ([]byte, error) {
	queued := clock(r.Queued).UTC().Format("01/02/2006 3:04:05 PM")
	return Line(
		r.Number, "", "911", strconv.Itoa(r.Priority), r.Type, r.Type, queued, "", "ROERMOND", "", r.Beat,
		strconv.FormatFloat(r.Lon, 'f', 6, 64), strconv.FormatFloat(r.Lat, 'f', 6, 64),
	)
}

// Line is one line of CSV.
func Line(fields ...string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(fields); err != nil {
		return nil, err
	}
	w.Flush()
	return b.Bytes(), w.Error()
}
