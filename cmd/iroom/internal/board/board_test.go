package board_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/cmd/iroom/internal/board"
	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

// picture is an incident with evidence of some connectors.
func picture(id, kind, title, area string, severity fusion.Severity, opened time.Duration, sources ...string) fusion.Picture {
	p := fusion.Picture{
		ID: fusion.PictureID(id), Revision: 3, Kind: kind, Title: title, Status: fusion.PictureNew, Severity: severity,
		Confidence: 82.4, Area: area, CE: new(95.0), FirstObserved: before(opened + 2*time.Second), Opened: before(opened), Sources: sources,
	}
	for i, s := range sources {
		p.Evidence = append(p.Evidence, fusion.Evidence{
			Connector: s, Time: before(opened - time.Duration(i)*time.Second), Text: fmt.Sprintf("evidence %d of %s", i+1, s),
		})
	}
	p.EvidenceCount = len(p.Evidence)
	return p
}

func fire() fusion.Picture {
	p := picture("261124-0003", "dwelling-fire", "Woningbrand, Kapellerlaan 112", "centrum", fusion.SeverityCritical, 95*time.Second, "dispatch", "frigate", "cap")
	p.Address = "Kapellerlaan 112, Roermond"
	p.Evidence[0].Text = "call: Er slaat rook uit een woning, ik zie vlammen achter het raam"
	p.Evidence[1].Struck = true
	p.Hits = []fusion.Hit{
		{Rule: "calls-fire", Title: "Several calls about one fire"},
		{Rule: "fire-seen", Title: "Fire called and seen", Score: 80, Parts: []fusion.ScorePart{{Points: 40, Because: "base"}, {Points: 40, Because: "smoke within 150 m"}}},
	}
	return p
}

// busy is a board with incidents in several areas.
func busy(width, height int) tea.Model {
	var m tea.Model = board.New("Roermond", before(10*time.Second))
	messages := []tea.Msg{
		tea.WindowSizeMsg{Width: width, Height: height},
		board.PictureMsg{Picture: picture("261124-0001", "ram-raid", "Ramkraak, voertuig K123BD", "designer-outlet", fusion.SeverityHigh, 14*time.Minute, "anpr", "dispatch", "frigate")},
		board.PictureMsg{Picture: picture("261124-0002", "fight", "Vechtpartij Stationsplein", "centrum", fusion.SeverityMedium, 3*time.Hour, "dispatch")},
		board.PictureMsg{Picture: picture("261123-0099", "nuisance", "Geluidsoverlast", "", fusion.SeverityLow, 26*time.Hour, "dispatch")},
		board.TickMsg(noon),
		board.PictureMsg{Picture: fire()},
		board.CountsMsg{Events: 12345, Dead: 3, Alerts: 17, Hits: 41, Rate: 12.34},
		board.ConnectorsMsg{
			{Name: "anpr", State: connectors.StateConnected, Events: 1410, Dead: 2, Rate: 3.2, LastEvent: before(time.Second)},
			{Name: "cap", State: connectors.StateUnreachable, Problem: "the index cannot be read", Events: 4, Rate: 0.1, LastEvent: before(4 * time.Minute)},
			{Name: "dispatch", State: connectors.StateStarting},
		},
	}
	for _, msg := range messages {
		m, _ = m.Update(msg)
	}
	return m
}

func content(m tea.Model) string { return m.View().Content }

func press(m tea.Model, keys ...rune) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	for _, k := range keys {
		m, cmd = m.Update(tea.KeyPressMsg(tea.Key{Code: k, Text: string(k)}))
	}
	return m, cmd
}

func TestViewIsAsItWas(t *testing.T) {
	help, _ := press(busy(80, 24), '?')
	second, _ := press(busy(80, 24), 'j')
	for name, m := range map[string]tea.Model{
		"80x24": busy(80, 24), "120x40": busy(120, 40), "160x30": busy(160, 30),
		"80x24-help": help, "80x24-selected": second, "80x24-empty": board.New("Roermond", noon),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", ansi.Strip(content(m))+"\n")
		})
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is otherwise now; look, then run with -update:\n%s", name, got)
	}
}

func TestViewNeverOverflows(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[31mred", "火事 in 家", "a\nb\tc", "e\u0301\u200d👩‍🚒"}))
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(20, 220).Draw(t, "width"), rapid.IntRange(10, 70).Draw(t, "height")
		var m tea.Model = board.New(text.Draw(t, "room"), noon)
		m, _ = m.Update(tea.WindowSizeMsg{Width: width, Height: height})
		for i := range rapid.IntRange(0, 40).Draw(t, "incidents") {
			p := picture(fmt.Sprintf("261124-%04d", i), text.Draw(t, "kind"), text.Draw(t, "title"), text.Draw(t, "area"),
				rapid.SampledFrom(fusion.Severities).Draw(t, "severity"), time.Minute, text.Draw(t, "connector"))
			p.Evidence[0].Text = text.Draw(t, "evidence")
			m, _ = m.Update(board.PictureMsg{Picture: p})
		}
		m, _ = m.Update(board.ConnectorsMsg{{Name: text.Draw(t, "name"), Problem: text.Draw(t, "problem")}})
		lines := strings.Split(content(m), "\n")
		if len(lines) != height {
			t.Fatalf("%d lines in a terminal of %d", len(lines), height)
		}
		for _, line := range lines {
			if ansi.StringWidth(line) != width {
				t.Fatalf("a line is %d cells wide in a terminal of %d: %q", ansi.StringWidth(line), width, line)
			}
			if plain := ansi.Strip(line); strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("a line has control characters: %q", plain)
			}
		}
	})
}

func TestSelectionFollowsTheNewestUntilOneIsChosen(t *testing.T) {
	m := busy(80, 24)
	if !strings.Contains(content(m), "why Fire called and seen") {
		t.Error("the pane does not show the newest incident")
	}
	m, _ = press(m, 'j')
	if got := content(m); strings.Contains(got, "why Fire") || !strings.Contains(got, "evidence 1 of dispatch") {
		t.Error("the pane does not show the selected incident")
	}
	m, _ = m.Update(tea.KeyPressMsg(tea.Key{Code: tea.KeyEscape}))
	if !strings.Contains(content(m), "why Fire") {
		t.Error("escape does not go back to the newest incident")
	}
}

func TestPaneStaysUntilOneIsOpenedOrGraver(t *testing.T) {
	quiet := picture("261124-0002", "fight", "Vechtpartij Stationsplein", "centrum", fusion.SeverityMedium, 3*time.Hour, "dispatch")
	quiet.Revision = 4
	m, _ := busy(80, 24).Update(board.PictureMsg{Picture: quiet})
	if !strings.Contains(content(m), "why Fire") {
		t.Error("a mere change of another incident took the pane")
	}
	quiet.Revision, quiet.Severity = 5, fusion.SeverityHigh
	m, _ = m.Update(board.PictureMsg{Picture: quiet})
	if strings.Contains(content(m), "why Fire") {
		t.Error("an incident that became graver is not shown")
	}
}

func TestClosedAndOldRevisions(t *testing.T) {
	p := fire()
	old := p
	old.Revision, old.Title = 1, "an old title"
	m, _ := busy(80, 24).Update(board.PictureMsg{Picture: old})
	if strings.Contains(content(m), "an old title") {
		t.Error("an old revision replaced a newer one")
	}
	p.Revision, p.Status = 4, fusion.PictureClosed
	m, _ = m.Update(board.PictureMsg{Picture: p})
	if strings.Contains(content(m), "Woningbrand") {
		t.Error("a closed incident is still shown")
	}
}

func TestMarksFade(t *testing.T) {
	m := busy(80, 24)
	if !strings.Contains(ansi.Strip(content(m)), "●▮▮▮▮") {
		t.Error("a new incident is not marked")
	}
	m, _ = m.Update(board.TickMsg(noon.Add(time.Minute)))
	if strings.Contains(ansi.Strip(content(m)), "●") {
		t.Error("a mark stands after a minute")
	}
}

func TestQuit(t *testing.T) {
	_, cmd := press(busy(80, 24), 'q')
	if cmd == nil {
		t.Fatal("q does nothing")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("q does not quit")
	}
}

func TestLine(t *testing.T) {
	alerts := []fusion.Alert{
		{
			Action: fusion.AlertOpened, Incident: "261124-0003", Time: noon, Kind: "dwelling-fire", Title: "Woningbrand, Kapellerlaan 112",
			Severity: fusion.SeverityCritical, Area: "centrum", Confidence: 82.4, Evidence: 5, Sources: []string{"dispatch/lmk", "frigate/city"},
		},
		{Action: fusion.AlertEscalated, Time: noon, Kind: "ram-raid", Title: strings.Repeat("lang ", 30) + "\x1b[2J\n", Severity: fusion.SeverityLow, Evidence: 120, Confidence: 100},
	}
	var all strings.Builder
	for _, a := range alerts {
		plain := board.Line(a)
		if got := ansi.Strip(board.ColorLine(a)); got != plain {
			t.Errorf("in colour the line is %q, plain %q", got, plain)
		}
		all.WriteString(plain + "\n")
	}
	golden(t, "lines.txt", all.String())
}
