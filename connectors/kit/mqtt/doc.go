// Package mqtt is the source of every connector that listens to MQTT topics:
// on a broker that exists already (MQTT 5, or 3.1.1 for old ones), or on the
// room's own listener, to which devices publish directly (3.1.1).
//
// It subscribes with QoS 1 in a persistent session under a stable client id,
// and acknowledges a message to the broker only once the room has taken it
// durably, in the order of receipt. So the broker holds what was published
// with QoS 1 while the room was away, and sends again what it had not taken:
// at least once; the ids of the events make that once. Brokers send again when the
// session resumes; the room's own listener does when its ack_wait (30 s) is over.
//
// A message that was published with QoS 0 carries no promise: it is lost when
// the connection or the room fails at that moment. The publisher chooses the
// QoS. A session that is away for longer than the broker keeps it loses its
// messages too.
//
// The package publishes nothing and reconnects by being opened again. Two
// clients with one client id throw each other out, so the id must be unique at
// the broker.
package mqtt
