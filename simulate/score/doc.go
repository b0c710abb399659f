// Package score measures how well the room fuses events into incidents: it
// plays events whose truth is known into the real engine and compares the
// pictures that come about with the incidents that really were.
//
// It stands beside the room, like the simulated city: events as lines of
// CloudEvents JSON come in, a report goes out. The engine and the rules are the
// room's own. Nothing is published, and the same files give the same report.
//
// # Time
//
// The log's time is `recordedtime` (`time` where that is missing) in the order
// of the file; an event recorded earlier than the one before it gets the time
// of that one. Where nothing comes for a second the log has a tick, as in a
// room; from ten minutes of silence on a tick every 15 s, which gives the same,
// since deadlines pass at their own time and the room is never blind.
//
// # Truth
//
// A truth is lines of {"event": ID, "incident": LABEL}. An event whose incident
// is null, or that no line names, is background: it is an incident of its own
// that nothing else belongs to.
//
// # Prediction
//
// The predicted incident of an event is the picture that it first became
// evidence of; a picture that was merged counts as the one that it goes on in.
// An event that became evidence of none is a cluster of its own. "Assigned
// only" leaves such events out of both sides.
//
// # Figures
//
// B-cubed (Bagga and Baldwin, 1998) of an event: precision is the share of the
// events in its predicted cluster that are of its true incident, recall the
// share of the events of its true incident that are in its predicted cluster;
// itself counts in both. Precision and recall are the means over all events,
// F1 is their harmonic mean. Much background that rightly stays alone raises
// them, so they are also given over labelled events only: the mean runs over
// the events of true incidents, and clusters count as they are.
//
// A picture is about the incident to which most of its labelled evidence
// belongs; of equals, the one that came first. It is false when all its
// evidence is background. An incident is detected when a picture is about it;
// the delay is from the time of the incident's first event to the room's clock
// when the first of these pictures was opened.
//
// Calibration compares the last confidence of pictures with the share of them
// that is not false; the calibration error is the mean difference, weighted by
// the number of pictures.
//
// A hit of a rule that opened or joined a picture is right when all its inputs
// are of the incident that the picture is about. A rule's precision is the
// share of right hits, its recall the share of all incidents of which it had a
// right hit.
package score
