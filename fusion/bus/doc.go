// Package bus is the room's message bus: a NATS server with JetStream inside
// the program, or the connection to one outside. It lies between the ingest,
// which writes the log, and the engine and the outbox, which read it and write
// the output streams.
//
// What it guarantees: a message that was acknowledged is on disk; the log is
// read from a given sequence without repeats, and every hole is reported; an
// output is stored once and in order, and a second writer is refused; a full
// disk heals by a restart of the server inside the running program, and
// clients inside and outside connect again by themselves.
//
// It does not look into messages and it does not decide who may see a picture;
// it knows only which user may use which subject.
package bus
