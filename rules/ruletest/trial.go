package ruletest

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Trial is a case that has run: what went in, and the hits that came out. It
// is for those who run the same through the room's engine.
type Trial struct {
	File, Rule, Name string
	Events           []*fusion.Event // in the order in which they came; RecordedTime says when
	Lists            map[string][]string
	Areas            *geojson.FeatureCollection // with the property id
	Hits             []fusion.Hit               // of all rules, in their order
}

// Trials runs every case under fsys.
func Trials(fsys fs.FS) (trials []Trial, problems []rules.Problem) {
	set, problems := rules.Load(fsys)
	if set == nil {
		return nil, problems
	}
	report := &Report{}
	for _, name := range testFiles(fsys, report) {
		rule, cases := report.read(fsys, set, name)
		for i := range cases {
			t, err := newTrial(set, rule, &cases[i])
			if err != nil {
				report.Problems = append(report.Problems, rules.Problem{File: name, Message: cases[i].Name + ": " + err.Error()})
				continue
			}
			trials = append(trials, t.public(name))
		}
	}
	return trials, report.Problems
}

func (t *trial) public(file string) Trial {
	out := Trial{File: file, Rule: t.rule.ID, Name: t.c.Name, Events: t.events, Lists: t.c.Lists, Areas: geojson.NewFeatureCollection()}
	for _, id := range slices.Sorted(maps.Keys(t.c.Areas)) {
		f := geojson.NewFeature(t.c.Areas[id].shape)
		f.Properties["id"] = id
		out.Areas.Append(f)
	}
	for _, m := range t.hits {
		out.Hits = append(out.Hits, m.Hit)
	}
	return out
}

// Describe is what a hit rests on and came to, for comparison.
func Describe(h fusion.Hit) string {
	var in []string
	for _, i := range h.Inputs {
		in = append(in, i.Name+":"+string(i.Event))
	}
	return fmt.Sprintf("%s %q %s score %g %q %v", h.Rule, h.Key, h.Time.Format("15:04:05.000"), h.Score, h.Title, in)
}
