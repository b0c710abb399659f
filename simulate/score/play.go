package score

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// Ticks of a silent log.
const (
	tick     = time.Second
	longTick = 15 * time.Second // below the time after which a room was blind
	longGap  = 10 * time.Minute
)

// ownKinds are the kinds of pictures that are about the room itself: what it
// does not see, and who looks. They are no incidents of the world.
var ownKinds = []string{"connector", "sensor", "coverage", "audit"}

// Input is what is played.
type Input struct {
	Content  engine.Content // rules, areas and parameters
	Lists    map[string][]store.ListEntry
	Events   iter.Seq2[*fusion.Event, error]
	Truth    Truth
	Progress func(events int) // is told after every event; may be nil
}

// seen is an event that was played.
type seen struct {
	event   *fusion.Event
	picture fusion.PictureID // the first that it became evidence of
	hit     bool             // a live rule matched it
}

// player plays events into an engine and notes where they go.
type player struct {
	engine    *engine.Engine
	seq       uint64
	clock     time.Time
	seen      map[fusion.EventID]*seen
	order     []*seen
	pictures  map[fusion.PictureID]*fusion.Picture // newest revision of each
	hits      []fusion.Hit
	decisions map[fusion.EventID]engine.Decision // the newest that left the event out
	repeated  int
}

// Play plays the input to its end and scores what came about.
func Play(in Input) (*Report, error) {
	content, _, err := engine.EncodeContent(in.Content)
	if err != nil {
		return nil, err
	}
	bundle, err := engine.CompileBundle(content)
	if err != nil {
		return nil, err
	}
	p := &player{
		seen: map[fusion.EventID]*seen{}, pictures: map[fusion.PictureID]*fusion.Picture{},
		decisions: map[fusion.EventID]engine.Decision{},
	}
	if p.engine, err = engine.New(func(string) (*engine.Bundle, error) { return bundle, nil }); err != nil {
		return nil, err
	}
	p.engine.Decided = p.decided
	n := 0
	for e, err := range in.Events {
		if err == nil && n == 0 {
			p.clock = rehearsal.Recorded(e)
			err = p.begin(bundle.Hash, in.Lists)
		}
		if err == nil {
			err = p.event(e)
		}
		if err != nil {
			return nil, err
		}
		if n++; in.Progress != nil {
			in.Progress(n)
		}
	}
	if err := p.until(p.clock.Add(settle(bundle))); err != nil {
		return nil, err
	}
	return p.report(in.Truth), nil
}

// settle is a time after which nothing of the rules is pending.
func settle(b *engine.Bundle) (longest time.Duration) {
	for _, r := range b.Rules.Rules() {
		longest = max(longest, r.Window())
	}
	return longest + longGap
}

// begin puts the rules and the lists on the log.
func (p *player) begin(hash string, lists map[string][]store.ListEntry) error {
	if err := p.send(fusion.SubjectConfig, engine.Activation{Bundle: hash, Engine: engine.Version}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		for _, change := range engine.ListChanges(lists[name]) {
			if err := p.send(fusion.ListSubject(name), change); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *player) send(subject string, v any) error {
	b, err := fusion.Encode(v)
	if err != nil {
		return err
	}
	return p.step(subject, b)
}

func (p *player) event(e *fusion.Event) error {
	if err := p.until(rehearsal.Recorded(e)); err != nil {
		return err
	}
	if _, known := p.seen[e.ID]; known {
		p.repeated++
	} else {
		s := &seen{event: e}
		p.seen[e.ID] = s
		p.order = append(p.order, s)
	}
	b, err := fusion.Encode(e)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.ID, err)
	}
	return p.step(fusion.EventSubject(fusion.PublisherRoom, "score"), fusion.EncodeBatch([][]byte{b}))
}

// until lets the time pass in which nothing comes.
func (p *player) until(t time.Time) error {
	pause := tick
	if t.Sub(p.clock) > longGap {
		pause = longTick
	}
	for t.Sub(p.clock) > pause {
		p.clock = p.clock.Add(pause)
		if err := p.step(fusion.SubjectTick, []byte("{}")); err != nil {
			return err
		}
	}
	if t.After(p.clock) {
		p.clock = t
	}
	return nil
}

func (p *player) step(subject string, data []byte) error {
	p.seq++
	effects, err := p.engine.Step(engine.Message{Seq: p.seq, Subject: subject, Time: p.clock, Data: data})
	if err != nil {
		return err
	}
	if len(effects.Refused) > 0 {
		return effects.Refused[0].Rejection
	}
	for _, o := range effects.Outputs {
		if err := p.note(o); err != nil {
			return fmt.Errorf("read the output of message %d: %w", p.seq, err)
		}
	}
	return nil
}

// note keeps what the room says of a picture or of hits.
func (p *player) note(o engine.Output) error {
	switch o.Stream {
	case fusion.StreamHits:
		var batch engine.HitBatch
		if err := json.Unmarshal(o.Data, &batch); err != nil {
			return err
		}
		p.hits = append(p.hits, batch.Hits...)
		for _, h := range batch.Hits {
			for _, in := range h.Inputs {
				if s := p.seen[in.Event]; s != nil && h.Mode == "live" {
					s.hit = true
				}
			}
		}
	case fusion.StreamPictures:
		picture := new(fusion.Picture)
		if err := json.Unmarshal(o.Data, picture); err != nil {
			return err
		}
		if slices.Contains(ownKinds, picture.Kind) {
			return nil
		}
		p.pictures[picture.ID] = picture
		for _, v := range picture.Evidence {
			if s := p.seen[v.Event]; s != nil && s.picture == "" {
				s.picture = picture.ID
			}
		}
	}
	return nil
}

// decided remembers why an event is in no picture.
func (p *player) decided(d engine.Decision) {
	if d.Picture != "" {
		return
	}
	for _, in := range d.Hit.Inputs {
		if before, ok := p.decisions[in.Event]; !ok || d.BestScore() >= before.BestScore() {
			p.decisions[in.Event] = d
		}
	}
}

// goesOn follows merges to the picture that has everything now.
func (p *player) goesOn(id fusion.PictureID) fusion.PictureID {
	for range p.pictures {
		picture := p.pictures[id]
		if picture == nil {
			return id
		}
		i := slices.IndexFunc(picture.Links, func(l fusion.Link) bool { return l.Kind == fusion.LinkMergedInto })
		if i < 0 {
			return id
		}
		id = picture.Links[i].Picture
	}
	return id
}
