package main

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// siddhiApp is what is read of a Siddhi app: its streams, and one query over
// a pattern or a sequence.
type siddhiApp struct {
	streams   map[string][]string // columns by stream
	partition map[string]string   // column by stream
	pattern   siddhiNode
	within    time.Duration
	selects   []string
	absent    bool // it waits for something not to come
	playback  bool // only its events move its clock
}

// siddhiNode is a part of a pattern.
type siddhiNode struct {
	kind     string // "event", "absent", "chain", "and", "or"
	parts    []siddhiNode
	strict   []bool // of a chain: nothing may come between a part and the one before it
	every    bool
	name     string // of an event
	stream   string
	filter   string
	min, max int // repetitions of an event; max 0: any number
	wait     time.Duration
	within   time.Duration
}

var (
	siddhiStream    = regexp.MustCompile(`define stream (\w+)\s*\(([^)]*)\)\s*;?`)
	siddhiPartition = regexp.MustCompile(`partition with\s*\(([^)]*)\)\s*begin`)
	siddhiInfo      = regexp.MustCompile(`@info\([^)]*\)`)
	siddhiQuery     = regexp.MustCompile(`(?s)\bfrom\b(.*?)\bselect\b(.*?)\binsert\s+(?:all events |expired events |current events )?into\b`)
	siddhiAs        = regexp.MustCompile(`\s+as\s+\w+\s*$`)
	siddhiToken     = regexp.MustCompile(`\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|->|<\s*\d*\s*:?\s*\d*\s*>|\d+|\w+|[(),=*+?]`)
)

func parseSiddhi(text string) (*siddhiApp, error) {
	app := &siddhiApp{
		streams: map[string][]string{}, partition: map[string]string{}, playback: strings.Contains(text, "@app:playback"),
	}
	for _, m := range siddhiStream.FindAllStringSubmatch(text, -1) {
		for column := range strings.SplitSeq(m[2], ",") {
			app.streams[m[1]] = append(app.streams[m[1]], strings.Fields(column)[0])
		}
	}
	body := siddhiInfo.ReplaceAllString(siddhiStream.ReplaceAllString(text, ""), "")
	if m := siddhiPartition.FindStringSubmatch(body); m != nil {
		for item := range strings.SplitSeq(m[1], ",") {
			words := strings.Fields(item)
			if len(words) != 3 || words[1] != "of" {
				return nil, differs("partitions by something else than a column")
			}
			app.partition[words[2]] = words[0]
		}
	}
	queries := siddhiQuery.FindAllStringSubmatch(body, -1)
	if len(queries) != 1 {
		return nil, differs("an app of %d queries; one is compared", len(queries))
	}
	if err := app.readSelect(queries[0][2]); err != nil {
		return nil, err
	}
	return app, app.readPattern(queries[0][1])
}

func (app *siddhiApp) readSelect(text string) error {
	for _, word := range []string{"having", "group by", "limit", "order by", "output"} {
		if strings.Contains(text, word) {
			return differs("%q in the query", word)
		}
	}
	for item := range strings.SplitSeq(text, ",") {
		s := strings.TrimSpace(siddhiAs.ReplaceAllString(item, ""))
		if !siddhiSelect.MatchString(s) {
			return differs("a query that calculates, or selects otherwise than columns of its events")
		}
		app.selects = append(app.selects, s)
	}
	return nil
}

func (app *siddhiApp) readPattern(text string) error {
	p := &siddhiParser{app: app, tokens: siddhiToken.FindAllString(text, -1)}
	app.pattern = p.chain()
	if p.peek() == "within" {
		app.within = p.within()
	}
	if p.err == nil && len(p.tokens) > 0 {
		p.fail(p.tokens[0])
	}
	return p.err
}

type siddhiParser struct {
	app    *siddhiApp
	tokens []string
	err    error
}

func (p *siddhiParser) fail(at string) {
	if p.err == nil {
		p.err = differs("the query is not one over a pattern, at %q", at)
	}
	p.tokens = nil
}

func (p *siddhiParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *siddhiParser) next() string {
	t := p.peek()
	if t == "" {
		p.fail("its end")
		return ""
	}
	p.tokens = p.tokens[1:]
	return t
}

func (p *siddhiParser) accept(t string) bool {
	if p.peek() != t {
		return false
	}
	p.next()
	return true
}

// chain reads parts joined by -> or by a comma.
func (p *siddhiParser) chain() siddhiNode {
	n := siddhiNode{kind: "chain", parts: []siddhiNode{p.part()}, strict: []bool{false}}
	for p.err == nil && (p.peek() == "->" || p.peek() == ",") {
		n.strict = append(n.strict, p.next() == ",")
		n.parts = append(n.parts, p.part())
	}
	return n
}

// part reads an event, a logical pair or a group, with `every` before it.
func (p *siddhiParser) part() siddhiNode {
	every := p.accept("every")
	n := p.unit()
	for p.err == nil && (p.peek() == "and" || p.peek() == "or") {
		n = siddhiNode{kind: p.next(), parts: []siddhiNode{n, p.unit()}}
	}
	n.every = n.every || every
	return n
}

func (p *siddhiParser) unit() siddhiNode {
	if p.accept("(") {
		n := p.chain()
		if !p.accept(")") {
			p.fail(p.peek())
		}
		if p.peek() == "within" && len(p.tokens) > 3 {
			n.within = p.within()
		}
		if len(n.parts) == 1 && n.within == 0 {
			return n.parts[0]
		}
		return n
	}
	if p.accept("not") {
		n := siddhiNode{kind: "absent", stream: p.next(), filter: p.filter()}
		if p.accept("for") {
			n.wait = p.time()
		}
		p.app.absent = true
		return n
	}
	return p.event()
}

func (p *siddhiParser) event() siddhiNode {
	n := siddhiNode{kind: "event", stream: p.next(), min: 1, max: 1}
	if p.accept("=") {
		n.name, n.stream = n.stream, p.next()
	}
	if p.app.streams[n.stream] == nil {
		p.fail(n.stream)
	}
	n.filter = p.filter()
	switch t := p.peek(); {
	case t == "*":
		n.min, n.max = 0, 0
	case t == "+":
		n.min, n.max = 1, 0
	case t == "?":
		n.min, n.max = 0, 1
	case strings.HasPrefix(t, "<"):
		low, high, isRange := strings.Cut(strings.Trim(t, "<> "), ":")
		n.min, _ = strconv.Atoi(strings.TrimSpace(low))
		n.max, _ = strconv.Atoi(strings.TrimSpace(high))
		if !isRange {
			n.max = n.min
		}
	default:
		return n
	}
	p.next()
	return n
}

func (p *siddhiParser) filter() string {
	if t := p.peek(); strings.HasPrefix(t, "[") {
		p.next()
		return strings.TrimSpace(t[1 : len(t)-1])
	}
	return ""
}

func (p *siddhiParser) within() time.Duration {
	p.next()
	return p.time()
}

// time reads `1 sec`, `100 milliseconds` and the like.
func (p *siddhiParser) time() time.Duration {
	n, err := strconv.Atoi(p.next())
	unit := p.next()
	units := map[string]time.Duration{"millisec": time.Millisecond, "sec": time.Second, "min": time.Minute, "hour": time.Hour}
	for prefix, d := range units {
		if err == nil && strings.HasPrefix(unit, prefix) {
			return time.Duration(n) * d
		}
	}
	p.fail(unit)
	return 0
}
