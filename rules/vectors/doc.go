// Command vectors runs the published test cases of other engines against the
// room's rule language.
//
//	go run ./rules/vectors DIR
//
// DIR has one folder for each engine (sigma-correlation, flink-cep,
// siddhi-patterns, tile38-geo, ekuiper-windows) with its cases as JSON. Each
// case's pattern or query is translated into YAML rules that go through
// [rules.Compile], its events go through the rules in event time, and the
// hits are compared with what the other engine is expected to find, all of
// them and no others.
//
// What a query selects and calculates of the events of a hit (columns, counts,
// sums) is read off the hit here; which events belong together, and when, is
// the rule's alone. A pattern may take several rules: one for each number of
// repetitions, and a rule on the hits of another for a wait or a hop.
//
// A case is not applicable, with the reason, where the other engine means
// something that a rule of the room cannot say; nothing is compared then. It
// is decided by the pattern, the query and the events, never by what is
// expected or found. The exit status is 1 when a case failed.
package main
