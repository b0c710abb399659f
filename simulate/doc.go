// Package simulate is a Roermond that does not exist: its cameras, plate
// readers, bridges, ships and callers, with everyday traffic and an incident
// every few seconds, all drawn from one seed.
//
// It stands before the room: what it makes is what devices send, in their own
// protocols (see [github.com/openiroom/iroom/simulate/wire]), and never an
// event of the room. This package is pure: [City.Emissions] is a sequence that
// depends on the seed alone, and every emission says which incident it belongs
// to, so that what the room makes of it can be scored. The sending is done by
// [github.com/openiroom/iroom/simulate/devices].
//
// Places and areas are plausible and not true, and no person, vehicle or vessel
// is meant. Telephone numbers begin with +31 6 0, as no mobile number does.
package simulate
