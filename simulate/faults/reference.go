package faults

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// reference is a fresh replay of the log that nothing disturbs, with what must
// hold after each of its steps.
type reference struct {
	world    *World
	engine   *engine.Engine
	seq      uint64
	made     map[string][]engine.Output
	pictures map[fusion.PictureID]*fusion.Picture // newest revisions
	refused  []fusion.Place
	known    map[fusion.EventID]time.Time // when an event was surely new
}

func newReference(w *World) *reference {
	r := &reference{world: w}
	r.begin()
	return r
}

func (r *reference) begin() {
	e, err := engine.New(bundle)
	if err != nil {
		r.world.fail("the reference: %v", err)
	}
	r.engine, r.seq, r.refused = e, 0, nil
	r.made, r.pictures, r.known = map[string][]engine.Output{}, map[fusion.PictureID]*fusion.Picture{}, map[fusion.EventID]time.Time{}
}

// forget makes the next advance begin anew: it is about to become known that
// a rule was out of use in the past.
func (r *reference) forget() {
	r.close()
	r.begin()
}

func (r *reference) close() {
	if err := r.engine.Store().Close(); err != nil {
		r.world.notes = append(r.world.notes, err.Error())
	}
}

func (r *reference) clock() time.Time { return r.engine.Clock() }

// advance replays the log up to a message.
func (r *reference) advance(to uint64) {
	if r.seq == 0 {
		r.foresee()
	}
	for ; r.seq < to; r.seq++ {
		m := r.world.log.message(r.seq + 1)
		r.step(engine.Message{Seq: m.Seq, Subject: m.Subject, Time: m.Time, Data: m.Data})
	}
}

func (r *reference) foresee() {
	var list []engine.Quarantine
	for _, m := range r.world.log.messages {
		if m.Subject == fusion.SubjectQuarantine {
			q, err := engine.DecodeQuarantine(m.Data)
			if err != nil {
				r.world.fail("message %d: %v", m.Seq, err)
			}
			list = append(list, q)
		}
	}
	r.engine.Foresee(list)
}

func (r *reference) step(m engine.Message) {
	before := r.engine.Counts()
	effects, err := r.engine.Step(m)
	if err != nil {
		r.world.fail("step %d: %v", m.Seq, err)
	}
	for _, x := range effects.Refused {
		r.refused = append(r.refused, x.Place)
	}
	changed := r.take(effects.Outputs)
	if _, ok := fusion.CommandOf(m.Subject); ok {
		r.checkEvidence(m, changed)
	}
	if fusion.IsEventSubject(m.Subject) {
		r.checkDuplicates(m, before, len(effects.Refused), changed)
	}
	maps.Copy(r.pictures, changed)
}

// take records outputs and returns the pictures that changed.
func (r *reference) take(outputs []engine.Output) map[fusion.PictureID]*fusion.Picture {
	changed := map[fusion.PictureID]*fusion.Picture{}
	for _, o := range outputs {
		if list := r.made[o.Stream]; len(list) > 0 && list[len(list)-1].Place.Compare(o.Place) >= 0 {
			r.world.fail("stream %s: an output at %s follows one at %s", o.Stream, o.Place, list[len(list)-1].Place)
		}
		r.made[o.Stream] = append(r.made[o.Stream], o)
		if o.Stream != fusion.StreamPictures {
			continue
		}
		p := new(fusion.Picture)
		if err := json.Unmarshal(o.Data, p); err != nil {
			r.world.fail("the picture at %s: %v", o.Place, err)
		}
		r.checkRevision(r.pictures[p.ID], p)
		changed[p.ID] = p
	}
	return changed
}

// checkRevision: revisions grow by one, and the room closes no critical
// picture by itself.
func (r *reference) checkRevision(before, p *fusion.Picture) {
	former := uint64(0)
	if before != nil {
		former = before.Revision
		for _, d := range before.Decisions {
			if !slices.ContainsFunc(p.Decisions, func(e fusion.Decision) bool { return e.Command == d.Command }) {
				r.world.fail("incident %s lost the decision %s with revision %d", p.ID, d.Command, p.Revision)
			}
		}
	}
	if p.Revision != former+1 {
		r.world.fail("incident %s goes from revision %d to %d", p.ID, former, p.Revision)
	}
	if p.Severity == fusion.SeverityCritical && p.Outcome == "quiet" {
		r.world.fail("incident %s is critical and closed by itself", p.ID)
	}
	seen := map[fusion.EventID]bool{}
	for _, v := range p.Evidence {
		if seen[v.Event] {
			r.world.fail("event %s is evidence of incident %s twice", v.Event, p.ID)
		}
		seen[v.Event] = true
	}
	if p.EvidenceCount != len(p.Evidence) {
		r.world.fail("incident %s has %d pieces of evidence and says %d", p.ID, len(p.Evidence), p.EvidenceCount)
	}
}

// things are what the evidence of pictures is about. A later version of a
// thing is another event.
func things(pictures map[fusion.PictureID]*fusion.Picture) map[string]bool {
	set := map[string]bool{}
	for _, p := range pictures {
		if p == nil {
			continue
		}
		for _, v := range p.Evidence {
			set[thing(v.Source, v.Type, v.Subject, v.Event)] = true
		}
	}
	return set
}

func thing(source string, kind fusion.EventType, subject string, id fusion.EventID) string {
	return source + " " + string(kind) + " " + cmp.Or(subject, string(id))
}

// checkEvidence: no command loses evidence. (What became due by its time may
// add some.)
func (r *reference) checkEvidence(m engine.Message, changed map[fusion.PictureID]*fusion.Picture) {
	before := map[fusion.PictureID]*fusion.Picture{}
	for id := range changed {
		before[id] = r.pictures[id]
	}
	had, has := things(before), things(changed)
	for thing := range had {
		if !has[thing] {
			r.world.fail("the command at message %d (%s) lost the evidence %s", m.Seq, m.Subject, thing)
		}
	}
}

// remember is how long repeats of events are surely known.
const remember = 10 * time.Minute

// checkDuplicates: every event is counted, and a repeat within the time that
// is promised changes nothing.
func (r *reference) checkDuplicates(m engine.Message, before engine.Counts, refused int, changed map[fusion.PictureID]*fusion.Picture) {
	after, clock := r.engine.Counts(), r.clock()
	events, err := fusion.DecodeBatch(m.Data)
	if err != nil {
		return // a broken batch; checkRefused looks after it
	}
	if n := after.Events - before.Events; n != uint64(len(events)-refused) {
		r.world.fail("message %d has %d events, %d were counted and %d refused", m.Seq, len(events), n, refused)
	}
	if refused > 0 {
		return
	}
	var surely, perhaps uint64
	for _, e := range events {
		switch at, seen := r.known[e.ID]; {
		case !seen:
			r.known[e.ID] = clock
			r.checkEffect(e, changed)
		case clock.Sub(at) < remember:
			surely++
		default:
			perhaps++
		}
	}
	if n := after.Duplicates - before.Duplicates; n < surely || n > surely+perhaps {
		r.world.fail("message %d has at least %d and at most %d repeated events; %d were counted", m.Seq, surely, surely+perhaps, n)
	}
}

// checkEffect: a rule that no quarantine takes out brings every incident of the
// dispatch centre into a picture.
func (r *reference) checkEffect(e *fusion.Event, changed map[fusion.PictureID]*fusion.Picture) {
	if e.Type == fusion.TypeIncident && r.engine.Bundle() != "" && !things(changed)[thing(e.Source, e.Type, e.Subject, e.ID)] {
		r.world.fail("event %s became no evidence", e.ID)
	}
}

// checkDeadlines: nothing that is due has not been done. After the calm
// every picture that closes when it is quiet has closed.
func (r *reference) checkDeadlines() {
	for id, p := range r.pictures {
		switch {
		case !p.Open():
			continue
		case p.Status == fusion.PictureNew && !p.AcknowledgeBy.IsZero() && !p.AcknowledgeBy.After(r.clock()):
			r.world.fail("incident %s was to be acknowledged by %s; it is %s", id, p.AcknowledgeBy, r.clock())
		case p.CloseQuiet > 0 && p.Severity != fusion.SeverityCritical && !p.QuietFrom.Add(time.Duration(p.CloseQuiet)).After(r.clock()):
			r.world.fail("incident %s was to close %s after %s; it is %s", id, p.CloseQuiet, p.QuietFrom, r.clock())
		case p.CloseQuiet > 0 && time.Duration(p.CloseQuiet) < calmTicks*calmTick && p.Severity != fusion.SeverityCritical:
			r.world.fail("incident %s is still open after the calm", id)
		}
	}
}

// checkRedirects: the id of a merged picture leads to one that is not merged,
// every other to itself.
func (r *reference) checkRedirects() {
	err := r.engine.Store().View(func(tx *store.Tx) error {
		for id, p := range r.pictures {
			into, err := tx.Resolve(id)
			if err != nil {
				return err
			}
			if merged := hasLink(p, fusion.LinkMergedInto); merged != (into != id) {
				r.world.fail("incident %s: merged %t, and its id leads to %s", id, merged, into)
			}
			if end := r.pictures[into]; end == nil || hasLink(end, fusion.LinkMergedInto) {
				r.world.fail("incident %s leads to %s, which is not the end", id, into)
			}
		}
		return nil
	})
	if err != nil {
		r.world.fail("redirects: %v", err)
	}
}

func hasLink(p *fusion.Picture, kind string) bool {
	return slices.ContainsFunc(p.Links, func(l fusion.Link) bool { return l.Kind == kind })
}

// checkRefused: what the engine could not read is kept.
func (r *reference) checkRefused() {
	for _, place := range r.refused {
		if !r.world.dead[place] {
			r.world.fail("the event at %s was refused and is not kept", place)
		}
	}
	if len(r.world.dead) != len(r.refused) {
		r.world.fail("%d events are kept as refused; a replay refuses %d", len(r.world.dead), len(r.refused))
	}
}
