package sigma

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openiroom/iroom/rules"
)

// Problem is a Sigma rule that did not become a rule of the room, and why.
type Problem struct {
	File    string
	Rule    string // its title; "" when the file as a whole is meant
	Message string
}

func (p Problem) String() string {
	if p.Rule == "" {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s: %q: %s", p.File, p.Rule, p.Message)
}

// errNothing says that no file held a Sigma rule.
var errNothing = errors.New("none of the files holds a Sigma rule; give files with detection: or correlation: in them")

// Import translates Sigma files by name. It returns the text of the new rules
// by file name, and what could not be translated; correlations find their
// detections in any of the files. The error says that there was nothing to
// translate.
func Import(files map[string][]byte) (map[string]string, []Problem, error) {
	im := &importer{out: map[string]string{}}
	var docs []*document
	for _, name := range slices.Sorted(maps.Keys(files)) {
		found, err := parseFile(name, files[name])
		if err != nil {
			im.problems = append(im.problems, Problem{File: name, Message: err.Error()})
		}
		docs = append(docs, found...)
	}
	if len(docs) == 0 {
		return nil, im.problems, errNothing
	}
	im.run(docs)
	return im.out, im.problems, nil
}

type importer struct {
	library  library
	filters  []*document
	out      map[string]string
	problems []Problem
}

func (im *importer) bad(d *document, err error) {
	im.problems = append(im.problems, Problem{d.file, d.Title, err.Error()})
}

// run translates the correlations, then the detections that stand alone.
func (im *importer) run(docs []*document) {
	used := map[*document]bool{}
	for _, d := range docs {
		switch {
		case d.Action != "":
			im.bad(d, fmt.Errorf("action: %s is of the old collection format; write the rule out in full", d.Action))
			used[d] = true
		case d.Filter != nil:
			im.filters = append(im.filters, d)
		default:
			im.library = append(im.library, d)
		}
	}
	for _, d := range im.library {
		if d.Correlation == nil {
			continue
		}
		for _, ref := range d.Correlation.Rules {
			if base := im.library.find(ref); base != nil && !d.Correlation.Generate {
				used[base] = true
			}
		}
	}
	for _, d := range im.library {
		if !used[d] {
			im.translate(d)
		}
	}
}

func (im *importer) translate(d *document) {
	text, err := im.rule(d)
	if err != nil {
		im.bad(d, err)
		return
	}
	name := d.token + ".yaml"
	if _, taken := im.out[name]; taken {
		im.bad(d, fmt.Errorf("another rule is called %s too; give one of them a name of its own", d.token))
		return
	}
	if _, problems := rules.Compile(map[string][]byte{name: []byte(text)}); len(problems) > 0 {
		im.bad(d, fmt.Errorf("the room's language refuses it: %s", problems[0]))
		return
	}
	im.out[name] = text
}

func (im *importer) rule(d *document) (string, error) {
	if d.Correlation == nil {
		when, err := im.condition(d)
		if err != nil {
			return "", err
		}
		return event(d.head(), when)
	}
	c, err := d.Correlation.parse()
	if err != nil {
		return "", err
	}
	for _, ref := range d.Correlation.Rules {
		base := im.library.find(ref)
		switch {
		case base == nil:
			return "", fmt.Errorf("the rule %q that it refers to is in none of the files", ref)
		case base.Correlation != nil:
			return "", fmt.Errorf("it correlates the correlation %q; hits of rules carry no columns to group by", ref)
		}
		when, err := im.condition(base)
		if err != nil {
			return "", fmt.Errorf("its rule %q: %w", ref, err)
		}
		c.Bases = append(c.Bases, Base{Name: ref, When: when})
	}
	return c.Rule(d.head())
}

// condition of a detection, with the filters that speak of it.
func (im *importer) condition(d *document) (string, error) {
	when, err := detection(d.Detection)
	if err != nil {
		return "", err
	}
	for _, f := range im.filters {
		applies, extra, err := filterFor(f, d)
		if err != nil {
			return "", fmt.Errorf("the filter %q: %w", f.Title, err)
		}
		if applies {
			when = "(" + when + ") && (" + extra + ")"
		}
	}
	return when, nil
}

// head is what stands above the events of the rule that a document becomes.
func (d *document) head() Head {
	return Head{
		ID: d.token, Title: d.Title, Description: strings.TrimSpace(d.Description), Owner: d.Author, Severity: severity(d.Level),
	}
}

func severity(level string) string {
	switch level {
	case "critical", "high", "medium":
		return level
	}
	return "low"
}
