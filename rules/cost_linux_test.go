//go:build !race

package rules

import (
	"math"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestCostFollowsTheRulesThatMatch: an event among ten thousand rules of which
// three can match it costs hardly more than among ten. Times are those of the
// processor, in short runs in turn, and the least of each counts.
func TestCostFollowsTheRulesThatMatch(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles ten thousand rules")
	}
	const fewest, most, bound = 15, 90, 1.3
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	few, many := newRoom(compile(t, selective(10)...)), newRoom(compile(t, selective(10_000)...))
	var costFew, costMany []time.Duration
	ratio := math.Inf(1)
	for trial := 0; trial < fewest || trial < most && ratio > bound; trial++ { // more while others keep the machine busy
		costFew = append(costFew, costOf(few, trial))
		costMany = append(costMany, costOf(many, trial))
		ratio = float64(slices.Min(costMany)) / float64(slices.Min(costFew))
	}
	t.Logf("%v an event among 10 rules, %v among 10,000: %.2f times", slices.Min(costFew), slices.Min(costMany), ratio)
	if ratio > bound {
		t.Errorf("among 10,000 rules an event costs %.2f times what it costs among 10; at most %.1f is accepted", ratio, bound)
	}
}

// costOf is the processor time of an event.
func costOf(r *room, trial int) time.Duration {
	const events = 3000
	from := threadTime()
	for i := range events {
		r.send(passing(trial*events + i))
	}
	return (threadTime() - from) / events
}

func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
