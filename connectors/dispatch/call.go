package dispatch

import (
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

var callPriorities = []string{"highest", "high", "normal", "low", "lowest"}

// readCall makes the event of a call that came in.
func (r *eidoReader) readCall(call *callPart) {
	switch {
	case call.ID == "":
		r.reject("missing", "callComponent.$id", "a call has no $id, which is its identifier")
		return
	case call.Direction != "" && !strings.EqualFold(call.Direction, "incoming"):
		r.skip("a call that did not come in")
		return
	}
	at, err := stamp(call.Start)
	if err != nil {
		r.reject("invalid", "callComponent.callStartTimestamp", "callStartTimestamp is not a time with its offset: %w", err)
		return
	}
	e := r.event(fusion.TypeCall, call.ID, call.ID, call.Updated, at)
	e.Attrs["call"] = call.ID
	setText(e.Attrs, "incident", r.tracking)
	setText(e.Attrs, "channel", call.Primary.first())
	if i := slices.Index(callPriorities, strings.ToLower(call.Priority)); i >= 0 {
		e.Attrs["priority"] = float64(i + 1)
	}
	if state := call.State.first(); state != "" {
		e.Unmapped["callState"] = short(state)
	}
	r.describe(e, r.incident())
	setDescription(e, r.notes(call.Notes, len(r.doc.Incidents) == 0 && len(r.doc.Calls) == 1))
	if kind := strings.Join(slices.Concat(call.Primary, call.Secondary), " "); strings.Contains(strings.ToLower(kind), "test") {
		e.Status = fusion.StatusTest
	}
	r.addPhones(e, call.Callback)
	r.locate(e, call.Locations, "Caller", "Initial", "CurrentIncident")
	r.add(e)
}

// addPhones adds the numbers at which the caller can be called back.
func (r *eidoReader) addPhones(e *fusion.Event, refs list[reference]) {
	for _, back := range r.doc.Callbacks {
		if !slices.Contains(refs, reference{back.ID}) {
			continue
		}
		uris := back.URIs
		if back.Updated != nil {
			uris = slices.Concat(uris, back.Updated.URI)
		}
		for _, uri := range uris {
			if number, ok := fusion.CanonicalPhone(phoneOf(uri), r.cfg.PhoneRegion); ok {
				r.addNamed(e, fusion.EntityPhone, "caller", number, phoneOf(uri))
			} else {
				r.skip("a call-back address that is not a phone number")
			}
		}
	}
}

// phoneOf is the number in a tel: URI (RFC 3966) or the user in a sip: URI.
func phoneOf(uri string) string {
	if _, rest, ok := strings.Cut(uri, ":"); ok {
		uri = rest
	}
	uri, _, _ = strings.Cut(uri, "@")
	uri, _, _ = strings.Cut(uri, ";")
	return uri
}
