package desk

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

const (
	keepTables   = 32              // that somebody turns pages of
	keepTableFor = 2 * time.Minute // since its last page
)

// cursor is where a list goes on. Clients do not look into it.
type cursor struct {
	Table string `json:"t"` // that the first page was made of
	Asked uint64 `json:"q"` // what was asked: another question has other pages
	After rank   `json:"r"`
}

func (c cursor) encode() (string, error) {
	b, err := fusion.Encode(c)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func decodeCursor(text string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, into, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return fusion.Errorf(fusion.KindInvalid, "read the cursor", "it is none of this room").WithHint("ask for the first page")
	}
	return nil
}

// fingerprint tells questions apart.
func fingerprint(question any) (uint64, error) {
	b, err := fusion.Encode(question)
	if err != nil {
		return 0, fmt.Errorf("encode the question: %w", err)
	}
	h := fnv.New64a()
	_, err = h.Write(b)
	return h.Sum64(), err
}

// shelf keeps the tables that somebody turns pages of.
type shelf struct {
	mu   sync.Mutex
	mark string // of this process: another one numbers other tables
	list []shelved
}

type shelved struct {
	name  string
	table *store.Table
	used  time.Time
}

func newShelf() *shelf { return &shelf{mark: rand.Text()[:8]} }

// keep keeps a table and returns its name.
func (s *shelf) keep(t *store.Table, now time.Time) string {
	name := fmt.Sprintf("%s-%d", s.mark, t.Applied)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy(now)
	s.list = slices.DeleteFunc(s.list, func(k shelved) bool { return k.name == name })
	s.list = append(s.list[max(0, len(s.list)-keepTables+1):], shelved{name, t, now})
	return name
}

// get returns a table that is kept, nil when it is not.
func (s *shelf) get(name string, now time.Time) *store.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy(now)
	for i, k := range s.list {
		if k.name == name {
			k.used = now
			s.list = append(slices.Delete(s.list, i, i+1), k)
			return k.table
		}
	}
	return nil
}

func (s *shelf) tidy(now time.Time) {
	s.list = slices.DeleteFunc(s.list, func(k shelved) bool { return now.Sub(k.used) > keepTableFor })
}

// pages is one question about a table, from one place on.
type pages struct {
	*matcher
	sort  Sort
	base  *store.Table // that the first page was made of: its order stays
	now   *store.Table // what has left or does not match any more is passed over
	after *rank        // nil: from the start
	limit int
}

// page returns the rows of the next page, as they are now, how many there are
// on all pages, and where the next one begins; nil at the end.
func (p pages) page() (rows []*store.Row, total int, next *rank) {
	keep := first{sort: p.sort, n: p.limit + 1}
	for slot, was := range p.sort.scan(p.base) {
		is := was
		if p.now != p.base {
			if is = p.now.Same(slot, was.ID); is == nil {
				continue
			}
		}
		if !p.matches(was) || is != was && is.Brief != was.Brief && !p.matches(is) {
			continue
		}
		total++
		if r := p.sort.rank(was); p.after == nil || p.sort.compare(r, *p.after) > 0 {
			keep.add(r, is)
		}
	}
	keep.cut()
	for i, k := range keep.list {
		if i == p.limit {
			return rows, total, &keep.list[i-1].rank
		}
		rows = append(rows, k.row)
	}
	return rows, total, nil
}
