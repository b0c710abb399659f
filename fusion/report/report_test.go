package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/report"
	"github.com/openiroom/iroom/fusion/store"
)

var update = flag.Bool("update", false, "write the golden files")

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", "2026-11-24 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func line(clock, what, text, who string) fusion.TimelineEntry {
	return fusion.TimelineEntry{Time: at(clock), What: what, Text: text, Who: who}
}

func night(t *testing.T) report.Input {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	handed := fusion.Decision{Command: "c1", Time: at("06:50"), Who: "ann", What: fusion.VerbHandover, Text: "handed over from ann to bob by ann", Reason: "roof still smokes | check at 8"}
	precision, low, high := 0.75, 0.3, 0.95
	return report.Input{
		Room: "roermond", From: at("00:00"), To: at("07:00"), Made: at("07:05"), Zone: zone,
		Pictures: []*fusion.Picture{
			{
				ID: "261124-0003", Title: "Fire <b>Markt</b> 4", Kind: "fire", Status: fusion.PictureActive, Severity: fusion.SeverityCritical, Opened: at("05:10"),
				Address: "Markt 4", Area: "centre", Confidence: 87.4, Assignee: "bob", Handling: &fusion.Handling{TLP: "amber"},
				Notes:     []fusion.Note{{Time: at("05:30"), Who: "ann", Text: "smoke from the roof"}},
				Decisions: []fusion.Decision{{Command: "c0", Time: at("05:12"), Who: "ann", What: fusion.VerbAcknowledge, Text: "acknowledged by ann"}, handed},
				Timeline: []fusion.TimelineEntry{
					line("05:10", "opened", "opened by rule fire-reported", ""), line("05:11", "evidence", "a call", ""), line("05:12", "acknowledged", "acknowledged by ann", "ann"),
					line("05:13", "evidence", "a camera", ""), line("06:50", "assigned", "handed over from ann to bob by ann", "ann"),
				},
			},
			{
				ID: "261123-0001", Title: "Missing child", Kind: "missing-child", Status: fusion.PictureNew, Severity: fusion.SeverityHigh, Opened: at("00:00").Add(-90 * time.Minute),
				Decisions: []fusion.Decision{handed},
			},
			{
				ID: "261124-0001", Title: "Burglary", Kind: "burglary", Status: fusion.PictureClosed, Severity: fusion.SeverityHigh, Opened: at("01:00"), Closed: at("02:00"), Outcome: "confirmed",
				Area:     "harbour",
				Timeline: []fusion.TimelineEntry{line("01:00", "opened", "opened", ""), line("02:00", "closed", "closed by ann as confirmed", "ann")},
			},
			{
				ID: "261124-0002", Title: "Smoke", Kind: "fire", Status: fusion.PictureClosed, Severity: fusion.SeverityLow, Opened: at("05:11"), Closed: at("05:20"), Outcome: "duplicate",
				Links: []fusion.Link{{Kind: fusion.LinkMergedInto, Picture: "261124-0003"}},
			},
		},
		Connectors: []connectors.Status{
			{Name: "anpr", State: connectors.StateConnected, LastEvent: at("07:04")},
			{Name: "ships", State: connectors.StateUnreachable, Since: at("03:00"), LastEvent: at("02:59"), Problem: "connection refused"},
			{Name: "quiet", State: connectors.StateConnected, Since: at("01:00")},
		},
		Quality: []desk.RuleQuality{
			{Outcomes: store.Outcomes{Rule: "fire-reported", Version: "0123456789abcdef", Confirmed: 3, Unfounded: 1}, Precision: &precision, Low: &low, High: &high, Acknowledged: fusion.Duration(95 * time.Second), Closed: 4, Unseen: 1},
			{Outcomes: store.Outcomes{Rule: "burglary", Version: "77", Other: 2}},
		},
	}
}

func TestGolden(t *testing.T) {
	s := report.New(night(t))
	var markdown, page bytes.Buffer
	if err := s.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if err := s.HTML(&page); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"night.md": markdown.Bytes(), "night.html": page.Bytes()} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is different:\n%s", name, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	s := report.New(night(t))
	want := report.Numbers{Open: 2, Critical: 1, Unacknowledged: 1, Opened: 3, Closed: 1, Merged: 1, OldestUnacknowledged: 8*time.Hour + 30*time.Minute}
	if s.Numbers != want {
		t.Errorf("numbers %+v, want %+v", s.Numbers, want)
	}
	if s.Open[0].ID != "261124-0003" || s.Handling != "amber" || len(s.Handovers) != 1 || len(s.Decisions) != 3 {
		t.Errorf("open %v, handling %q, hand-overs %v, decisions %v", s.Open, s.Handling, s.Handovers, s.Decisions)
	}
	if len(s.Connectors) != 2 || s.Connectors[0].Name != "quiet" || s.Connectors[1].Name != "ships" {
		t.Errorf("connectors %+v", s.Connectors)
	}
}

func TestAnEmptyShift(t *testing.T) {
	in := night(t)
	in.Pictures, in.Connectors, in.Quality = nil, nil, nil
	var b strings.Builder
	if err := report.New(in).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"**0 open**", "## Open incidents\n\nNone.", "All deliver.", "No incident has an outcome yet."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
}

func TestTextsCannotBreakThePage(t *testing.T) {
	var markdown, page strings.Builder
	s := report.New(night(t))
	if err := s.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if err := s.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<b>Markt</b>") || strings.Contains(markdown.String(), "<b>Markt") || strings.Contains(markdown.String(), "smokes | check") {
		t.Error("a title or a reason is part of the page's own form")
	}
}
