// Package ingest writes the events of all connectors to the log of the room.
// It lies between the connectors and the bus.
//
// It collects events per subject while the message before is on its way to
// disk, packs them into one CloudEvents batch, publishes that, and tells each
// connector when its events are durable. While the bus is away or the log is
// full it tries again for ever and lets the connectors wait: nothing is
// dropped. What cannot be an event goes to the dead-letter stream with its
// reason and its original bytes.
//
// Events of one connector and one retention class keep their order. A batch
// whose acknowledgement was lost is published again under the same message id;
// should it be stored twice all the same, the engine knows its events by their
// ids. The ingest does not look for duplicates itself.
package ingest
