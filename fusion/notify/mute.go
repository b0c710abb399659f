package notify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const (
	maxSilences    = 200
	longestSilence = 31 * 24 * time.Hour
	maxOwner       = 128 // bytes
	maxReason      = 512 // bytes
)

// Silence keeps what matches it from being told for a while. It never hides
// the end of an incident that somebody was told of; what it held back and
// still goes on is told when it ends.
type Silence struct {
	ID     string    `json:"id"`
	When   string    `json:"when"` // condition over the alert, as in a route
	Owner  string    `json:"owner"`
	Reason string    `json:"reason"`
	From   time.Time `json:"from"` // of the room's clock
	Until  time.Time `json:"until"`
}

func (s *Silence) check() (*condition, error) {
	bad := func(format string, args ...any) error {
		return fusion.Errorf(fusion.KindInvalid, "silence", format, args...)
	}
	switch {
	case strings.TrimSpace(s.Owner) == "" || len(s.Owner) > maxOwner:
		return nil, bad("owner is missing or longer than %d bytes; say who answers for it", maxOwner)
	case strings.TrimSpace(s.Reason) == "" || len(s.Reason) > maxReason:
		return nil, bad("reason is missing or longer than %d bytes", maxReason)
	case !s.Until.After(s.From) || s.Until.Sub(s.From) > longestSilence:
		return nil, bad("it lasts %s; a silence lasts more than nothing and at most %s", s.Until.Sub(s.From), fusion.Duration(longestSilence))
	}
	when, err := newCondition(s.When)
	if err != nil {
		return nil, bad("when: %w", err)
	}
	return when, nil
}

// silence is a compiled Silence.
type silence struct {
	Silence
	when *condition
}

// mutes reports whether the silence holds an alert back. A condition that
// fails on it does not.
func (s *silence) mutes(a *fusion.Alert, now time.Time) bool {
	if now.Before(s.From) || !now.Before(s.Until) {
		return false
	}
	ok, err := s.when.eval(a)
	return ok && err == nil
}

// silenced reports whether a silence holds a ticket back.
func (c *core) silenced(t *ticket, now time.Time) bool {
	for _, s := range c.silences {
		if s.mutes(&t.Alert, now) {
			return true
		}
	}
	return false
}

// muted reports whether a ticket must wait. The end of what somebody was told
// of passes silences, not quiet hours, which only delay.
func (c *core) muted(t *ticket, r *route, now time.Time) bool {
	ends := t.Over && len(t.Told) > 0
	return r.isQuiet(now) || !ends && c.silenced(t, now)
}

// addSilence checks and keeps a silence.
func (c *core) addSilence(s Silence) error {
	when, err := s.check()
	if err != nil {
		return err
	}
	if len(c.silences) >= maxSilences {
		return fusion.Errorf(fusion.KindLimit, "silence", "there are %d silences already", maxSilences).WithHint("remove some, or widen one")
	}
	c.silences[s.ID] = &silence{s, when}
	c.change(silencePrefix + s.ID)
	return nil
}

func (c *core) removeSilence(id string) error {
	if c.silences[id] == nil {
		return fusion.Errorf(fusion.KindNotFound, "silence", "there is no silence %q", id).WithHint("iroom notify silence ls lists them")
	}
	delete(c.silences, id)
	c.change(silencePrefix + id)
	return nil
}

// listSilences are the silences by when they end.
func (c *core) listSilences() []Silence {
	var list []Silence
	for _, s := range slices.Collect(maps.Values(c.silences)) {
		list = append(list, s.Silence)
	}
	slices.SortFunc(list, func(a, b Silence) int { return cmp.Or(a.Until.Compare(b.Until), strings.Compare(a.ID, b.ID)) })
	return list
}

// expireSilences forgets those that ended.
func (c *core) expireSilences(now time.Time) {
	for id, s := range c.silences {
		if !now.Before(s.Until) {
			delete(c.silences, id)
			c.change(silencePrefix + id)
		}
	}
}
