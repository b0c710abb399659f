package cap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openiroom/iroom/fusion"
)

// maxNote bounds one text that is kept beside the event, in bytes.
const maxNote = 2 << 10

// notes collects what an event cannot name: elements of the alert that have
// no field, and flaws with the original text. It ends in `unmapped`.
type notes struct {
	texts    map[string][]string
	warnings []string
	pairs    map[string]any
}

func newNotes() *notes { return &notes{texts: map[string][]string{}} }

// warn adds a sentence to unmapped.warnings.
func (n *notes) warn(sentence string) {
	if len(n.warnings) < 32 {
		n.warnings = append(n.warnings, sentence)
	}
}

// fault keeps the original of what was left out and says why.
func (n *notes) fault(name, original, why string) {
	n.keep(name, original)
	n.warn(clip(name+": "+why, maxNote))
}

func (n *notes) keep(name, text string) {
	if text = strings.TrimSpace(text); text != "" && len(n.texts[name]) < 32 {
		n.texts[name] = append(n.texts[name], clip(text, maxNote))
	}
}

// clip shortens a text to max bytes and says that it did.
func (n *notes) clip(name, text string, max int) string {
	if len(text) > max {
		n.warn(name + " was too long and is cut off")
	}
	return clip(text, max)
}

func (n *notes) keepAlert(a *alert) {
	n.keep("source", a.Source.text)
	n.keep("restriction", a.Restriction.text)
	n.keep("addresses", a.Addresses.text)
	n.keep("incidents", a.Incidents.text)
	if len(a.Infos) > 0 {
		n.keep("note", a.Note.text)
	}
	for _, c := range a.Codes {
		n.keep("code", c)
	}
}

func (i *info) keep(n *notes) {
	n.keep("audience", i.Audience.text)
	n.keep("contact", i.Contact.text)
	n.pairs = pairs("parameters", i.Parameters, n)
}

func (n *notes) unmapped() map[string]any {
	out := map[string]any{}
	for name, texts := range n.texts {
		out[name] = anys(texts)
	}
	if len(n.warnings) > 0 {
		out["warnings"] = anys(n.warnings)
	}
	if n.pairs != nil {
		out["parameters"] = n.pairs
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// pairs gives name -> values, each value once, in the order of the document.
func pairs(what string, list []pair, n *notes) map[string]any {
	values := map[string][]string{}
	for i, p := range list {
		if i == 1024 {
			n.warn(what + " are too many; the first 1024 are kept")
			break
		}
		name, value := clip(strings.TrimSpace(p.Name), 256), clip(strings.TrimSpace(p.Value), maxNote)
		if name != "" && value != "" && !slices.Contains(values[name], value) {
			values[name] = append(values[name], value)
		}
	}
	if len(values) == 0 {
		return nil
	}
	out := map[string]any{}
	for name, v := range values {
		out[name] = anys(v)
	}
	return out
}

// list gives each text once, without the empty ones; nil when none is left.
func list(what string, texts []string, clean func(string) string, n *notes) []string {
	var out []string
	for _, t := range texts {
		t = clip(clean(t), maxNote)
		switch {
		case t == "" || slices.Contains(out, t):
		case len(out) == fusion.MaxListItems:
			n.warn(what + " are too many; the first are kept")
			return out
		default:
			out = append(out, t)
		}
	}
	return out
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// clip shortens a text to max bytes at the border of a letter.
func clip(s string, max int) string {
	if len(s) <= max {
		return s
	}
	const mark = " […]"
	end := max - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// room is what is left to the runner for provenance, in bytes.
const room = 4 << 10

// fit makes an event small enough for the log, at the cost of what matters
// least: elements without a field, then corners of polygons, then the
// geometry, then names and codes of areas. It says what it left out.
func fit(e *fusion.Event) {
	if fits(e) {
		return
	}
	said, _ := e.Unmapped["warnings"].([]any)
	say := func(sentence string) {
		said = append(slices.Clone(said), sentence)
		e.Unmapped = map[string]any{"warnings": said}
	}
	say("the alert was too large; elements without a field were left out")
	if !fits(e) && e.Geometry != nil {
		say("the alert was too large; corners of its polygons were left out")
	}
	for tolerance := 0.0005; !fits(e) && e.Geometry != nil && tolerance < 1; tolerance *= 2 { // deg
		e.Geometry = coarser(e.Geometry, tolerance)
	}
	if !fits(e) && e.Geometry != nil {
		say("the alert was too large; its geometry was left out")
		e.Geometry = nil
	}
	for _, name := range []string{"geocodes", "codes", "areas"} {
		if e.Attrs[name] != nil && !fits(e) {
			say("the alert was too large; its " + name + " were left out")
			delete(e.Attrs, name)
		}
	}
}

func fits(e *fusion.Event) bool {
	b, err := fusion.Encode(e)
	return err == nil && len(b) <= fusion.MaxEventBytes-room
}
