package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
)

// Endpoints lists what a client can ask, for documentation.
func Endpoints() []Endpoint { return new(Desk).endpoints() }

func (d *Desk) endpoints() []Endpoint {
	changes := endpoint(EndpointFeedChanges, access.Reader, "What changed since a cursor of the feed; waits for something when there is nothing.", d.feedChanges)
	changes.wait = maxWait + requestTimeout
	list := []Endpoint{
		endpoint(EndpointRoom, access.Reader, "How the room as a whole is doing.", d.status),
		endpoint(EndpointIncidents, access.Reader, "Incidents by filter and order, in pages, now or at a past time.", d.incidents),
		endpoint(EndpointIncident, access.Reader, "One incident, now or at a past time.", d.incident),
		endpoint(EndpointRevisions, access.Reader, "What an incident was after each change, in pages, the oldest first.", d.revisions),
		endpoint(EndpointEvidence, access.Reader, "The whole events that an incident rests on, in pages, read back from the log.", d.evidence),
		endpoint(EndpointFeedSnapshot, access.Reader, "All incidents of a filter at one moment, in pages, and the cursor of that moment.", d.feedSnapshot),
		changes,
		endpoint(EndpointEntity, access.Reader, "The incidents that name an entity, and what is around it.", d.entity),
		endpoint(EndpointCounts, access.Reader, "How many incidents there are by area, kind, severity, status and hour.", d.counts),
		endpoint(EndpointMap, access.Reader, "Incidents as points.", d.pointsOf),
		endpoint(EndpointQuality, access.Reader, "How often each version of a rule was right, and how fast people acted on it.", d.quality),
		endpoint(EndpointConnectors, access.Reader, "How the connectors are doing.", d.connectors),
		endpoint(EndpointAudit, access.Supervisor, "Who read or changed what, the newest first.", d.auditOf),
		endpoint(EndpointLists, access.Engineer, "Entries of watchlists.", d.lists),
		endpoint(EndpointListChange, access.Engineer, "Changes a watchlist.", d.changeList),
		endpoint(EndpointActivate, access.Engineer, "Gives the room other rules.", d.activate),
		endpoint(EndpointDeadList, access.Engineer, "Inputs that could not be understood.", d.deadList),
		endpoint(EndpointDeadShow, access.Engineer, "One such input with its original.", d.deadShow),
		endpoint(EndpointDeadReplay, access.Engineer, "Maps such an input again.", d.deadReplay),
	}
	for _, v := range fusion.Verbs {
		about := fmt.Sprintf("Gives the command %s.", v)
		list = append(list, endpoint(EndpointCommand(v), access.Operator, about, func(ctx context.Context, c *call, o fusion.Command) (fusion.CommandResult, error) {
			return d.command(ctx, c, v, o)
		}))
	}
	return list
}

// maxWait is how long a client may wait for changes of the feed.
const maxWait = 25 * time.Second
