package main

import (
	"cmp"
	"fmt"
	"strings"
)

// recordType is the type of the events that hold rows.
const recordType = "police.record.row"

// ruleText writes rules: events by name, and a match.
type ruleText struct {
	id     string
	events []ruleEvent
	match  string
	title  string // default: the id
}

// ruleEvent is a named event of a rule.
type ruleEvent struct {
	name string
	any  []alternative
}

// alternative is one way to fill a name.
type alternative struct {
	typ  string // default: a record
	when string // "": every event of the type
}

// records are alternatives over records.
func records(conditions ...string) []alternative {
	var out []alternative
	for _, c := range conditions {
		out = append(out, alternative{when: c})
	}
	return out
}

// String is the rule as YAML.
func (r ruleText) String() string {
	var b strings.Builder
	title := r.title
	if title == "" {
		title = r.id
	}
	fmt.Fprintf(&b, "rule: %s\ntitle: %s\ndescription: A case of another engine.\nowner: vectors\n", r.id, r.id)
	b.WriteString("purpose: {basis: public, text: Compare with another engine}\nmode: live\nevents:\n")
	for _, e := range r.events {
		fmt.Fprintf(&b, "  %s:\n", e.name)
		for _, a := range e.any {
			fmt.Fprintf(&b, "    - type: %s\n", cmp.Or(a.typ, recordType))
			if a.when != "" {
				fmt.Fprintf(&b, "      when: %s\n", quote(a.when))
			}
		}
	}
	fmt.Fprintf(&b, "match: {%s}\nincident: {kind: %s, severity: low, title: %s}\n", r.match, r.id, quote(title))
	return b.String()
}

// quote writes a text as YAML on one line.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// column is the expression that reads a column of a record as text.
func column(name string) string { return fmt.Sprintf("attrs.fields[%q]", name) }

// numberColumn reads it as a number.
func numberColumn(name string) string { return "number(" + column(name) + ")" }
