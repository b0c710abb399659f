package board

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// The messages that feed a board.
type (
	// PictureMsg is a new revision of an incident picture.
	PictureMsg struct{ fusion.Picture }
	// ConnectorsMsg is how all connectors do.
	ConnectorsMsg []connectors.Status
	// CountsMsg is what went through the room since it started.
	CountsMsg struct {
		Events, Dead, Alerts, Hits int64
		Rate                       float64 // events a second
	}
	// TickMsg is the time of day, once a second.
	TickMsg time.Time
)

// markFor is how long a change stays marked.
const markFor = 6 * time.Second

// Model is the state of the board.
type Model struct {
	room     string
	now      time.Time
	width    int
	height   int
	pictures map[fusion.PictureID]fusion.Picture
	changed  map[fusion.PictureID]time.Time // when the board last heard of it
	newest   fusion.PictureID               // that was opened or became graver last
	selected fusion.PictureID               // "": follows the newest
	status   ConnectorsMsg
	counts   CountsMsg
	help     bool
}

// New makes an empty board of a room. Times are shown in the location of now.
func New(room string, now time.Time) Model {
	return Model{
		room: room, now: now, width: 80, height: 24,
		pictures: map[fusion.PictureID]fusion.Picture{}, changed: map[fusion.PictureID]time.Time{},
	}
}

// Init starts the clock.
func (m Model) Init() tea.Cmd { return tick() }

func tick() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return TickMsg(t) })
}

// Update takes a message in.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case TickMsg:
		m.now = time.Time(msg).In(m.now.Location())
		return m, tick()
	case PictureMsg:
		m.learn(msg.Picture)
	case ConnectorsMsg:
		m.status = msg
	case CountsMsg:
		m.counts = msg
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return m, nil
}

// learn keeps the newest revision of an open incident and forgets a closed
// one.
func (m *Model) learn(p fusion.Picture) {
	known, ok := m.pictures[p.ID]
	if ok && known.Revision > p.Revision {
		return
	}
	if !p.Open() {
		delete(m.pictures, p.ID)
		delete(m.changed, p.ID)
		if m.selected == p.ID {
			m.selected = ""
		}
		return
	}
	m.pictures[p.ID], m.changed[p.ID] = p, m.now
	if !ok || rank(p.Severity) < rank(known.Severity) {
		m.newest = p.ID
	}
}

func (m Model) key(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "ctrl+c":
		return m, tea.Quit
	case "?":
		m.help = !m.help
	case "esc":
		m.help, m.selected = false, ""
	case "down", "j":
		m.move(1)
	case "up", "k":
		m.move(-1)
	case "home", "g":
		m.move(-len(m.pictures))
	case "end", "G":
		m.move(len(m.pictures))
	}
	return m, nil
}

// move selects the incident that stands so many places further down.
func (m *Model) move(by int) {
	order := m.order()
	if len(order) == 0 {
		return
	}
	at := 0
	for i, p := range order {
		if p.ID == m.shown() {
			at = min(max(i+by, 0), len(order)-1)
		}
	}
	m.selected = order[at].ID
}

// shown is the incident in the pane: the selected one, else the newest.
func (m *Model) shown() fusion.PictureID {
	for _, id := range []fusion.PictureID{m.selected, m.newest} {
		if _, ok := m.pictures[id]; ok {
			return id
		}
	}
	if order := m.order(); len(order) > 0 {
		return order[0].ID
	}
	return ""
}

// View draws the board on the alternate screen.
func (m Model) View() tea.View {
	v := tea.NewView(m.Content())
	v.AltScreen = true
	v.WindowTitle = "iRoom " + clean(m.room)
	return v
}
