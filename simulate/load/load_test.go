package load_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate/load"
)

func background() (list []*fusion.Event) {
	for i := range 500 {
		confidence := 90.0
		list = append(list, &fusion.Event{
			Source: "anpr", Type: fusion.TypeANPR, Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.98, 51.19),
			Confidence: &confidence, Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Value: fmt.Sprintf("AB%03dC", i)}},
			Attrs: map[string]any{"camera": "n280"},
		})
	}
	return list
}

func TestCompareHearsEveryProbeOfBoth(t *testing.T) {
	plan := load.Plan{Rate: 200, Probes: 10, For: 2 * time.Second, Background: background(), Districts: 4}
	var said []string
	c, err := load.Compare(t.Context(), t.TempDir(), plan, 2, func(s string) { said = append(said, s) }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]load.Run{"room": c.Room, "bare log": c.Bare} {
		if r.Events != 800 || r.Probes != 40 || r.Missing != 0 {
			t.Errorf("%s: %+v", name, r)
		}
		if r.P50 <= 0 || r.P99 < r.P90 || r.P90 < r.P50 || r.Max < r.P99 || r.CPU <= 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if len(said) != 4 || c.Rounds != 2 {
		t.Errorf("%d rounds, said %q", c.Rounds, said)
	}
	t.Log("\n" + c.Table())
}

func TestPlansThatCannotRun(t *testing.T) {
	good := load.Plan{Rate: 10, Probes: 1, For: time.Second, Background: background(), Districts: 4}
	for name, change := range map[string]func(*load.Plan){
		"no rate":       func(p *load.Plan) { p.Rate = 0 },
		"no probes":     func(p *load.Plan) { p.Probes = 0 },
		"only probes":   func(p *load.Plan) { p.Probes = 11 },
		"no time":       func(p *load.Plan) { p.For = 0 },
		"no district":   func(p *load.Plan) { p.Districts = 0 },
		"no background": func(p *load.Plan) { p.Background = nil },
	} {
		p := good
		change(&p)
		if err := p.Check(); fusion.KindOf(err) != fusion.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}
