package score

import (
	"math"
	"strings"
	"testing"
)

// The example of Bagga and Baldwin (1998): truths {1..5}, {6,7}, {8..C},
// answers {1..5}, {6,7,8..C}; precision 76 %, recall 100 %.
func TestBCubedOfBaggaAndBaldwin(t *testing.T) {
	items := clusters("a a a a a", "1 1 1 1 1", "b b", "2 2", "c c c c c", "2 2 2 2 2")
	got := bcubed(items, nil)
	// (5*1 + 2*2/7 + 5*5/7)/12 = (5 + 29/7)/12
	want(t, got, BCubed{12, (5 + 29.0/7) / 12, 1, 0})
}

func TestBCubedByHand(t *testing.T) {
	for name, c := range map[string]struct {
		items []item
		want  BCubed
	}{
		// Each of 3 alone: precision 1, recall 1/3.
		"an incident in pieces": {clusters("a a a", "1 2 3"), BCubed{3, 1, 1.0 / 3, 0.5}},
		// Events in no picture are pieces too: recall (2*2/3 + 1/3)/3 = 5/9, F1 = 10/14.
		"one left out": {clusters("a a a", "1 1 -"), BCubed{3, 1, 5.0 / 9, 10.0 / 14}},
		// Two background events in one picture: precision (2*2/4 + 1/4 + 1/4)/4 = 3/8, recall 1, F1 = 6/11.
		"background swallowed": {clusters("a a - -", "1 1 1 1"), BCubed{4, 3.0 / 8, 1, 6.0 / 11}},
		// Background that stays alone is right.
		"background alone": {clusters("- - -", "- - -"), BCubed{3, 1, 1, 1}},
		// Precision (3/4*3 + 1/4)/4 = 5/8... of a: 3/4 each, of b: 1/4 and 1; recall a 1, b 1/2 each.
		"one of another": {clusters("a a a b b", "1 1 1 1 2"), BCubed{5, (3*0.75 + 0.25 + 1) / 5, 0.8, 2 * 0.7 * 0.8 / 1.5}},
		"nothing":        {nil, BCubed{}},
	} {
		t.Run(name, func(t *testing.T) { want(t, bcubed(c.items, nil), c.want) })
	}
	// Over labelled items only, the background still spoils their cluster.
	got := bcubed(clusters("a a - -", "1 1 1 -"), func(i item) bool { return i.truth != "" })
	want(t, got, BCubed{2, 2.0 / 3, 1, 0.8})
}

func want(t *testing.T, got, want BCubed) {
	t.Helper()
	if want.F1 == 0 && want.Precision > 0 {
		want.F1 = 2 * want.Precision * want.Recall / (want.Precision + want.Recall)
	}
	far := func(a, b float64) bool { return math.Abs(a-b) > 1e-6 }
	if got.Events != want.Events || far(got.Precision, want.Precision) || far(got.Recall, want.Recall) || far(got.F1, want.F1) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// clusters pairs words of truths with words of predictions; - is alone.
func clusters(pairs ...string) (items []item) {
	for i := 0; i < len(pairs); i += 2 {
		predicted := strings.Fields(pairs[i+1])
		for n, truth := range strings.Fields(pairs[i]) {
			items = append(items, item{strings.Trim(truth, "-"), strings.Trim(predicted[n], "-")})
		}
	}
	return items
}
