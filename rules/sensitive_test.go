package rules

import (
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
)

const foreignPlates = `
events:
  car: {type: sensor.anpr.passage, when: 'country("vehicle") in ["PL", "RO"] && attrs.camera == "c"'}
match: {count: car, within: 10m, atleast: 2, by: 'country("vehicle")'}
`

const allowCountry = "sensitive: {characteristics: [country], justification: 'Stolen abroad, seen here', approved_by: 'Privacy officer'}\n"

func foreignCar(id, country string) *fusion.Event {
	e := car(id, 0, attr("camera", "c"), vehicle("AB12CD"))
	e.Entities[0].Country = country
	return e
}

func TestSensitiveRuleReadsWhatItsBlockAllows(t *testing.T) {
	set := compile(t, ruleText("f", foreignPlates+allowCountry))
	s := set.Rule("f").Sensitive
	if s == nil || s.Characteristics[0] != "country" || s.Justification != "Stolen abroad, seen here" || s.ApprovedBy != "Privacy officer" {
		t.Errorf("%+v", s)
	}
	got := newRoom(set).all(foreignCar("1", "PL"), foreignCar("2", "NL"), foreignCar("3", ""), foreignCar("4", "RO"), foreignCar("5", "PL"))
	want(t, got, "f/PL@5[1 5]")
	if country := got[0].Hit.Inputs[0].Fields["vehicle country"]; country != "PL" {
		t.Errorf("the hit does not show the country that it rests on: %v", got[0].Hit.Inputs[0].Fields)
	}
}

func TestSensitiveRecords(t *testing.T) {
	rows := ruleText("r", `
events:
  row: {type: police.record.row, when: 'attrs.fields["Nationaliteit"] == "x" && attrs.fields["zaak"] == "1"'}
match: {event: row}
sensitive: {characteristics: [nationality], justification: J, approved_by: A}
`)
	e := event("1", fusion.TypeRecord, 0, attr("fields", map[string]any{"Nationaliteit": "x", "zaak": "1"}))
	want(t, newRoom(compile(t, rows)).all(e), "r/@1[1]")
}

func TestSensitiveIsRefused(t *testing.T) {
	block := func(s string) string { return ruleText("f", foreignPlates+"sensitive: "+s+"\n") }
	plain := func(when string) string {
		return ruleText("f", "events: {e: {type: police.record.row, when: '"+when+"'}}\nmatch: {event: e}\n")
	}
	for name, c := range map[string]struct{ rule, message string }{
		"no block":               {ruleText("f", foreignPlates), `"country" is a protected characteristic`},
		"another is allowed":     {block("{characteristics: [religion], justification: J, approved_by: A}"), "allows country"},
		"no justification":       {block("{characteristics: [country], approved_by: A}"), `sensitive has no "justification"`},
		"nobody approved":        {block("{characteristics: [country], justification: J}"), `sensitive has no "approved_by"`},
		"an empty reason":        {block("{characteristics: [country], justification: ' ', approved_by: A}"), "justification must be a text"},
		"no characteristic":      {block("{characteristics: [], justification: J, approved_by: A}"), "names no characteristic"},
		"unknown":                {block("{characteristics: [age], justification: J, approved_by: A}"), `a characteristic is "age"`},
		"allowed and not used":   {block("{characteristics: [country, health], justification: J, approved_by: A}"), "allows health, which no condition"},
		"another name for it":    {plain(`attrs.fields["Geloof"] == "x"`), "protected"},
		"a part of a name":       {plain(`attrs.fields["owner-nationality"] == "x"`), "protected"},
		"the region of a plate":  {ruleText("f", "events: {e: {type: sensor.anpr.passage, when: 'attrs.region == \"pl\"'}}\nmatch: {event: e}\n"), "protected"},
		"in a join key":          {ruleText("f", "events: {e: {type: sensor.anpr.passage}}\nmatch: {count: e, within: 1m, atleast: 2, by: 'country(\"vehicle\")'}\n"), "protected"},
		"in a title":             {strings.Replace(ruleText("f", "events: {e: {type: sensor.anpr.passage}}\nmatch: {event: e}\n"), "title: T}", `title: '{{ e.country("vehicle") }}'}`, 1), "protected"},
		"the country as a field": {block("{characteristics: [country], justification: J, approved_by: A}") + "score: {base: 1, threshold: 1, add: [{points: 1, because: b, when: 'car.country == \"PL\"'}]}\n", `the field "country" is not known`},
	} {
		_, problems := Compile(map[string][]byte{"f.yaml": []byte(c.rule)})
		found := false
		for _, p := range problems {
			found = found || strings.Contains(p.Message, c.message) && p.Line > 0
		}
		if !found {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestNamesThatOnlySoundProtected may be read.
func TestNamesThatOnlySoundProtected(t *testing.T) {
	for _, name := range []string{"landing", "race_track", "health_centre", "grass", "trace", "islander"} {
		if c := characteristicOf(name); c != "" {
			t.Errorf("%s stands for %s", name, c)
		}
	}
}
