// Package desk is where people and walls ask the room, and where their
// commands come in: a NATS micro service on `iroom.api.<endpoint>`. It reads
// the store, which always shows whole steps, and is the only part that
// publishes commands to the log. It keeps no state of its own.
//
// Requests and replies are JSON. A failed request answers with the service
// error headers of NATS micro: a code out of the list of [fusion.Kind] and a
// sentence.
package desk
