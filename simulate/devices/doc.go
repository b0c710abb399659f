// Package devices lets the simulated city speak: it sends the emissions of a
// [simulate.City] in real time, or faster, over the real protocols.
//
// Plate readers and the call taker post over HTTP, Frigate publishes over MQTT
// 3.1.1 with QoS 1, the issuer of warnings serves an Atom index and CAP
// documents over HTTP, the AIS receiver serves lines over TCP, and the
// dispatch system appends to a file. [Start] opens the two servers, so that
// their addresses are known before the room is configured; [Simulation.Run]
// plays.
//
// Each device sends in the order of the schedule and keeps what it could not
// deliver, with a pause that grows, up to a bound; beyond it the oldest is
// dropped and counted, as devices do. What a room refuses for good (HTTP 4xx)
// is not sent again. The package decides nothing about what is sent.
package devices
