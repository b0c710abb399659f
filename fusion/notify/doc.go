// Package notify tells people of incidents on their phones, in their mail and
// on topics of their own. It reads the stream ALERTS behind the engine and the
// outbox, and is the last on the data's way.
//
// An alert passes through stages, one file each. Route: whom is it for, by
// conditions over the alert. Group: what goes into one message, and when.
// Mute: silences and quiet hours. Dedup: who was told what. Rate: how many
// messages one receiver gets. Send: over NATS or a service of shoutrrr.
// Record: what was told stands in a key-value bucket before and after each
// message. All decisions are made by a core without clock and I/O, to which
// the room's clock and the wall clock are given; Run is the loop around it.
//
// What it guarantees: every alert that a route matches is told to somebody, is
// shown as held, or ends in the dead letters with the reason; what is held
// back for a rate is summarised with its count. The end of an incident that
// somebody was told of is told to them, silence or not. Nothing repeats after
// a restart, but for a message that was on its way when the program died; it
// is sent again with the same idempotency key.
//
// It takes no decisions about incidents: the only command that comes out of it
// is the acknowledgement of a person who followed a signed link, and that goes
// through the desk like every other.
package notify
