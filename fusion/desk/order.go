package desk

import (
	"cmp"
	"iter"
	"slices"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// Sort is an order of incidents.
type Sort string

// The orders of incidents.
const (
	SortNewest   Sort = "newest"   // opened last
	SortOldest   Sort = "oldest"   // opened first
	SortSeverity Sort = "severity" // the gravest, of those the newest
	SortChanged  Sort = "changed"  // changed last
	SortWaiting  Sort = "waiting"  // not acknowledged, of those the oldest; then the others, the oldest first
)

var sorts = []Sort{SortNewest, SortOldest, SortSeverity, SortChanged, SortWaiting}

// lasting reports whether a picture keeps its place in the order for ever.
func (s Sort) lasting() bool { return s == SortNewest || s == SortOldest }

// oldFirst reports whether of equals the one that was opened first comes first.
func (s Sort) oldFirst() bool { return s == SortOldest || s == SortWaiting }

// scan yields the rows of a table so that what comes first in the order mostly
// comes early: then little has to be sorted.
func (s Sort) scan(t *store.Table) iter.Seq2[int, *store.Row] {
	if s.oldFirst() {
		return t.Rows()
	}
	return t.Backwards()
}

// rank is a place in an order; the lowest comes first.
type rank struct {
	A  int64            `json:"a"`
	B  int64            `json:"b"`
	ID fusion.PictureID `json:"id"`
}

func (s Sort) rank(r *store.Row) rank {
	switch s {
	case SortOldest:
		return rank{r.Opened, 0, r.ID}
	case SortSeverity:
		return rank{int64(r.Severity), -r.Opened, r.ID}
	case SortChanged:
		return rank{-r.Changed, 0, r.ID}
	case SortWaiting:
		if r.Status == fusion.PictureNew {
			return rank{0, r.Opened, r.ID}
		}
		return rank{1, r.Opened, r.ID}
	}
	return rank{-r.Opened, 0, r.ID}
}

// compare orders two ranks. Of pictures that are equal the one opened first
// has the lower id, and ids of more digits are higher.
func (s Sort) compare(a, b rank) int {
	if a.A != b.A {
		return cmp.Compare(a.A, b.A)
	}
	if a.B != b.B {
		return cmp.Compare(a.B, b.B)
	}
	if !s.oldFirst() {
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// first keeps the first n of what is added, in order.
type first struct {
	sort Sort
	n    int
	list []ranked
	last rank // of the n-th, once there were more
	full bool
}

type ranked struct {
	rank
	row *store.Row
}

func (f *first) add(r rank, row *store.Row) {
	if f.full && f.sort.compare(r, f.last) >= 0 {
		return
	}
	f.list = append(f.list, ranked{r, row})
	if len(f.list) >= 4*f.n {
		f.cut()
	}
}

func (f *first) cut() {
	slices.SortFunc(f.list, func(a, b ranked) int { return f.sort.compare(a.rank, b.rank) })
	if len(f.list) >= f.n {
		f.list = f.list[:f.n]
		f.last, f.full = f.list[f.n-1].rank, true
	}
}
