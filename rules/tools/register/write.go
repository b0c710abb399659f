package register

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
)

// field is one of an entry: its name, and its text when it is one.
type field struct {
	name  string
	text  *string
	value any
}

// fields are those of the entry in the order of the standard.
func (e *Entry) fields() iter.Seq[field] {
	return func(yield func(field) bool) {
		v := reflect.ValueOf(e).Elem()
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			text, _ := reflect.TypeAssert[*string](v.Field(i).Addr())
			if !yield(field{name, text, v.Field(i).Interface()}) {
				return
			}
		}
	}
}

// cell is the field as one text: the items of a list stand behind each other.
func (f field) cell() string {
	switch v := f.value.(type) {
	case []string:
		return strings.Join(v, ", ")
	case []Link:
		var parts []string
		for _, l := range v {
			parts = append(parts, strings.TrimSpace(l.Title+" "+l.Link))
		}
		return strings.Join(parts, "; ")
	}
	return *f.text
}

// WriteCSV writes entries with a header; the columns are the fields.
func WriteCSV(w io.Writer, entries []Entry) error {
	out := csv.NewWriter(w)
	var header []string
	for f := range new(Entry).fields() {
		header = append(header, f.name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, e := range entries {
		var row []string
		for f := range e.fields() {
			row = append(row, f.cell())
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// String is the entry as people read it.
func (e Entry) String() string {
	var b strings.Builder
	for f := range e.fields() {
		if text := f.cell(); text != "" {
			fmt.Fprintf(&b, "%-22s %s\n", f.name, text)
		}
	}
	return b.String()
}
