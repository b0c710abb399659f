package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// give sends a command and returns the answer. Revision 0 means the newest;
// actor and id are filled in.
func (b *bench) give(v fusion.Verb, c fusion.Command) fusion.CommandResult {
	b.t.Helper()
	if c.ID == "" {
		c.ID = uuid.NewSHA1(uuid.Nil, []byte{byte(len(b.log)), byte(len(b.log) >> 8)}).String()
	}
	if c.Actor == "" {
		c.Actor = "jan"
	}
	if c.Revision == 0 {
		if p, err := b.find(c.Incident); err == nil {
			c.Revision = p.Revision
		}
	}
	data, err := fusion.Encode(c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.send(fusion.CommandSubject(string(v)), data)
	return b.answer(c.ID)
}

func (b *bench) answer(id string) (r fusion.CommandResult) {
	b.t.Helper()
	err := b.e.Store().View(func(tx *store.Tx) (err error) {
		r, err = tx.Answer(id)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) find(id fusion.PictureID) (p *fusion.Picture, err error) {
	err = b.e.Store().View(func(tx *store.Tx) error {
		p, err = tx.Picture(id)
		return err
	})
	return p, err
}

func (b *bench) picture(id fusion.PictureID) *fusion.Picture {
	b.t.Helper()
	p, err := b.find(id)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// done gives a command that must be obeyed.
func (b *bench) done(v fusion.Verb, c fusion.Command) fusion.CommandResult {
	b.t.Helper()
	r := b.give(v, c)
	if !r.Applied {
		b.t.Fatalf("%s is refused: %s", v, r.Problem)
	}
	return r
}

// fires opens one picture for each place, so many m to the north.
func (b *bench) fires(north ...float64) []fusion.PictureID {
	b.t.Helper()
	for i, m := range north {
		b.events(b.call(10*i+1, "fire.building", metres(home, m)), b.call(10*i+2, "fire.building", metres(home, m+10)))
	}
	var ids []fusion.PictureID
	for _, p := range b.open() {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	if len(ids) != len(north) {
		b.t.Fatalf("%d pictures are open, want %d", len(ids), len(north))
	}
	return ids
}

func TestCommandsChangePictures(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	lon, lat, ce := 5.99, 51.2, 5.0
	for _, c := range []struct {
		verb  fusion.Verb
		give  fusion.Command
		holds func(*fusion.Picture) bool
	}{
		{fusion.VerbAcknowledge, fusion.Command{Reason: "seen"}, func(p *fusion.Picture) bool {
			return p.Status == fusion.PictureAcknowledged && p.AcknowledgeBy.IsZero()
		}},
		{fusion.VerbAssign, fusion.Command{To: "team-1"}, func(p *fusion.Picture) bool { return p.Assignee == "team-1" }},
		{fusion.VerbNote, fusion.Command{Text: "smoke seen"}, func(p *fusion.Picture) bool { return p.Notes[0].Text == "smoke seen" && p.Notes[0].Who == "jan" }},
		{fusion.VerbLabel, fusion.Command{Add: []string{"b", "a"}}, func(p *fusion.Picture) bool { return slices.Equal(p.Labels, []string{"a", "b"}) }},
		{fusion.VerbLabel, fusion.Command{Remove: []string{"a"}}, func(p *fusion.Picture) bool { return slices.Equal(p.Labels, []string{"b"}) }},
		{fusion.VerbSeverity, fusion.Command{To: "low"}, func(p *fusion.Picture) bool { return p.Severity == fusion.SeverityLow }},
		{fusion.VerbStatus, fusion.Command{To: "monitoring"}, func(p *fusion.Picture) bool { return p.Status == fusion.PictureMonitoring }},
		{fusion.VerbLocate, fusion.Command{Lon: &lon, Lat: &lat, CE: &ce}, func(p *fusion.Picture) bool {
			at, _ := p.Place.Center()
			return at[0] == lon && at[1] == lat && *p.CE == ce && p.PlacedBy == "jan"
		}},
		{fusion.VerbAddEvidence, fusion.Command{Text: "seen from the tower"}, func(p *fusion.Picture) bool {
			at, _ := p.Place.Center()
			return p.EvidenceCount == 3 && p.Evidence[2].Source == "operator" && at[0] == lon
		}},
		{fusion.VerbResolve, fusion.Command{}, func(p *fusion.Picture) bool {
			return p.Status == fusion.PictureResolved && p.ReopenUntil.Equal(b.now.Add(30*time.Minute))
		}},
		{fusion.VerbReopen, fusion.Command{}, func(p *fusion.Picture) bool { return p.Status == fusion.PictureActive && p.ReopenUntil.IsZero() }},
		{fusion.VerbClose, fusion.Command{Outcome: "confirmed"}, func(p *fusion.Picture) bool { return !p.Open() && p.Outcome == "confirmed" && !p.Closed.IsZero() }},
		{fusion.VerbNote, fusion.Command{Text: "later"}, func(p *fusion.Picture) bool { return !p.Open() && len(p.Notes) == 2 }},
		{fusion.VerbReopen, fusion.Command{}, func(p *fusion.Picture) bool { return p.Open() && p.Outcome == "" && p.Closed.IsZero() }},
	} {
		c.give.Incident = id
		before := b.picture(id)
		r := b.done(c.verb, c.give)
		p := b.picture(id)
		last, decided := p.Timeline[len(p.Timeline)-1], p.Decisions[len(p.Decisions)-1]
		if !c.holds(p) || r.Revision != before.Revision+1 || p.Revision != r.Revision {
			t.Errorf("%s: revision %d, answer %+v, picture %+v", c.verb, p.Revision, r, p)
		}
		if last.Who != "jan" || decided.What != c.verb || decided.Who != "jan" || decided.Revision != p.Revision || decided.Reason != c.give.Reason {
			t.Errorf("%s: last line %+v, decision %+v", c.verb, last, decided)
		}
	}
	if again := b.one(); again.ID != id {
		t.Errorf("%s is open", again.ID)
	}
}

func TestCommandsThatAreRefusedChangeNothing(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000)
	id, other := ids[0], ids[1]
	closed := other
	b.done(fusion.VerbClose, fusion.Command{Incident: closed, Outcome: "other"})
	far := 200.0
	for name, c := range map[string]struct {
		verb fusion.Verb
		give fusion.Command
		want fusion.Kind
	}{
		"nobody":              {fusion.VerbNote, fusion.Command{Incident: id, Actor: " ", Text: "x"}, fusion.KindDenied},
		"no such verb":        {"dispatch", fusion.Command{Incident: id}, fusion.KindInvalid},
		"no incident":         {fusion.VerbNote, fusion.Command{Text: "x"}, fusion.KindInvalid},
		"no such incident":    {fusion.VerbNote, fusion.Command{Incident: "010101-0001", Text: "x"}, fusion.KindNotFound},
		"empty note":          {fusion.VerbNote, fusion.Command{Incident: id}, fusion.KindInvalid},
		"bad label":           {fusion.VerbLabel, fusion.Command{Incident: id, Add: []string{"A b"}}, fusion.KindInvalid},
		"no label":            {fusion.VerbLabel, fusion.Command{Incident: id}, fusion.KindInvalid},
		"bad severity":        {fusion.VerbSeverity, fusion.Command{Incident: id, To: "huge"}, fusion.KindInvalid},
		"same severity":       {fusion.VerbSeverity, fusion.Command{Incident: id, To: "medium"}, fusion.KindConflict},
		"bad status":          {fusion.VerbStatus, fusion.Command{Incident: id, To: "closed"}, fusion.KindInvalid},
		"bad outcome":         {fusion.VerbClose, fusion.Command{Incident: id, Outcome: "quiet"}, fusion.KindInvalid},
		"not closed":          {fusion.VerbReopen, fusion.Command{Incident: id}, fusion.KindConflict},
		"assigned to nobody":  {fusion.VerbAssign, fusion.Command{Incident: id}, fusion.KindConflict},
		"closed":              {fusion.VerbAcknowledge, fusion.Command{Incident: closed}, fusion.KindConflict},
		"closed, resolve":     {fusion.VerbResolve, fusion.Command{Incident: closed}, fusion.KindConflict},
		"link with itself":    {fusion.VerbLink, fusion.Command{Incident: id, To: string(id)}, fusion.KindInvalid},
		"link of a kind":      {fusion.VerbLink, fusion.Command{Incident: id, To: string(other), Kind: "possible"}, fusion.KindInvalid},
		"no link":             {fusion.VerbUnlink, fusion.Command{Incident: id, To: string(other)}, fusion.KindConflict},
		"no possible link":    {fusion.VerbConfirmLink, fusion.Command{Incident: id, To: string(other)}, fusion.KindConflict},
		"nothing to reject":   {fusion.VerbRejectLink, fusion.Command{Incident: id, To: string(other)}, fusion.KindConflict},
		"merge into closed":   {fusion.VerbMerge, fusion.Command{Incident: id, Into: closed}, fusion.KindConflict},
		"merge into itself":   {fusion.VerbMerge, fusion.Command{Incident: id, Into: id}, fusion.KindInvalid},
		"split nothing":       {fusion.VerbSplit, fusion.Command{Incident: id, Title: "x"}, fusion.KindInvalid},
		"split what is not":   {fusion.VerbSplit, fusion.Command{Incident: id, Title: "x", Evidence: []fusion.EventID{"none"}}, fusion.KindNotFound},
		"split all":           {fusion.VerbSplit, fusion.Command{Incident: id, Title: "x", Evidence: eventsOf(b.picture(id))}, fusion.KindInvalid},
		"split without title": {fusion.VerbSplit, fusion.Command{Incident: id, Evidence: eventsOf(b.picture(id))[:1]}, fusion.KindInvalid},
		"half a place":        {fusion.VerbLocate, fusion.Command{Incident: id, Lon: &far}, fusion.KindInvalid},
		"no such place":       {fusion.VerbLocate, fusion.Command{Incident: id, Lon: &far, Lat: &far}, fusion.KindInvalid},
		"empty evidence":      {fusion.VerbAddEvidence, fusion.Command{Incident: id}, fusion.KindInvalid},
		"nothing to undo":     {fusion.VerbUndo, fusion.Command{Incident: id, Of: fusion.NewCommandID()}, fusion.KindNotFound},
		"undo what":           {fusion.VerbUndo, fusion.Command{Incident: id}, fusion.KindInvalid},
		"future revision":     {fusion.VerbNote, fusion.Command{Incident: id, Text: "x", Revision: 99}, fusion.KindInvalid},
	} {
		before, outputs := b.picture(id).Revision, len(b.outputs)
		r := b.give(c.verb, c.give)
		if r.Applied || r.Kind != c.want || r.Problem == "" {
			t.Errorf("%s: %+v, want kind %s", name, r, c.want)
		}
		if b.picture(id).Revision != before || len(b.outputs) != outputs {
			t.Errorf("%s: something changed", name)
		}
	}
}

func TestMalformedCommandIsRefused(t *testing.T) {
	b := newBench(t)
	for _, text := range []string{`{"id":`, `{"id":"7","incident":"x","actor":"jan"}`, `{"id":"7f3f2f0a-1111-4111-8111-0123456789ab","unknown":1}`} {
		b.send(fusion.CommandSubject("note"), []byte(text))
	}
	if len(b.refused) != 3 {
		t.Errorf("%d are refused, want 3", len(b.refused))
	}
}

func TestRetryGivesTheSameAnswer(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	c := fusion.Command{ID: fusion.NewCommandID(), Incident: id, Text: "once"}
	first := b.done(fusion.VerbNote, c)
	outputs := len(b.outputs)
	second := b.done(fusion.VerbNote, c)
	if p := b.picture(id); len(p.Notes) != 1 || second.Revision != first.Revision || len(b.outputs) != outputs {
		t.Errorf("%d notes, answers %+v and %+v", len(p.Notes), first, second)
	}
	b.tick(25 * time.Hour)
	b.done(fusion.VerbNote, fusion.Command{Incident: id, Text: "a day later"})
	if r := b.done(fusion.VerbNote, c); r.Revision == first.Revision {
		t.Error("an answer is kept for more than a day")
	}
}

func TestOfTwoOperatorsOneWins(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	seen := b.picture(id).Revision
	b.events(b.call(5, "fire.building", home))
	b.done(fusion.VerbAcknowledge, fusion.Command{Incident: id, Revision: seen, Actor: "anna"})
	r := b.give(fusion.VerbSeverity, fusion.Command{Incident: id, Revision: seen, Actor: "bert", To: "critical"})
	if r.Applied || r.Kind != fusion.KindConflict || r.Revision != seen+2 {
		t.Fatalf("the second operator gets %+v", r)
	}
	var what []string
	for _, line := range r.Changed {
		what = append(what, line.What+" "+line.Who)
	}
	if got := strings.Join(what, ", "); !strings.HasPrefix(got, "evidence") || !strings.HasSuffix(got, "acknowledged anna") {
		t.Errorf("changed since: %s", got)
	}
	for v, c := range map[fusion.Verb]fusion.Command{
		fusion.VerbNote: {Text: "x"}, fusion.VerbLabel: {Add: []string{"x"}}, fusion.VerbAddEvidence: {Text: "x"},
	} {
		c.Incident, c.Revision = id, seen
		b.done(v, c)
	}
}

func TestAcknowledgedIsNotOverdue(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	b.done(fusion.VerbAcknowledge, fusion.Command{Incident: id})
	b.tick(10 * time.Minute)
	if p := b.picture(id); p.Severity != fusion.SeverityMedium {
		t.Errorf("severity %s", p.Severity)
	}
}

func TestResolvedReopensByItselfWithinItsWindow(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	b.done(fusion.VerbResolve, fusion.Command{Incident: id})
	b.tick(10 * time.Minute)
	b.events(b.call(7, "fire.building", home))
	if p := b.one(); p.ID != id || p.Status != fusion.PictureActive || p.EvidenceCount != 3 {
		t.Errorf("%s is %s with %d pieces of evidence", p.ID, p.Status, p.EvidenceCount)
	}
}

func TestResolvedIsFollowedByANewOneAfterItsWindow(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	b.done(fusion.VerbResolve, fusion.Command{Incident: id})
	b.tick(31 * time.Minute)
	b.events(b.call(7, "fire.building", home), b.call(8, "fire.building", home))
	open := b.open()
	if len(open) != 2 {
		t.Fatalf("%d are open, want the resolved one and a new one", len(open))
	}
	next, former := open[0], b.picture(id)
	if former.Status != fusion.PictureResolved || former.EvidenceCount != 2 || !hasLink(former, "related", next.ID) || !hasLink(next, "related", id) {
		t.Errorf("former %s %d %+v, new %+v", former.Status, former.EvidenceCount, former.Links, next.Links)
	}
}

func TestClosedSwallowsNothing(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	b.done(fusion.VerbClose, fusion.Command{Incident: id, Outcome: "confirmed"})
	b.events(b.call(7, "fire.building", home), b.call(8, "fire.building", home))
	if p := b.one(); p.ID == id || b.picture(id).EvidenceCount != 2 {
		t.Errorf("%s is open, the closed one has %d pieces of evidence", p.ID, b.picture(id).EvidenceCount)
	}
}

func TestOutcomesCountForRules(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000, 4000)
	b.done(fusion.VerbClose, fusion.Command{Incident: ids[0], Outcome: "confirmed"})
	b.done(fusion.VerbClose, fusion.Command{Incident: ids[1], Outcome: "unfounded"})
	b.done(fusion.VerbClose, fusion.Command{Incident: ids[2], Outcome: "unfounded"})
	b.done(fusion.VerbReopen, fusion.Command{Incident: ids[2]})
	var list []store.Outcomes
	err := b.e.Store().View(func(tx *store.Tx) (err error) {
		list, err = tx.Outcomes()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][3]int{}
	for _, o := range list {
		got[o.Rule] = [3]int{o.Confirmed, o.Unfounded, o.Other}
	}
	if want := [3]int{1, 1, 0}; got["fire-reported"] != want || got["fire-more"] != want {
		t.Errorf("outcomes %v", got)
	}
}

func hasLink(p *fusion.Picture, kind string, to fusion.PictureID) bool {
	return slices.ContainsFunc(p.Links, func(l fusion.Link) bool { return l.Kind == kind && l.Picture == to })
}

func eventsOf(p *fusion.Picture) (ids []fusion.EventID) {
	for _, v := range p.Evidence {
		ids = append(ids, v.Event)
	}
	slices.Sort(ids)
	return ids
}
