package rules

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// kind is one way in which events can match. A new one is a file with its
// parser and matcher, and its name in kinds.
type kind struct {
	name  string
	own   Form  // of what stands behind its name
	inner []Key // of FormKeys
	keys  []Key // what may stand beside it in `match`
	parse func(p *ruleParser, n ast.Node, beside entries) matcher
}

// matcher finds the matches that an event completes.
type matcher interface {
	// arrive is called for an event that can set off a hit in the roles. It
	// is in its window already when the rule has one.
	arrive(x *execution, e *entry, roles roleSet)
}

// waiter is a matcher that decides when time has passed what a later event
// could undo.
type waiter interface {
	matcher
	// waits reports whether hits come when time has passed; false: passing
	// time is only when it forgets.
	waits() bool
	// due is the first moment after the clock at which the window has
	// something to decide, zero when nothing waits.
	due(x *execution) time.Time
	// decide decides what is due at the clock.
	decide(x *execution)
}

// roleSet is a set of the slots of a rule.
type roleSet uint16

// maxEvents is the largest number of events that one rule may name.
const maxEvents = 16

func (r roleSet) has(slot int) bool { return r&(1<<slot) != 0 }

func roleOf(slot int) roleSet { return 1 << slot }

// kinds lists what `match` may be.
func kinds() []kind {
	return []kind{
		eventKind, anyKind, allKind, sequenceKind, countKind, distinctKind, measureKind, surgeKind, absenceKind, silenceKind,
		fenceKind, meetKind, emptyKind,
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}
