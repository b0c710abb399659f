// Package board is the live board of the room in a terminal: open incidents by
// area, what is known of one of them and why, and how the connectors do.
//
// It stands at the end of the data's way, beside the walls and the topics. It
// is a pure model of Bubble Tea, fed by messages: it asks nobody, keeps
// nothing, and changes nothing in the room. Texts from outside cannot move the
// cursor or change the terminal; no line is ever longer than the terminal is
// wide. Severity is told by a symbol as well as by colour.
package board
