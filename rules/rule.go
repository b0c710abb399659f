package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Mode says whether a rule acts.
type Mode string

// The modes of a rule.
const (
	ModeLive   Mode = "live"   // its hits open and join pictures
	ModeShadow Mode = "shadow" // measured only: its hits feed shadow rules and nothing else
	ModeOff    Mode = "off"    // checked when loaded, never run
)

// Purpose says on which legal basis a rule works, and for what.
type Purpose struct {
	Basis string // as of [fusion.Handling]
	Text  string
}

// Incident says what a hit asks of the incident pictures.
type Incident struct {
	Open     bool            // false: joins pictures, opens none
	Kind     string          // kind of the picture that it opens
	Severity fusion.Severity // severity of the picture that it opens
	Join     []string        // kinds of the pictures that a rule with Open false may join
}

// After says what follows when nobody acts; zero values mean nothing.
type After struct {
	AcknowledgeWithin fusion.Duration
	EscalateTo        fusion.Severity
	CloseWhenQuiet    fusion.Duration
}

// Rule is one loaded rule. It must not be changed.
type Rule struct {
	ID          string
	Version     string // first 16 hex digits of the SHA-256 of the content, comments and layout aside
	File        string
	Title       string
	Description string
	Owner       string
	Purpose     Purpose
	Sensitive   *Sensitive // nil: it reads no protected characteristic
	Mode        Mode
	Kind        string             // the kind of its match, as it is written
	Within      time.Duration      // length of its window; 0: it has none
	Types       []fusion.EventType // the types of event that it looks at, sorted
	Incident    Incident
	After       After

	line, column int            // of its id
	depth        int            // 1, or more than that of the rules whose hits it looks at
	events       []*eventDef    // those that match uses, by slot
	tail         time.Duration  // what it waits for after its window
	things       bool           // its events are positions of things
	thingKey     bool           // without by, each thing has a window of its own
	placed       bool           // its events need a place
	everyVersion roleSet        // in which every version of a thing counts
	span         time.Duration  // how long it keeps an event, lateness aside; 0: it keeps none
	lateness     *time.Duration // nil: that of the set
	near         float64        // m; 0: anywhere
	reset        roleSet        // of the event that empties a window
	quiet        time.Duration  // after a hit of a key, for which it has no other
	where        *program
	score        *scoring
	title        []titlePiece
	matcher      matcher
	scope        *scope
}

// eventDef is one event that a rule names.
type eventDef struct {
	name         string
	alternatives []*alternative
}

// alternative is one type of event that can fill a name, with its condition.
type alternative struct {
	typ     fusion.EventType
	allowed []string // protected characteristics that its conditions may read
	when    *program // nil: every event of the type
	by      []*program
	of      *program // what a distinct counts the values of
}

type scoring struct {
	base      float64
	add       []scoreTerm
	threshold float64
}

type scoreTerm struct {
	points  float64
	when    *program
	because string
}

// titlePiece is text, or an expression between {{ and }}.
type titlePiece struct {
	text string
	expr *program
}

// Set is a checked set of rules with its index. Any number of states may run
// on one set at the same time.
type Set struct {
	rules   []*Rule // by id
	byID    map[string]int
	index   index
	options Options
	floors  map[string]time.Duration // by rule: how long after their time hits may come that it looks at
}

// Options bound what matching keeps.
type Options struct {
	Lateness time.Duration // how far events may come behind the clock; default 2 min
	// Sources is the lateness of events whose source is the name, or begins
	// with it and a slash; the longest such name counts.
	Sources     map[string]time.Duration
	MaxKeys     int // windows per rule; default 10,000
	MaxEntries  int // events per window; default 1,000
	MaxFailures int // failures until a rule is quarantined; default 5
}

// DefaultOptions are those of a set that is loaded without others.
var DefaultOptions = Options{Lateness: 2 * time.Minute, MaxKeys: 10_000, MaxEntries: 1_000, MaxFailures: 5}

// With returns a set of the same rules with other options; zero values take
// the default.
func (s *Set) With(o Options) *Set {
	c := *s
	d := DefaultOptions
	c.options = Options{
		Lateness: cmp.Or(o.Lateness, d.Lateness), Sources: o.Sources, MaxKeys: cmp.Or(o.MaxKeys, d.MaxKeys),
		MaxEntries: cmp.Or(o.MaxEntries, d.MaxEntries), MaxFailures: cmp.Or(o.MaxFailures, d.MaxFailures),
	}
	c.findFloors()
	return &c
}

// Rules lists the rules by id.
func (s *Set) Rules() []*Rule { return slices.Clone(s.rules) }

// Rule returns the rule with the id, or nil.
func (s *Set) Rule(id string) *Rule {
	if i, ok := s.byID[id]; ok {
		return s.rules[i]
	}
	return nil
}

// Problem is one thing that is wrong with a rule file.
type Problem struct {
	File    string
	Line    int // from 1; 0: the file as a whole
	Column  int // from 1, in characters
	Message string
	Hint    string // what to do about it, "" when there is nothing to add
}

func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	s += ": " + p.Message
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

func compareProblems(a, b Problem) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Message, b.Message))
}
