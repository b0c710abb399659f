package sigma

import (
	"cmp"
	"fmt"
	"strings"
)

// Head is what a rule says besides what it looks for.
type Head struct {
	ID          string // a token
	Title       string
	Description string // default: the title
	Owner       string // default: sigma
	Severity    string // critical, high, medium or low
}

// event is the rule for single records that meet the condition.
func event(h Head, when string) (string, error) {
	return h.text([]named{{"record", []string{when}}}, "{event: record}"), nil
}

// named is an event of a rule: a name, and the conditions of its alternatives.
type named struct {
	name string
	when []string
}

// text is the YAML of the rule.
func (h Head) text(events []named, match string) string {
	var b strings.Builder
	title := cmp.Or(h.Title, h.ID)
	fmt.Fprintf(&b, "rule: %s\ntitle: %s\ndescription: %s\nowner: %s\n",
		h.ID, quote(title), quote(cmp.Or(h.Description, title)), quote(cmp.Or(h.Owner, "sigma")))
	b.WriteString("purpose: {basis: wpg-8, text: Imported from Sigma}\nmode: shadow\nevents:\n")
	for _, e := range events {
		fmt.Fprintf(&b, "  %s:\n", e.name)
		for _, w := range e.when {
			fmt.Fprintf(&b, "    - type: police.record.row\n      when: %s\n", quote(w))
		}
	}
	fmt.Fprintf(&b, "match: %s\nincident: {kind: %s, severity: %s, title: %s}\n", match, h.ID, cmp.Or(h.Severity, "low"), quote(plain(title)))
	return b.String()
}

// plain keeps a title from being read as one with expressions.
func plain(title string) string { return strings.ReplaceAll(title, "{{", "{ {") }

// quote writes a text as YAML on one line.
func quote(s string) string {
	return "'" + strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "'", "''") + "'"
}
