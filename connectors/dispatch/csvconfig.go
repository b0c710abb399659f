package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// CSVConfig maps the columns of an export.
type CSVConfig struct {
	Columns Columns `yaml:"columns"`
	// TimeLayout is how times are written, as Go's package time has it.
	TimeLayout string `yaml:"time_layout"`
	// TimeZone (IANA name) is that of times without one; "" means UTC.
	TimeZone string `yaml:"time_zone"`
	// CE is the circular error of the coordinates, m; nil: unknown.
	CE *float64 `yaml:"ce"`
	// Method is how the coordinates were found; "" means geocoded.
	Method string `yaml:"method"`
	// NoPlace are the texts that stand for no coordinate; none means "", -1, 0.
	NoPlace []string `yaml:"no_place"`
	// Rows says what a row is.
	Rows Rows `yaml:"rows"`
	// Attrs takes further columns over as attributes, by the name of the
	// attribute. Other columns are kept as unmapped.
	Attrs map[string]string `yaml:"attrs"`
}

// Columns names the columns of an export; "" means that it has none.
type Columns struct {
	ID          string   `yaml:"id"`
	Time        string   `yaml:"time"`
	Nature      []string `yaml:"nature"` // the first that the natures know decides
	Text        string   `yaml:"text"`
	Priority    string   `yaml:"priority"`
	Lon         string   `yaml:"lon"` // deg, WGS84
	Lat         string   `yaml:"lat"` // deg, WGS84
	Address     []string `yaml:"address"`
	Beat        string   `yaml:"beat"`
	State       string   `yaml:"state"`
	Disposition string   `yaml:"disposition"`
}

// RowType is what a row becomes.
type RowType string

// The types of rows.
const (
	RowCall     RowType = "call"
	RowIncident RowType = "incident"
	RowBoth     RowType = "both"
)

// Rows says what a row is: the type, or what a column's value names.
type Rows struct {
	Type   RowType            `yaml:"type"` // "" means incident
	Column string             `yaml:"column"`
	Values map[string]RowType `yaml:"values"` // of Column; others are of Type
}

func (c *CSVConfig) setDefaults() {
	c.Rows.Type = cmp.Or(c.Rows.Type, RowIncident)
	c.Method = cmp.Or(c.Method, "geocoded")
	if c.NoPlace == nil {
		c.NoPlace = []string{"-1", "0"}
	}
	c.NoPlace = append(slices.Clip(c.NoPlace), "")
}

func (c *CSVConfig) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if c.Columns.ID == "" || c.Columns.Time == "" || c.TimeLayout == "" {
		bad("csv needs columns.id, columns.time and time_layout")
	}
	if (c.Columns.Lon == "") != (c.Columns.Lat == "") {
		bad("csv.columns has one of lon and lat; a place needs both")
	}
	if c.CE != nil && !(*c.CE >= 0 && !math.IsInf(*c.CE, 0)) {
		bad("csv.ce is %g; it is a distance in m", *c.CE)
	}
	for _, value := range slices.Sorted(maps.Keys(c.Rows.Values)) {
		if !c.Rows.Values[value].valid() {
			bad("csv.rows.values.%s is %q; it is call, incident or both", value, c.Rows.Values[value])
		}
	}
	if !c.Rows.Type.valid() {
		bad("csv.rows.type is %q; it is call, incident or both", c.Rows.Type)
	}
	if (c.Rows.Column == "") != (len(c.Rows.Values) == 0) {
		bad("csv.rows has one of column and values; a rule needs both")
	}
	return errors.Join(problems...)
}

func (t RowType) valid() bool { return t == RowCall || t == RowIncident || t == RowBoth }

// names lists the columns that the configuration needs.
func (c *CSVConfig) names() []string {
	k := &c.Columns
	list := []string{k.ID, k.Time, k.Text, k.Priority, k.Lon, k.Lat, k.Beat, k.State, k.Disposition, c.Rows.Column}
	list = append(append(list, k.Nature...), k.Address...)
	for _, attr := range slices.Sorted(maps.Keys(c.Attrs)) {
		list = append(list, c.Attrs[attr])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
