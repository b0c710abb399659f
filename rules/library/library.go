// Package library holds the rules that the room ships with, each as YAML with
// its tests beside it.
//
// They are what a room uses that names no rules of its own, and an example for
// those who write some. Package rules reads and runs them, package ruletest
// runs their tests; this package holds files and does nothing.
//
// The kind of a picture is a family: all rules about fires say `fire`, so that
// a graver rule and a later incident of the dispatch centre find the picture
// that is open; severity and title say how grave it is. For each nature of an
// incident exactly one rule opens a picture: `dispatch-incident`, or the rule
// that begins with `dispatch-` and the name of the family.
//
// Where the order does not matter, a sequence names its events `first` and
// `second`, and both take everything that the rule looks at.
package library

import "embed"

// FS holds the rules; their tests, `*_test.yaml`, lie among them.
//
//go:embed *.yaml
var FS embed.FS
