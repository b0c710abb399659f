package explain

import (
	"fmt"
	"strings"
)

// asks says what the rule waits for.
func (r *run) asks() string {
	rule := r.anatomy.Rule
	text := r.asksOfKind()
	if rule.Within > 0 {
		text += " within " + words(rule.Within)
	}
	if reach := r.near(); reach > 0 {
		text += ", at most " + metres(reach) + " apart"
	}
	if by := listOf(r.anatomy.Match["by"]); len(by) > 0 {
		text += ", with the same " + strings.Join(by, " and ")
	}
	return text
}

func (r *run) asksOfKind() string {
	match := r.anatomy.Match
	var names []string
	for _, named := range r.anatomy.Events {
		names = append(names, named.Name)
	}
	asked, _ := match[r.anatomy.Rule.Kind].(map[string]any)
	switch r.anatomy.Rule.Kind {
	case "event":
		return "one " + names[0] + " is enough"
	case "any":
		return "one of " + strings.Join(listOf(match["any"]), " or ") + " is enough"
	case "all":
		return strings.Join(listOf(match["all"]), " and ") + " in any order"
	case "sequence":
		return r.asksInOrder()
	case "count":
		return r.asked() + " of " + names[0]
	case "distinct":
		return fmt.Sprintf("%s different values of %v among %s", r.asked(), match["of"], names[0])
	case "measure":
		return fmt.Sprintf("the %s of %v of %s, when it is %s", r.takes(), match["of"], names[0], r.bound())
	case "surge":
		return fmt.Sprintf("%v times as many of %s as is usual there at that time, and at least %v", match["times"], names[0], match["atleast"])
	case "absence":
		return fmt.Sprintf("%v, then no %v within %v", asked["after"], asked["no"], asked["within"])
	case "silence":
		return fmt.Sprintf("nothing for %v after a %v", asked["for"], asked["of"])
	case "meet":
		return fmt.Sprintf("%s, at most %v m from each other", strings.Join(listOf(asked["of"]), " and "), asked["within"])
	case "fence", "empty":
		return r.asksOfPlace(asked)
	}
	return r.anatomy.Rule.Kind + " of " + strings.Join(names, ", ")
}

// asked is how many a count or a distinct asks for.
func (r *run) asked() string {
	var parts []string
	for _, b := range []struct{ key, words string }{{"exactly", "exactly"}, {"atleast", "at least"}, {"atmost", "at most"}} {
		if v := r.anatomy.Match[b.key]; v != nil {
			parts = append(parts, fmt.Sprintf("%s %v", b.words, v))
		}
	}
	return strings.Join(parts, " and ")
}

func (r *run) asksInOrder() string {
	var parts []string
	for _, s := range r.steps() {
		part := s.name
		switch {
		case s.not && s.span > 0:
			part = fmt.Sprintf("no %s for %s", s.name, words(s.span))
		case s.not:
			part = "no " + s.name
		case s.low == 0:
			part += " or not"
		case s.low > 1:
			part = fmt.Sprintf("%d of %s", s.low, s.name)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", then ")
}

func (r *run) asksOfPlace(asked map[string]any) string {
	where := fmt.Sprintf("the area %v", asked["area"])
	if asked["area"] == nil {
		where = fmt.Sprintf("%s around %v", metres(numberOf(asked["radius"])), asked["near"])
	}
	if r.anatomy.Rule.Kind == "empty" {
		return fmt.Sprintf("no %v left in %s", asked["of"], where)
	}
	text := fmt.Sprintf("%v, %v %s", asked["of"], map[any]string{
		"enter": "going into", "exit": "going out of", "inside": "inside", "outside": "outside", "cross": "going through", "dwell": "staying in",
	}[asked["when"]], where)
	if asked["for"] != nil {
		text += fmt.Sprintf(" for %v", asked["for"])
	}
	return text
}
