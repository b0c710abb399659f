// Package matchbench measures what it costs to decode events and to match them
// against rules: the processor, the wall and the memory, for each event.
//
// It stands beside the room, not in it: nothing is fused, stored or sent, and
// the world is empty (no watchlist has an entry, nothing lies in an area, no
// number of events is expected), so that the figures are those of the codec
// and of the rules alone. The clock is the time of the newest event.
package matchbench
