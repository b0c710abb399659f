// Package engine is the heart of the room: a pure function over the log,
//
//	step(state, bundle, message) -> state', effects
//
// It has no clock, no goroutine and no I/O beyond the in-memory store that is
// part of its state. The same log gives the same pictures, byte for byte.
//
// A step advances the clock to the message's stored time, runs the timers
// that are due, and then applies the message: events meet the rules of the
// active bundle, hits are fused into incident pictures, and what changed comes
// out as effects in one order, each with its place. Sending the effects,
// reading the log and writing checkpoints is for others.
package engine
