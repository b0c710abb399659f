package fusion

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// The streams of the room.
const (
	StreamRoom     = "ROOM"     // the log: the only source of truth
	StreamRaw      = "RAW"      // original payloads
	StreamPictures = "PICTURES" // every revision of every picture
	StreamAlerts   = "ALERTS"   // what duty officers subscribe to
	StreamHits     = "HITS"     // every hit with its explanation
	StreamDead     = "DEAD"     // what could not be understood
	StreamAudit    = "AUDIT"    // who read or changed what
)

// Subjects of the log.
const (
	SubjectConfig     = "iroom.in.config"
	SubjectTick       = "iroom.in.tick"
	SubjectQuarantine = "iroom.in.quarantine"
	SubjectErase      = "iroom.in.erase"

	prefixEvent   = "iroom.in.event."
	prefixList    = "iroom.in.list."
	prefixCommand = "iroom.in.command."
)

// PublisherRoom is the publisher token of the built-in ingest.
const PublisherRoom = "room"

// Class is a retention class: how long an event message stays on the log.
type Class string

// EventSubject is the subject on the log of the events of a publisher and a
// class.
func EventSubject(publisher string, class Class) string {
	return prefixEvent + publisher + "." + string(class)
}

// IsEventSubject reports whether a message of the log carries events.
func IsEventSubject(s string) bool { return strings.HasPrefix(s, prefixEvent) }

// ListSubject is the subject on the log of changes to a watchlist.
func ListSubject(list string) string { return prefixList + list }

// ListOf returns the name of the watchlist that a subject of the log changes.
func ListOf(s string) (string, bool) { return strings.CutPrefix(s, prefixList) }

// CommandSubject is the subject on the log of an operator's command.
func CommandSubject(verb string) string { return prefixCommand + verb }

// CommandOf returns the verb of a command on the log.
func CommandOf(s string) (string, bool) { return strings.CutPrefix(s, prefixCommand) }

// AuditSubject is where entries of the audit about something go.
func AuditSubject(what string) string { return "iroom.audit." + what }

// APISubject is where a user of the bus asks an endpoint of the desk. The bus
// lets nobody publish under another's name.
func APISubject(user, endpoint string) string { return "iroom.api." + user + "." + endpoint }

// APIUser is the user that asks on a subject of the desk, "" when it is none.
func APIUser(subject string) string {
	user, _, ok := strings.Cut(strings.TrimPrefix(subject, "iroom.api."), ".")
	if !ok || !strings.HasPrefix(subject, "iroom.api.") {
		return ""
	}
	return user
}

// RawSubject and DeadSubject are where a connector's originals go.
func RawSubject(connector string) string { return "iroom.raw." + connector }

// DeadSubject is where what a connector could not understand goes.
func DeadSubject(connector string) string { return "iroom.dead." + connector }

// PictureSubject is the topic of the revisions of one picture.
func PictureSubject(id PictureID) string { return "iroom.picture." + string(id) }

// AlertSubject is the topic of the alerts of one picture; a picture without
// area is in area `none`.
func AlertSubject(area, kind string, severity Severity, id PictureID) string {
	return fmt.Sprintf("iroom.alert.%s.%s.%s.%s", Token(area), Token(kind), Token(string(severity)), id)
}

// HitSubject is the topic of the hits of a rule.
func HitSubject(rule string) string { return "iroom.hit." + rule }

// Token makes a subject token of any text: lower case, digits and dashes;
// `none` of nothing.
func Token(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if t := strings.TrimRight(b.String(), "-"); t != "" {
		return t
	}
	return "none"
}

// IsToken reports whether s can stand as one token of a subject.
func IsToken(s string) bool { return s != "" && s == Token(s) }

// Place is a place on the log: the stream sequence of the message and the
// index of the event in it. Outputs add the count N of the output made there.
type Place struct {
	Seq   uint64
	Index int
	N     int
}

func (p Place) String() string { return fmt.Sprintf("%d.%d.%d", p.Seq, p.Index, p.N) }

// ParsePlace reads what String wrote.
func ParsePlace(s string) (p Place, err error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return p, fmt.Errorf("%q is not a place on the log", s)
	}
	if p.Seq, err = strconv.ParseUint(parts[0], 10, 64); err == nil {
		if p.Index, err = strconv.Atoi(parts[1]); err == nil {
			p.N, err = strconv.Atoi(parts[2])
		}
	}
	if err != nil {
		return p, fmt.Errorf("%q is not a place on the log: %w", s, err)
	}
	return p, nil
}

// Compare orders places as the log does.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Seq, q.Seq), cmp.Compare(p.Index, q.Index), cmp.Compare(p.N, q.N))
}
