package cap

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// defaultLanguage is what CAP says of an info block without language.
const defaultLanguage = "en-US"

// scales are CAP's values, the gravest first.
var scales = map[string][]string{
	"severity":  {"extreme", "severe", "moderate", "minor", "unknown"},
	"urgency":   {"immediate", "expected", "future", "past", "unknown"},
	"certainty": {"observed", "likely", "possible", "unlikely", "unknown"},
}

// info fills the event from the info blocks of one language: words and scales
// of the gravest block, areas of all. Blocks that give the all-clear count
// only when there is nothing else. It returns what it left out.
func (m *mapper) info(e *fusion.Event, a *alert, n *notes) ([]string, *fusion.Rejection) {
	if len(a.Infos) == 0 {
		e.Description = n.clip("note", a.Note.text, fusion.MaxTextBytes)
		e.Attrs = map[string]any{"sender": n.clip("sender", a.Sender.text, maxNote)}
		return nil, nil
	}
	blocks, skips := m.choose(a)
	for _, b := range blocks {
		if r := b.required(); r != nil {
			return nil, r
		}
	}
	lead := slices.MinFunc(blocks, func(x, y *info) int { return x.rank() - y.rank() })
	lead.words(e, n)
	lead.scales(e, n)
	lead.keep(n)
	e.Attrs = lead.attrs(a, n)
	places(e, blocks, n)
	e.ExpiryTime = expiry(blocks, n)
	return skips, nil
}

// choose gives the blocks of the language that comes first in the
// configuration, else of the first block.
func (m *mapper) choose(a *alert) (blocks []*info, skips []string) {
	for i := range a.Infos {
		b := &a.Infos[i]
		if b.languageText = b.Language.text; b.languageText == "" {
			b.languageText = defaultLanguage
		}
	}
	language := m.language(a.Infos)
	var clear []*info
	for i := range a.Infos {
		switch b := &a.Infos[i]; {
		case !strings.EqualFold(b.languageText, language):
			skips = append(skips, fmt.Sprintf("the same alert in %s: it is mapped in %s", clip(b.languageText, 35), clip(language, 35)))
		case slices.ContainsFunc(b.Responses, func(r string) bool { return lower(r) == "allclear" }):
			clear = append(clear, b)
		default:
			blocks = append(blocks, b)
		}
	}
	if len(blocks) == 0 {
		return clear, skips
	}
	for range clear {
		skips = append(skips, "an info block that gives the all-clear, beside others that do not")
	}
	return blocks, skips
}

func (m *mapper) language(infos []info) string {
	for _, want := range m.languages {
		for _, b := range infos {
			if strings.EqualFold(b.languageText, want) {
				return b.languageText
			}
		}
		for _, b := range infos {
			if primary, _, _ := strings.Cut(b.languageText, "-"); strings.EqualFold(primary, want) {
				return b.languageText
			}
		}
	}
	return infos[0].languageText
}

func (i *info) rank() int {
	if at := slices.Index(scales["severity"], lower(i.Severity.text)); at >= 0 {
		return at
	}
	return len(scales["severity"])
}

func (i *info) words(e *fusion.Event, n *notes) {
	e.Language = clip(i.languageText, 35)
	e.Headline = n.clip("headline", i.Headline.text, fusion.MaxTextBytes)
	e.Description = n.clip("description", i.Description.text, fusion.MaxTextBytes)
	e.Web = n.clip("web", i.Web.text, maxNote)
	for _, r := range i.Resources {
		uri := strings.TrimSpace(r.URI)
		switch {
		case uri == "" || len(uri) > 512 || len(e.Media) == fusion.MaxListItems:
			n.fault("resources", r.Desc, "it has no usable address")
		default:
			e.Media = append(e.Media, fusion.Media{Ref: uri, Mime: clip(strings.TrimSpace(r.Mime), 100)})
		}
	}
}

// scales sets the three scales. A value that CAP does not know means that the
// issuer did not say: unknown.
func (i *info) scales(e *fusion.Event, n *notes) {
	read := func(name, text string) string {
		v := lower(text)
		if v == "very likely" || v == "verylikely" { // of CAP 1.0, kept by CAP 1.1
			v = "likely"
		}
		if slices.Contains(scales[name], v) {
			return v
		}
		n.fault(name, text, "it is not a value of CAP; taken as unknown")
		return "unknown"
	}
	e.Severity = read("severity", i.Severity.text)
	e.Urgency = read("urgency", i.Urgency.text)
	e.Certainty = read("certainty", i.Certainty.text)
}

func (i *info) attrs(a *alert, n *notes) map[string]any {
	attrs := map[string]any{}
	set := func(name, text string) {
		if text != "" {
			attrs[name] = n.clip(name, text, fusion.MaxTextBytes)
		}
	}
	set("event", i.Event.text)
	set("instruction", i.Instruction.text)
	set("sender", a.Sender.text)
	set("sender", i.SenderName.text)
	set("effective", instant("effective", i.Effective.text, n))
	set("onset", instant("onset", i.Onset.text, n))
	if i.Event.text == "" {
		n.warn("the alert does not say which event it is about")
	}
	if codes := pairs("codes", i.EventCodes, n); codes != nil {
		attrs["codes"] = codes
	}
	if r := list("response", i.Responses, lower, n); r != nil {
		attrs["response"] = r
	}
	return attrs
}

// places sets areas, geocodes, categories and the geometry of all blocks.
func places(e *fusion.Event, blocks []*info, n *notes) {
	var names, categories []string
	var codes []pair
	var s shapes
	for _, b := range blocks {
		categories = append(categories, b.Categories...)
		for _, a := range b.Areas {
			names, codes = append(names, a.Desc), append(codes, a.Geocodes...)
			s.take(a, n)
		}
	}
	e.Category = list("category", categories, lower, n)
	if areas := list("areas", names, strings.TrimSpace, n); areas != nil {
		e.Attrs["areas"] = areas
	}
	if geocodes := pairs("geocodes", codes, n); geocodes != nil {
		e.Attrs["geocodes"] = geocodes
	}
	e.Geometry, e.Location = s.place()
}

// take reads the shapes of an area. An empty element is no shape.
func (s *shapes) take(a area, n *notes) {
	for _, text := range a.Polygons {
		if strings.TrimSpace(text) == "" {
			continue
		}
		p, err := parsePolygon(text)
		if err == nil {
			err = s.add(len(p[0]))
		}
		if err != nil {
			n.fault("polygon", text, err.Error())
			continue
		}
		s.polygons = append(s.polygons, p)
	}
	for _, text := range a.Circles {
		if strings.TrimSpace(text) == "" {
			continue
		}
		c, err := parseCircle(text)
		if err == nil {
			err = s.add(circleCorners)
		}
		if err != nil {
			n.fault("circle", text, err.Error())
		} else if !slices.Contains(s.circles, c) {
			s.circles = append(s.circles, c)
		}
	}
	n.keep("altitude_ft", a.Altitude.text)
	n.keep("ceiling_ft", a.Ceiling.text)
}

// expiry is when the last block expires; zero when one does not say.
func expiry(blocks []*info, n *notes) (last time.Time) {
	for _, b := range blocks {
		text := instant("expires", b.Expires.text, n)
		if text == "" {
			return time.Time{}
		}
		if t, err := parseTime(text); err == nil && t.After(last) {
			last = t
		}
	}
	return last
}

// instant gives a time in UTC, or "" when there is none that can be read.
func instant(name, text string, n *notes) string {
	if text == "" {
		return ""
	}
	t, err := parseTime(text)
	if err != nil || t.Year() < 1970 || t.Year() >= 2200 {
		n.fault(name, text, "it is not a date, a time and an offset from UTC, between 1970 and 2200")
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
