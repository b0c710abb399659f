package library_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/ruletest"
)

func load(t *testing.T) *rules.Set {
	t.Helper()
	set, problems := rules.Load(library.FS)
	for _, p := range problems {
		t.Error(p)
	}
	if set == nil {
		t.FailNow()
	}
	return set
}

func TestRulesHoldWhatTheirTestsSay(t *testing.T) {
	report := ruletest.Run(library.FS, "")
	if !report.OK() {
		t.Error(report)
	}
	if len(report.Untested) > 0 {
		t.Errorf("rules without a test: %v", report.Untested)
	}
}

func TestEveryRuleHasCasesThatFireAndThatDoNot(t *testing.T) {
	for _, r := range load(t).Rules() {
		text, err := fs.ReadFile(library.FS, strings.TrimSuffix(r.File, ".yaml")+"_test.yaml")
		if err != nil {
			t.Error(err)
			continue
		}
		var cases []struct {
			Expect any `yaml:"expect"`
		}
		if err := yaml.Unmarshal(text, &cases); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		fires, silent := 0, 0
		for _, c := range cases {
			if c.Expect == "none" {
				silent++
			} else {
				fires++
			}
		}
		if fires == 0 || silent == 0 {
			t.Errorf("%s: %d cases fire and %d do not; it needs both", r.ID, fires, silent)
		}
	}
}

func TestRulesAreComplete(t *testing.T) {
	set := load(t)
	var opened []string
	for _, r := range set.Rules() {
		if r.Owner != "rtic-limburg" || r.Mode == rules.ModeOff || r.File != r.ID+".yaml" {
			t.Errorf("%s: owner %q, mode %q, file %q", r.ID, r.Owner, r.Mode, r.File)
		}
		if r.Incident.Open && r.Mode == rules.ModeLive {
			opened = append(opened, r.Incident.Kind)
		}
		if r.Mode == rules.ModeShadow && !strings.Contains(strings.Join(strings.Fields(r.Description), " "), "opens nothing") {
			t.Errorf("%s is in shadow mode and does not say that it opens nothing", r.ID)
		}
		urgent := r.Incident.Severity == fusion.SeverityHigh || r.Incident.Severity == fusion.SeverityCritical
		if urgent && r.After.AcknowledgeWithin == 0 {
			t.Errorf("%s is %s and nobody has to acknowledge it", r.ID, r.Incident.Severity)
		}
	}
	for _, r := range set.Rules() {
		forIncidents := r.Incident.Open && slices.Contains(r.Types, fusion.TypeIncident)
		if forIncidents && !slices.Contains(set.Rule("dispatch-call").Incident.Join, r.Incident.Kind) {
			t.Errorf("dispatch-call does not join the kind %q, which %s opens for incidents", r.Incident.Kind, r.ID)
		}
		for _, kind := range r.Incident.Join {
			if !slices.Contains(opened, kind) {
				t.Errorf("%s joins the kind %q, which no rule opens", r.ID, kind)
			}
		}
	}
}

func TestRulesJoinDomains(t *testing.T) {
	several := 0
	for _, r := range load(t).Rules() {
		domains := map[string]bool{}
		for _, typ := range r.Types {
			domains[typ.Domain()] = true
		}
		if len(domains) > 1 {
			several++
		}
	}
	if several < 8 {
		t.Errorf("%d rules join sensors, open sources and police systems, want at least 8", several)
	}
}

var regional = regexp.MustCompile(`(?:inside|listed(?:_exact)?)\("([a-z-]+)"|\barea: ([a-z-]+)`)

func TestAreasAndListsAreNamed(t *testing.T) {
	doc, err := os.ReadFile("library.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range load(t).Rules() {
		text, err := fs.ReadFile(library.FS, r.File)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regional.FindAllStringSubmatch(string(text), -1) {
			if name := m[1] + m[2]; !regexp.MustCompile(`\b` + name + `[,:]`).Match(doc) {
				t.Errorf("%s asks about %q, which the comment of the package does not name", r.ID, name)
			}
		}
	}
}

var protected = regexp.MustCompile(`(?i)nationalit|ethnic|\brac(e|ial)\b|religio|\bhealth|countr(y|ies)|\bgender|\bsex(e|ual)|\borigin|foreign|migra|disab`)

func TestRulesAreNotAboutWhoSomebodyIs(t *testing.T) {
	for _, name := range files(t) {
		text, err := fs.ReadFile(library.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if found := protected.FindString(string(text)); found != "" {
			t.Errorf("%s says %q", name, found)
		}
	}
}

func files(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(library.FS, "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	return names
}

// TestEveryNatureOpensOnePicture takes all natures that the dispatch
// connector can give.
func TestEveryNatureOpensOnePicture(t *testing.T) {
	text, err := os.ReadFile("../../connectors/dispatch/natures.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var table []struct {
		Nature string `yaml:"nature"`
	}
	if err := yaml.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	natures := []string{"public.other", ""}
	for _, n := range table {
		natures = append(natures, n.Nature)
	}
	set := load(t)
	for _, text := range []string{"Geen bijzonderheden", "Schip nadert de brug"} {
		for _, nature := range natures {
			e := event(fusion.TypeIncident, 0, map[string]any{"nature": nature, "text": text})
			if got := opens(set, rules.NewState(), e); len(got) != 1 {
				t.Errorf("an incident with nature %q and text %q opens pictures of %v, want one", nature, text, got)
			}
		}
	}
}

// TestABusyNightOpensNothing sends what a Saturday night sends when nothing
// happens: people, crowds and cars on cameras, plates, ships, posts, a forecast,
// and what devices and units of the room say of themselves.
func TestABusyNightOpensNothing(t *testing.T) {
	set, st := load(t), rules.NewState()
	for n := range 2000 {
		camera := fmt.Sprint("camera-", n%7)
		sure := 95.0
		speed := 4.0
		for i, label := range []string{"person", "car", "crowd"} {
			e := event(fusion.TypeCameraObject, n*8+i, map[string]any{"label": label, "camera": camera, "count": 1.0})
			e.Confidence = &sure
			expectNothing(t, set, st, e)
		}
		plate := event(fusion.TypeANPR, n*8+3, map[string]any{"camera": camera, "direction": "12"})
		plate.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: fmt.Sprint("AB", n%40, "CD")}}
		expectNothing(t, set, st, plate)
		ship := event(fusion.TypeVesselPosition, n*8+4, map[string]any{"status": "under way using engine"})
		ship.Track = &fusion.Track{Speed: &speed}
		expectNothing(t, set, st, ship)
		expectNothing(t, set, st, event(fusion.TypeSocial, n*8+5, map[string]any{"text": "Vechtpartij? brand? wat een avond"}))
		expectNothing(t, set, st, event(fusion.TypeCall, n*8+6, map[string]any{"nature": "public.nuisance", "text": "Muziek staat hard"}))
		forecast := event(fusion.TypeWarning, n*8+7, map[string]any{"event": "Onweer"})
		forecast.Severity, forecast.Headline = "moderate", "Code geel: onweer met windstoten"
		expectNothing(t, set, st, forecast)
		for _, e := range routine(n) {
			expectNothing(t, set, st, e)
		}
	}
}

// routine is what the devices, the units and the river say in one round.
func routine(n int) []*fusion.Event {
	at, speed := n*8+7, 0.9
	flapping := []string{"unreachable", "connected"}[n%2]
	drifting := event(fusion.TypeVesselPosition, at, map[string]any{"heading": float64(n * 40 % 360)})
	drifting.Subject, drifting.Track = "turning", &fusion.Track{Speed: &speed, Course: new(90.0)}
	airliner := event(fusion.TypeAircraftPosition, at, map[string]any{"altitude_m": 9000.0})
	airliner.Entities = []fusion.Entity{{Type: fusion.EntityAircraft, Value: "PH123"}}
	patrol := event(fusion.TypeUnitPosition, at, nil)
	patrol.Entities = []fusion.Entity{{Type: fusion.EntityUnit, Value: fmt.Sprint("RM-", n%9)}}
	return []*fusion.Event{
		drifting, airliner, patrol,
		event(fusion.TypeAudio, at, map[string]any{"label": []string{"gunshot", "glass"}[n%2], "device": fmt.Sprint("microphone-", n%60/20)}),
		event(fusion.TypeAlarm, at, map[string]any{"alarm": "fire", "device": "school", "state": "restored"}),
		event(fusion.TypeAlarm, at, map[string]any{"alarm": "hold-up", "device": "bank", "state": "restored"}),
		event(fusion.TypeConnectorState, at, map[string]any{"connector": "ais", "state": flapping}),
		event(fusion.TypeWaterLevel, at, map[string]any{"site": "Roermond boven", "level_m": 16.85, "discharge_m3_s": 240.0}),
		event(fusion.TypeRail, at, map[string]any{"nature": "Minder treinen door een defecte trein"}),
		event(fusion.TypeUnitStatus, at, map[string]any{"state": "en route"}),
	}
}

func expectNothing(t *testing.T, set *rules.Set, st *rules.State, e *fusion.Event) {
	t.Helper()
	if got := opens(set, st, e); len(got) > 0 {
		t.Fatalf("%s with %v opens %v", e.Type, e.Attrs, got)
	}
}

var start = time.Date(2026, 1, 17, 22, 0, 0, 0, time.UTC)

// event is one that came n seconds after the start, in the middle of town.
func event(typ fusion.EventType, n int, attrs map[string]any) *fusion.Event {
	at := start.Add(time.Duration(n) * time.Second)
	return &fusion.Event{
		ID: fusion.EventID(fmt.Sprint(typ, "-", n)), Source: "test", Type: typ, Time: at, RecordedTime: at,
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.987, 51.194), Attrs: attrs,
	}
}

// opens gives the event to the rules, after the time that passed before it,
// and returns the kinds of the pictures that they would open, those of rules
// in shadow mode too.
func opens(set *rules.Set, st *rules.State, e *fusion.Event) (kinds []string) {
	found := set.Advance(st, e.Time, nowhere{})
	for _, m := range append(found, set.Step(st, rules.Input{Event: e, Clock: e.Time}, nowhere{})...) {
		if m.Open {
			kinds = append(kinds, m.Kind)
		}
	}
	return kinds
}

// nowhere is a world without lists and areas.
type nowhere struct{}

func (nowhere) Listed(string, string) (string, bool) { return "", false }
func (nowhere) Inside(string, *fusion.Geometry) bool { return false }

func (nowhere) Crosses(string, orb.Point, orb.Point) bool { return false }

func (nowhere) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}
