package engine

import (
	"fmt"
	"testing"

	"github.com/openiroom/iroom/fusion"
)

func TestEachRuleKeepsAHit(t *testing.T) {
	var hits []fusion.Hit
	for i := range 200 {
		rule := "busy"
		if i == 3 || i == 120 {
			rule = fmt.Sprint("rare-", i)
		}
		hits = keepHits(append(hits, fusion.Hit{ID: fusion.EventID(fmt.Sprint(i)), Rule: rule}))
	}
	if len(hits) != maxHits || hits[0].Rule != "rare-3" || hits[1].Rule != "rare-120" || hits[maxHits-1].ID != "199" {
		t.Errorf("%d hits, the first of %s and %s, the last %s", len(hits), hits[0].Rule, hits[1].Rule, hits[maxHits-1].ID)
	}
}
