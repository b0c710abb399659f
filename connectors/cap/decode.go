package cap

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// mapper makes events of a document. It is pure.
type mapper struct {
	source      string
	languages   []string
	reliability string
	credibility int
}

// Map makes one event of each alert in the document. What an index only links
// to is named as skipped: the source fetches it as a document of its own.
func (m *mapper) Map(msg connectors.Message) (out connectors.Mapping) {
	text, err := toUTF8(msg.Payload, msg.Meta["content-type"])
	if err != nil {
		return undecodable(out, err)
	}
	doc, err := parse(text)
	seen := map[fusion.EventID]bool{}
	for _, a := range doc.alerts {
		e, skips, rejection := m.event(a)
		if e != nil && seen[e.ID] {
			e, skips = nil, []string{fmt.Sprintf("the alert %q stands in the document twice", a.name())}
		}
		out.Skips = append(out.Skips, skips...)
		switch {
		case rejection != nil:
			out.Rejects = append(out.Rejects, rejection)
		case e != nil:
			seen[e.ID] = true
			out.Events = append(out.Events, e)
		}
	}
	if err != nil {
		return undecodable(out, err)
	}
	if doc.isIndex() {
		return m.index(out, text, doc)
	}
	return out
}

func (m *mapper) index(out connectors.Mapping, text []byte, doc *document) connectors.Mapping {
	entries, err := indexEntries(text, doc)
	if err != nil {
		return undecodable(out, err)
	}
	for _, e := range entries {
		switch {
		case e.embedded:
		case e.link == "":
			out.Skips = append(out.Skips, "an index entry that names no document: "+e.title)
		default:
			out.Skips = append(out.Skips, "an index entry: "+clip(e.link, maxNote))
		}
	}
	if len(out.Events)+len(out.Skips)+len(out.Rejects) == 0 {
		out.Skips = append(out.Skips, "an index without entries")
	}
	return out
}

func undecodable(out connectors.Mapping, err error) connectors.Mapping {
	code := "syntax"
	if errors.Is(err, errDocType) || errors.Is(err, errUnsupported) {
		code = "unsupported"
	}
	if len(err.Error()) > maxNote { // it quotes the document
		err = errors.New(clip(err.Error(), maxNote))
	}
	out.Rejects = append(out.Rejects, &fusion.Rejection{Code: code, Stage: "decode", Err: err})
	return out
}

// statuses and msgTypes are CAP's values that become events.
var (
	statuses = map[string]fusion.Status{"actual": fusion.StatusActual, "exercise": fusion.StatusExercise, "test": fusion.StatusTest}
	msgTypes = map[string]fusion.MsgType{"alert": fusion.MsgAlert, "update": fusion.MsgUpdate, "cancel": fusion.MsgCancel}
)

// subject names the alert: its identifier is unique at its sender only.
func (a *alert) subject() string { return a.Sender.text + "," + a.Identifier.text }

// name is the subject for a sentence.
func (a *alert) name() string { return clip(a.subject(), 512) }

// event maps one alert; parts that are no event of their own are skips.
func (m *mapper) event(a *alert) (*fusion.Event, []string, *fusion.Rejection) {
	if r := a.required(); r != nil {
		return nil, nil, r
	}
	status, msgType := strings.ToLower(a.Status.text), strings.ToLower(a.MsgType.text)
	switch {
	case status == "draft" || status == "system":
		return nil, []string{fmt.Sprintf("the alert %q has the status %s", a.name(), status)}, nil
	case msgType == "ack" || msgType == "error":
		return nil, []string{fmt.Sprintf("the alert %q is a message of type %s between systems", a.name(), msgType)}, nil
	case statuses[status] == "":
		return nil, nil, fusion.Reject("invalid", "status", "the status is %q; CAP knows Actual, Exercise, System, Test and Draft", clip(a.Status.text, 64))
	case msgTypes[msgType] == "":
		return nil, nil, fusion.Reject("invalid", "msgType", "the message type is %q; CAP knows Alert, Update, Cancel, Ack and Error", clip(a.MsgType.text, 64))
	}
	handling, rejection := a.handling()
	if rejection != nil {
		return nil, nil, rejection
	}
	sent, err := parseTime(a.Sent.text)
	if err != nil {
		return nil, nil, fusion.Reject("invalid", "sent", "the time %q is not a date, a time and an offset from UTC", clip(a.Sent.text, 64))
	}
	e := &fusion.Event{
		ID: m.eventID(a.subject(), sent), Source: m.source, Type: fusion.TypeWarning, Subject: a.subject(),
		Time: sent, Status: statuses[status], MsgType: msgTypes[msgType], Handling: handling,
		Reliability: m.reliability, Credibility: m.credibility,
	}
	n := newNotes()
	e.References = m.references(a.References.text, n)
	if e.MsgType == fusion.MsgCancel && len(e.References) == 0 {
		n.warn("the cancel names no alert that it withdraws")
	}
	n.keepAlert(a)
	skips, rejection := m.info(e, a, n)
	if rejection != nil {
		return nil, nil, rejection
	}
	e.Unmapped = n.unmapped()
	fit(e)
	return e, skips, nil
}

// eventID depends on nothing but the three parts of a CAP reference.
func (m *mapper) eventID(subject string, sent time.Time) fusion.EventID {
	return fusion.NewEventID(m.source, subject, sent.UTC().Format(time.RFC3339Nano))
}

// references gives the ids of the events that were made of the alerts named
// as `sender,identifier,sent`; without a readable time it is the subject.
func (m *mapper) references(text string, n *notes) []string {
	var refs []string
	for ref := range strings.FieldsSeq(text) {
		last, first := strings.LastIndexByte(ref, ','), strings.IndexByte(ref, ',')
		if first < 0 || len(refs) == fusion.MaxListItems {
			n.fault("references", ref, "it is not `sender,identifier,sent`, or one too many")
			continue
		}
		if sent, err := parseTime(ref[last+1:]); err == nil && last > first {
			refs = append(refs, string(m.eventID(ref[:last], sent)))
			continue
		}
		subject := ref
		if last > first {
			subject = ref[:last]
		}
		n.fault("references", ref, "its time is not readable; it is taken as the alert's name")
		refs = append(refs, subject)
	}
	return refs
}

// handling follows the scope: what is not public is not for everybody.
func (a *alert) handling() (*fusion.Handling, *fusion.Rejection) {
	switch strings.ToLower(a.Scope.text) {
	case "public":
		return &fusion.Handling{TLP: "clear", Basis: "public"}, nil
	case "restricted":
		return &fusion.Handling{TLP: "amber", Caveats: []string{clip("restricted by the sender: "+a.Restriction.text, maxNote)}}, nil
	case "private":
		return &fusion.Handling{TLP: "amber+strict", Caveats: []string{"private: for the addressees that the sender named"}}, nil
	}
	return nil, fusion.Reject("invalid", "scope", "the scope is %q; CAP knows Public, Restricted and Private", clip(a.Scope.text, 64))
}
