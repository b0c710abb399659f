package rules

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// legacy is what an event inherits, per rule, from the versions of the same
// thing that it replaces.
type legacy map[string]inheritance

type inheritance struct {
	hit   roleSet
	spent bool
}

// withdraw takes out of the windows what a cancel or an update is about, and
// returns what the update inherits.
func (st *State) withdraw(e *fusion.Event) legacy {
	if e.MsgType != fusion.MsgCancel && e.MsgType != fusion.MsgUpdate {
		return nil
	}
	left := legacy{}
	for _, h := range st.referenced(e) {
		held := st.remove(h)
		i := left[h.rule]
		left[h.rule] = inheritance{i.hit | held.hit, i.spent || held.spent}
	}
	return left
}

// referenced are the holders of what the event names: its own thing as far as
// it is not newer, and the ids and subjects that it refers to.
func (st *State) referenced(e *fusion.Event) []holder {
	var found []holder
	add := func(handle string, evenNewer bool) {
		for _, h := range st.holders[handle] {
			held := st.entry(h)
			if h.id == e.ID || slices.Contains(found, h) || !evenNewer && held.event.Time.After(e.Time) {
				continue
			}
			found = append(found, h)
		}
	}
	if e.Subject != "" {
		add(thing(e.Source, e.Subject), false)
	}
	for _, r := range e.References {
		add(handleOf(fusion.EventID(r)), true)
		add(thing(e.Source, r), false)
	}
	return found
}

func (st *State) entry(h holder) *entry {
	entries := st.rules[h.rule].windows[h.key].entries
	return entries[slices.IndexFunc(entries, func(e *entry) bool { return e.event.ID == h.id })]
}

// remove takes one event out of its window.
func (st *State) remove(h holder) *entry {
	w := st.rules[h.rule].windows[h.key]
	held := st.entry(h)
	w.entries = slices.DeleteFunc(w.entries, func(e *entry) bool { return e == held })
	st.rules[h.rule].drop(h.key, w)
	st.release(h.rule, h.key, held.event)
	st.stir(place{h.rule, h.key})
	return held
}

// supersede lets the arriving event take the roles that earlier versions of
// its thing fill in the rule's windows, and gives up those that a later one
// fills already, except where every version counts. False: nothing is left
// for it.
func (st *State) supersede(rule string, e *entry, every roleSet) bool {
	if e.event.Subject == "" {
		return true
	}
	for _, h := range slices.Clone(st.holders[thing(e.event.Source, e.event.Subject)]) {
		if h.rule != rule {
			continue
		}
		held := st.entry(h)
		shared := held.roles & e.roles &^ every
		switch {
		case shared == 0:
		case held.event.Time.After(e.event.Time):
			e.roles &^= shared
		default:
			e.hit |= held.hit & shared
			e.spent = e.spent || held.spent
			if held.roles &^= shared; held.roles == 0 {
				st.remove(h)
			}
		}
	}
	return e.roles != 0
}
