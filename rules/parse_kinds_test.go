package rules

import (
	"strings"
	"testing"
)

// TestMistakesInMatches: each is told where it stands, with what to do.
func TestMistakesInMatches(t *testing.T) {
	for match, want := range map[string]string{
		"{sequence: [{not: b}, a], within: 1m}":                                                    "cannot begin with what must not occur",
		"{sequence: [a, {not: b}], within: 1m}":                                                    "needs a time (write {not: x, within: 5m})",
		"{sequence: [a, {not: b, within: 1m}, c], within: 1m}":                                     "between two steps it must not occur at all",
		"{sequence: [a, {event: b, times: 0..1}], within: 1m}":                                     "a sequence needs at least two events",
		"{sequence: [a, b, {event: c, times: 0..2}], within: 1m}":                                  "the last step of a sequence must occur",
		"{sequence: [a, {event: b, times: 5..2}], within: 1m}":                                     "times must be whole numbers up to 100",
		"{sequence: [a, {event: b, times: many}], within: 1m}":                                     "write it like 3, 2..5, 2.. or 0..1",
		"{sequence: [a, {event: b, within: 1m}], within: 1m}":                                      "only {not: …} at the end has a time of its own",
		"{sequence: [a, {times: 2}], within: 1m}":                                                  "a step has an event",
		"{sequence: [a, b], within: 1m, contiguity: loose}":                                        `contiguity is "loose"`,
		"{sequence: [a, b], within: 31d, lateness: soon}":                                          "lateness must be a time",
		"{all: [a], within: 1m}":                                                                   "all needs at least two events",
		"{all: [a, b]}":                                                                            `an all has no "within"`,
		"{any: [a]}":                                                                               "any needs at least two events",
		"{any: [a, b], within: 1m}":                                                                `unknown name "within"`,
		"{count: a, within: 1m}":                                                                   "a count says how many",
		"{count: a, within: 1m, atleast: 2.5}":                                                     "atleast must be a whole number from 2 to 1000",
		"{count: a, within: 1m, exactly: 2, atmost: 3}":                                            "exactly stands alone",
		"{count: a, within: 1m, atleast: 3, atmost: 2}":                                            "atmost is less than atleast",
		"{count: a, within: 1m, atmost: 2, near: 100}":                                             "near goes with atleast alone",
		"{count: a, within: 1m, atleast: 2, gap: 1m}":                                              "only a session has a gap",
		"{count: a, within: 1m, atleast: 2, window: session}":                                      `a session has no "gap"`,
		"{measure: a, of: attrs.speed_kmh, take: avg, within: 1m}":                                 "a measure says with what it is compared",
		"{measure: a, of: attrs.speed_kmh, take: avg, above: 1, below: 2, within: 1m}":             "a measure has one bound",
		"{measure: a, of: attrs.camera, take: avg, above: 1, within: 1m}":                          "a measure needs a number, this is a text",
		"{measure: a, of: attrs.speed_kmh, take: percentile, above: 1, within: 1m}":                `a percentile has no "percentile"`,
		"{measure: a, of: attrs.speed_kmh, take: avg, percentile: 5, above: 1, within: 1m}":        "only take: percentile has one",
		"{measure: a, of: attrs.speed_kmh, take: percentile, percentile: 0, above: 1, within: 1m}": "above 0 and not above 100",
		"{surge: a, over: 1m, times: 1, atleast: 2}":                                               "times must be greater than 1",
		"{absence: {after: a, no: b}}":                                                             `an absence has no "within"`,
		"{silence: {of: a}}":                                                                       `a silence has no "for"`,
		"{fence: {of: a, when: enter}}":                                                            "it says nowhere where",
		"{fence: {of: a, area: x, near: [5, 51], radius: 5, when: enter}}":                         "one is enough",
		"{fence: {of: a, near: [5, 51], when: enter}}":                                             `a circle has no "radius"`,
		"{fence: {of: a, near: [51, 95], radius: 5, when: enter}}":                                 "near must be a longitude and a latitude in deg",
		"{fence: {of: a, area: x, when: dwell}}":                                                   `a dwell has no "for"`,
		"{fence: {of: a, area: x, when: exit, for: 1m}}":                                           "only a dwell lasts for a time",
		"{fence: {of: a, area: x, when: exit, first: enter}}":                                      "first: enter goes with when: enter",
		"{meet: {of: [a], within: 5}}":                                                             "a meet is of two events",
		"{empty: {area: x}}":                                                                       `an empty has no "of"`,
		"{event: a, by: {k: {b: vehicle}}}":                                                        `the key has the unknown name "b"`,
		"{absence: {after: a, no: b, within: 40d}}":                                                "for which no window is kept",
	} {
		events := "events:\n"
		for _, name := range []string{"a", "b", "c"} {
			if strings.Contains(match, name+",") || strings.Contains(match, name+"]") || strings.Contains(match, name+"}") {
				events += "  " + name + ": {type: sensor.anpr.passage}\n"
			}
		}
		if events == "events:\n" {
			events += "  a: {type: sensor.anpr.passage}\n"
		}
		_, problems := Compile(map[string][]byte{"x.yaml": []byte(ruleText("x", events+"match: "+match+"\n"))})
		var all []string
		for _, p := range problems {
			if all = append(all, p.String()); p.Line == 0 {
				t.Errorf("%s: %s stands nowhere", match, p)
			}
		}
		if text := strings.Join(all, "\n"); !strings.Contains(text, want) {
			t.Errorf("%s\n  got  %s\n  want %s", match, text, want)
		}
	}
}
