// Package app puts a room together and runs it: bus, log, engine, outbox,
// ingest, connectors and desk. It is the only package that knows them all.
//
// The data's way: connectors hand events to the ingest, which writes them to
// the log; one goroutine reads the log, steps the engine and sends the effects
// to the outbox; the desk reads the store. Everything that happens in a room
// is on the log first.
package app
