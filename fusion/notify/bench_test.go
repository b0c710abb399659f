package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// BenchmarkNext decides what is due in a large room that is quiet: 2,000 open
// incidents, 20 receivers, 10 routes of which each incident takes two.
func BenchmarkNext(b *testing.B) {
	var config strings.Builder
	config.WriteString("receivers:\n")
	for i := range 20 {
		fmt.Fprintf(&config, "  - {name: r%d, topic: t%d, rate: {messages: 1, per: 1s}}\n", i, i)
	}
	config.WriteString("routes:\n  - {name: all, who: [r0]}\n")
	for i := range 9 {
		fmt.Fprintf(&config, "  - {name: route%d, when: area == \"a%d\", who: [r%d], escalate: [{after: 5m, who: [r%d]}]}\n", i, i, 2*i, 2*i+1)
	}
	c := newCore(mustCompile(b, config.String()), nil)
	now := start
	for i := range 2000 {
		c.take(fusion.Alert{
			Action: fusion.AlertOpened, Incident: fusion.PictureID(fmt.Sprint(i)), Time: now, Kind: "fire", Title: "Fire", Area: fmt.Sprintf("a%d", i%9),
			Severity: fusion.SeverityHigh, Status: fusion.PictureAcknowledged,
		}, uint64(i+1))
	}
	c.next(times{now, now}) // all in one summary for each receiver
	for _, box := range c.inboxes {
		if box.Out != nil {
			c.sent(box.Out, now)
		}
	}
	now = now.Add(time.Minute)
	for b.Loop() {
		c.next(times{now, now})
	}
}
