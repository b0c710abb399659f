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
	for _, held := range st.referenced(e) {
		st.remove(held)
		i := left[held.home.place.rule]
		left[held.home.place.rule] = inheritance{i.hit | held.hit, i.spent || held.spent}
	}
	return left
}

// referenced are the entries of what the event names: its own thing as far as
// it is not newer, and the ids and subjects that it refers to.
func (st *State) referenced(e *fusion.Event) []*entry {
	var found []*entry
	add := func(list []*entry, evenNewer bool) {
		for _, held := range list {
			if held.id() != e.ID && !slices.Contains(found, held) && (evenNewer || !held.time().After(e.Time)) {
				found = append(found, held)
			}
		}
	}
	if e.Subject != "" {
		add(st.held.byThing(e.Source, e.Subject), false)
	}
	for _, r := range e.References {
		add(st.held.byID(fusion.EventID(r)), true)
		add(st.held.byThing(e.Source, r), false)
	}
	return found
}

// remove takes one event out of its window.
func (st *State) remove(held *entry) {
	w := held.home
	w.entries = slices.DeleteFunc(w.entries, func(e *entry) bool { return e == held })
	st.held.remove(held)
	st.stir(w.place)
	st.rules[w.place.rule].drop(w.place.key, w)
}

// supersede lets the arriving event take the roles that earlier versions of
// its thing fill in the rule's windows, and gives up those that a later one
// fills already, except where every version counts. False: nothing is left
// for it.
func (st *State) supersede(rule string, e *entry, every roleSet) bool {
	_, source, subject := e.identity()
	if subject == "" {
		return true
	}
	of := func(held *entry) bool { return held.roles&e.roles&^every != 0 && held.home.place.rule == rule }
	for _, held := range st.held.byThingOf(source, subject, of) {
		shared := held.roles & e.roles &^ every
		switch {
		case shared == 0: // since an earlier one of the list was newer than e
		case held.at > e.at:
			e.roles &^= shared
		default:
			e.hit |= held.hit & shared
			e.spent = e.spent || held.spent
			if held.roles &^= shared; held.roles == 0 {
				st.remove(held)
			}
		}
	}
	return e.roles != 0
}
