package simulate

import (
	"container/heap"
	"iter"
	"time"
)

// Emissions is everything that the devices of the city send, in the order of
// At and without end. It depends on the seed alone.
func (c *City) Emissions() iter.Seq[Emission] {
	return func(yield func(Emission) bool) { c.run(yield, func(Incident) {}) }
}

// Truth gives the incidents that start before the time, with what belongs to
// them, in the order of their starts.
func (c *City) Truth(until time.Duration) []Incident {
	var all []Incident
	index := map[string]int{}
	c.run(func(e Emission) bool {
		if i, ok := index[e.Truth]; ok {
			all[i].Emits[e.Device]++
			all[i].Last = e.At
		}
		return e.At < until+longestIncident
	}, func(i Incident) {
		if i.Start < until {
			i.Emits = map[Device]int{}
			index[i.Label] = len(all)
			all = append(all, i)
		}
	})
	return all
}

func (c *City) run(yield func(Emission) bool, report func(Incident)) {
	a := &agenda{report: report}
	c.startTraffic(a)
	c.startNoise(a)
	c.startIncidents(a)
	for a.Len() > 0 {
		next := heap.Pop(a).(item)
		if next.process != nil {
			next.process(next.at)
		} else if !yield(*next.emission) {
			return
		}
	}
}

// agenda is what lies ahead, in the order of time; what falls together keeps
// the order in which it was planned.
type agenda struct {
	items   []item
	planned int
	report  func(Incident)
}

// item is an emission, or a process that plans others at its time.
type item struct {
	at       time.Duration
	order    int
	emission *Emission
	process  func(time.Duration)
}

// send plans an emission.
func (a *agenda) send(e Emission) { a.add(item{at: e.At, emission: &e}) }

// at plans a process, which sees no emission before its time.
func (a *agenda) at(t time.Duration, process func(time.Duration)) {
	a.add(item{at: t, process: process})
}

// every repeats a process; gap gives the time until the next.
func (a *agenda) every(first time.Duration, gap func() time.Duration, process func(time.Duration)) {
	a.at(first, func(t time.Duration) {
		process(t)
		a.every(t+gap(), gap, process)
	})
}

func (a *agenda) add(i item) {
	i.order = a.planned
	a.planned++
	heap.Push(a, i)
}

func (a *agenda) Len() int { return len(a.items) }

func (a *agenda) Less(i, j int) bool {
	if a.items[i].at != a.items[j].at {
		return a.items[i].at < a.items[j].at
	}
	return a.items[i].order < a.items[j].order
}

func (a *agenda) Swap(i, j int) { a.items[i], a.items[j] = a.items[j], a.items[i] }

func (a *agenda) Push(x any) { a.items = append(a.items, x.(item)) }

func (a *agenda) Pop() any {
	last := a.items[len(a.items)-1]
	a.items = a.items[:len(a.items)-1]
	return last
}
