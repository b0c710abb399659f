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
// Where the order does not matter a rule says `all`; where both events may be
// of several types that go together in pairs only, a sequence names them
// `first` and `second`, and both take everything that the rule looks at. A rule
// that is guesswork until a region has seen how often it is right is in shadow
// mode: it is measured and opens nothing.
//
// Some rules ask about areas that a region draws and lists that it keeps.
// Without them they stay quiet, and the others do not need them. Areas:
//
//   - cash-machines: 100 m around each cash machine, for explosive attacks
//   - event-grounds: where a fair, a match or carnival is held
//   - centrum: what must not be left without a unit
//   - bridge-passages: water under bridges where no vessel may wait
//   - closed-airspace: where no aircraft or drone may be
//   - carriageway-begin, carriageway-end: around the first and the last plate
//     reader of one carriageway of a motorway, and no other reader
//
// Lists, by plate or by the id that an aircraft sends:
//
//   - stolen-plates, wanted-plates: vehicles to find
//   - night-traffic: patrols, taxis and value transport
//   - own-aircraft: of police and ambulance
//   - in-open-incidents: what open pictures name; the room keeps it itself
package library

import "embed"

// FS holds the rules; their tests, `*_test.yaml`, lie among them.
//
//go:embed *.yaml
var FS embed.FS
