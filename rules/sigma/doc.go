// Package sigma turns Sigma rules into rules of the room.
//
// Sigma is the open format in which log detections are exchanged
// (https://sigmahq.io, rules and correlation specification 2.1). A detection
// is about one log record, which is an event of the type `police.record.row`
// whose attribute `fields` holds the columns of the record by name; a
// correlation counts, joins or orders detections.
//
// Import reads files and gives the text of the rules, each of which
// rules.Compile accepts. What cannot be said in a rule of the room becomes a
// [Problem] that names the file, the rule and the reason; nothing is left out
// silently and nothing is translated by half.
//
// As in Sigma, texts compare without regard to case unless `cased` or `re`
// say otherwise. Imported rules are in shadow mode: they are measured and open
// nothing until their owner makes them live. The package does not map log
// sources: which connector delivers the records, and under which column names,
// is for the connector's mapping.
package sigma
