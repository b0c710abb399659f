// Package ruletest runs the tests that stand beside rules: events in, expected
// hits out, as YAML.
//
// It runs the same [rules.Set.Step] as the room does, on the whole rule set,
// so that the tester and the live engine agree. It reads files and nothing
// else; the clock of a test is in its events.
//
// A file `ram-raid.yaml` has its tests in `ram-raid_test.yaml`, a list of
// cases:
//
//	# ram-raid_test.yaml
//	- name: a listed car near the raid
//	  lists: {stolen-plates: [AB12CD]}
//	  areas: {centre: [5.9, 51.1, 6.1, 51.3]} # box of lon, lat, lon, lat, or a GeoJSON polygon
//	  events:
//	    - {name: alarm, at: 0s, type: sensor.alarm.trigger, lon: 5.98, lat: 51.19, attrs: {alarm: burglary}}
//	    - {name: car, at: 4m, type: sensor.anpr.passage, entities: [{type: vehicle, value: AB12CD}]}
//	  expect:
//	    - {at: car, score: 70, severity: high}
//
// Events arrive in the order of the file; `at` is when one was observed, and
// `received`, the same unless given, the clock of the room when it came. After
// the last one the time passes until no rule waits for it any more. An
// expectation names the event that the hit is counted by and whatever else
// should hold; `expect: none` says that the rule must not fire. Hits of other
// rules do not matter unless an expectation names their rule.
package ruletest
