package app

import (
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/ingest"
)

// classes are the retention classes of the log. The shortest is the floor of
// a replay: nothing younger may be missing.
type classes struct {
	list  []ingest.Class
	floor time.Duration
}

func classesOf(c *config.Config) classes {
	list := ingest.DefaultClasses()
	if len(c.Retention) > 0 {
		list = nil
		for _, k := range c.Retention {
			list = append(list, ingest.Class{Name: fusion.Class(k.Name), Keep: time.Duration(k.Keep)})
		}
	}
	floor := list[0].Keep
	for _, k := range list {
		floor = min(floor, k.Keep)
	}
	return classes{list, floor}
}
