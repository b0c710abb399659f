// Package load puts a room under load and measures how long it takes from a
// source handing over an event to the alert on the topic.
//
// The load is open: events are handed over by a timetable that does not wait
// for the room, and a latency counts from the time in the timetable, so a room
// that stalls cannot hide it. Among the background are probes, incidents of
// which each opens a picture, and so gives an alert.
//
// Beside the room runs the bare log: the same events, the same outputs, the
// same streams and the same syncs, and nothing in between. What the room takes
// longer than that is what fusing costs. Both run in this process, one after
// the other, in rounds, so that a busy machine hits both.
package load
