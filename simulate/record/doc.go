// Package record makes events of the simulated city faster than time: what its
// devices send goes through the room's own connectors, without network or
// broker, and comes out as the events that a room would have put on its log,
// each with the incident that it belongs to.
//
// The same seed, start and pace give the same events, byte for byte. What is
// broken on purpose is left out, as a room does. The package writes nothing;
// how the room fuses the events is measured by
// [github.com/openiroom/iroom/simulate/score].
package record
