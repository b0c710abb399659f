package fusion

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on what one event may carry. They bound the work of every later
// stage.
const (
	MaxTextBytes = 16 << 10 // description and other texts
	MaxEntities  = 64
	MaxListItems = 256 // references, categories, media, candidates, list attributes
)

var (
	extPattern = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// checker collects what is wrong with an event.
type checker struct {
	problems []error
	within   []step // of lists, in which a field lies
}

// step is an item of a list.
type step struct {
	list string
	item int
}

func (c *checker) bad(field, format string, args ...any) {
	var path strings.Builder
	for _, s := range c.within {
		fmt.Fprintf(&path, "%s[%d].", s.list, s.item)
	}
	path.WriteString(field)
	c.problems = append(c.problems, &FieldError{path.String(), fmt.Sprintf(format, args...)})
}

// items runs check for each item of a list, whose fields it names as they
// stand in the item.
func (c *checker) items(list string, n int, check func(i int)) {
	depth := len(c.within)
	for i := range n {
		c.within = append(c.within[:depth], step{list, i})
		check(i)
	}
	c.within = c.within[:depth]
}

func (c *checker) enum(field, path, value string) {
	if value != "" && !slices.Contains(enums[path], value) {
		c.bad(field, "is %q; it is one of %s", value, strings.Join(enums[path], ", "))
	}
}

func (c *checker) bounded(field, path string, value *float64) {
	if value == nil {
		return
	}
	if b := bounds[path]; !(*value >= b[0] && *value <= b[1]) {
		c.bad(field, "is %g; it lies between %g and %g", *value, b[0], b[1])
	}
}

func (c *checker) text(field, value string, max int) {
	if len(value) > max {
		c.bad(field, "has %d bytes; at most %d are accepted", len(value), max)
	}
	if !utf8.ValidString(value) {
		c.bad(field, "is not UTF-8")
	}
}

func (c *checker) needed(field, value string) {
	if strings.TrimSpace(value) == "" {
		c.bad(field, "is missing")
	}
	c.text(field, value, 512)
}

func (c *checker) count(field string, n, max int) {
	if n > max {
		c.bad(field, "has %d items; at most %d are accepted", n, max)
	}
}

func (c *checker) instant(field string, t time.Time) {
	if !t.IsZero() && (t.Before(earliest) || t.After(latest)) {
		c.bad(field, "is %s; it lies between 1970 and 2200", t.Format(time.RFC3339))
	}
}

// Validate returns every [FieldError] of the event, joined, or nil.
func (e *Event) Validate() error {
	var c checker
	c.context(e)
	c.content(e)
	c.place(e)
	c.entities(e.Entities)
	c.handling(e.Handling)
	c.attrs(e)
	return errors.Join(c.problems...)
}

func (c *checker) context(e *Event) {
	c.needed("id", string(e.ID))
	c.needed("source", e.Source)
	c.text("subject", e.Subject, 512)
	if !isType(string(e.Type)) {
		c.bad("type", "is %q; a type is dotted tokens of lower case, digits and dashes", e.Type)
	} else if _, ok := AttrsOf(e.Type); !ok {
		c.bad("type", "is %q, which the room does not know", e.Type)
	}
	if e.Time.IsZero() {
		c.bad("time", "is missing")
	}
	c.instant("time", e.Time)
	c.instant("recordedtime", e.RecordedTime)
	c.instant("expirytime", e.ExpiryTime)
	for name := range e.Extensions {
		if !extPattern.MatchString(name) {
			c.bad(name, "is not the name of a CloudEvents attribute: up to 20 lower-case letters and digits")
		}
	}
}

// isType reports whether it is two to five tokens of lower case, digits and
// dashes, with dots between them.
func isType(s string) bool {
	tokens, length := 1, 0
	for i := range len(s) {
		switch b := s[i]; {
		case b == '.' && length > 0:
			tokens++
			length = 0
		case b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-':
			length++
		default:
			return false
		}
	}
	return length > 0 && tokens >= 2 && tokens <= 5
}

func (c *checker) content(e *Event) {
	c.enum("data.status", "data.status", string(e.Status))
	c.enum("data.msgtype", "data.msgtype", string(e.MsgType))
	c.enum("data.severity", "data.severity", e.Severity)
	c.enum("data.urgency", "data.urgency", e.Urgency)
	c.enum("data.certainty", "data.certainty", e.Certainty)
	c.enum("data.reliability", "data.reliability", e.Reliability)
	credibility := float64(e.Credibility)
	c.bounded("data.credibility", "data.credibility", &credibility)
	c.bounded("data.confidence", "data.confidence", e.Confidence)
	c.text("data.headline", e.Headline, MaxTextBytes)
	c.text("data.description", e.Description, MaxTextBytes)
	c.count("data.references", len(e.References), MaxListItems)
	c.count("data.category", len(e.Category), MaxListItems)
	c.count("data.media", len(e.Media), MaxListItems)
	c.items("data.media", len(e.Media), func(i int) { c.needed("ref", e.Media[i].Ref) })
	if e.MsgType == MsgCancel && e.Subject == "" && len(e.References) == 0 {
		c.bad("data.references", "is empty; a cancel says what it withdraws, here or by its subject")
	}
}

func (c *checker) place(e *Event) {
	if e.Geometry != nil {
		if err := e.Geometry.validate(); err != nil {
			c.bad("data.geometry", "%s", err)
		}
	}
	if l := e.Location; l != nil {
		c.bounded("data.location.ce", "data.location.ce", l.CE)
		c.enum("data.location.method", "data.location.method", l.Method)
	}
	if t := e.Track; t != nil {
		c.bounded("data.track.course", "data.track.course", t.Course)
		c.bounded("data.track.speed", "data.track.speed", t.Speed)
	}
}

func (c *checker) entities(list []Entity) {
	c.count("data.entities", len(list), MaxEntities)
	c.items("data.entities", len(list), func(i int) {
		e := &list[i]
		if e.Type == "" {
			c.bad("type", "is missing")
		}
		c.enum("type", "data.entities.type", string(e.Type))
		c.needed("value", e.Value)
		c.count("candidates", len(e.Candidates), MaxListItems)
		c.items("candidates", len(e.Candidates), func(j int) {
			c.needed("value", e.Candidates[j].Value)
			c.bounded("confidence", "data.entities.candidates.confidence", &e.Candidates[j].Confidence)
		})
	})
}

func (c *checker) handling(h *Handling) {
	if h == nil {
		return
	}
	c.enum("data.handling.tlp", "data.handling.tlp", h.TLP)
	c.enum("data.handling.basis", "data.handling.basis", h.Basis)
	c.instant("data.handling.retain_until", h.RetainUntil)
}

func (c *checker) attrs(e *Event) {
	schema, _ := AttrsOf(e.Type)
	for name, v := range e.Attrs {
		if kind, ok := schema[name]; ok {
			if err := kind.check(v); err != nil {
				c.bad("data.attrs."+name, "%s", err)
			}
		}
		switch v := v.(type) {
		case string:
			if len(v) > MaxTextBytes || !utf8.ValidString(v) {
				c.text("data.attrs."+name, v, MaxTextBytes)
			}
		case []any:
			c.count("data.attrs."+name, len(v), MaxListItems)
		case []string:
			c.count("data.attrs."+name, len(v), MaxListItems)
		}
	}
}
