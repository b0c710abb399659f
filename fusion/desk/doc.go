// Package desk is where people and walls ask the room, and where their
// commands come in: a NATS micro service on `iroom.api.<user>.<endpoint>`.
// API.md lists the endpoints with their requests and replies.
//
// It reads what the store holds, which is always the state between two steps,
// and of past times what stream PICTURES holds. It is the only part that
// publishes commands to the log. The bus lets a user publish below its own
// name only, so the desk knows who asks; package access says what that user
// may see and do, and package audit keeps it before the answer goes out.
//
// Lists are made from tables (see [store.Table]) that no step changes any
// more: a query keeps no step waiting, and who turns pages or takes a snapshot
// of the feed sees one moment. The desk keeps a few such tables for minutes
// and nothing else; whatever it forgets, a client gets again by beginning
// anew.
//
// Requests and replies are JSON. A failed request answers with the service
// error headers of NATS micro: a code out of the list of [fusion.Kind] and a
// sentence.
package desk
