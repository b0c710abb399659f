// Package rules is the room's rule language: it reads rules from YAML, checks
// them, and matches them against events.
//
// It stands behind the log: the engine moves the clock of the room by
// [Set.Advance], which decides what waited for it, gives every event to
// [Set.Step] in the order of the log, and gets back the matches. Matching is a
// pure function of the rule set, the state, the clock, the event and the lists
// and areas of a [World]: no clock of its own, no goroutine, no I/O, no random
// choice, so a replay of the log gives the same matches and the same
// [State.Encode] bytes.
//
// A condition of a rule can read only what its event type declares, cannot
// loop without bound, and reaches protected characteristics only when the rule
// says why it may. A rule that
// fails is counted and, after a few failures, quarantined; it changes nothing
// for the others.
//
// The package decides nothing about incident pictures: a match says what the
// rule asks for, and the engine acts on it. DESIGN.md beside the code is for
// those who write rules.
package rules
