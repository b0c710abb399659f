// Package faults is a small world in which a room runs, fails and starts
// again, in one goroutine and all drawn from one seed: a log, output streams,
// a disk, a network between them, people and devices. It stands for NATS and
// for the machine; the engine, the store, its checkpoints and the sending of
// outputs in it are the real ones, and the caller brings the part of the room
// that joins them (see [Room]).
//
// The world loses, delays, doubles and reorders what is published, loses
// acknowledgements, restarts the bus, fills the disk, forgets what was not
// synced, tears and flips what it has written, moves the clock, starts a second
// engine, and ends the room at any of these moments. People race, retry and
// act on what they saw long ago.
//
// At every checkpoint and at the end it compares the room with a reference: an
// engine that was never disturbed and read the same log. [Run] returns what
// does not hold, with the last things that happened; the same seed makes the
// same run. When the faults have stopped everything must come to its end within
// a bounded number of steps.
//
// It does not simulate time inside the server, several replicas of a stream,
// or connectors: a publisher here is what the ingest and the desk do, which is
// to publish again until it is acknowledged.
package faults
