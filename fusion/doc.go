// Package fusion holds the words of the room: the normalized event that every
// connector produces, the incident picture that the room keeps for each thing
// going on, the hits that explain why, and the names of the subjects on which
// all of them travel.
//
// It is the vocabulary that every other package shares and imports nothing of
// theirs. It does no I/O, keeps no state and reads no clock.
//
// Conventions that hold throughout: times are UTC; coordinates are WGS 84
// degrees in the order longitude, latitude (RFC 7946); distances are metres;
// speeds are metres per second unless the name says otherwise; courses are
// degrees clockwise from true north.
package fusion
