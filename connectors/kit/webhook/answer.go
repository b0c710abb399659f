package webhook

import (
	"net/http"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// retryAfter is how long a sender is asked to wait, in s.
const retryAfter = "5"

// Answer is what a sender learns of its request.
type Answer struct {
	Events  int      `json:"events"`  // durable on the log
	Skipped []string `json:"skipped"` // parts that are rightly no event
	Refused []Part   `json:"refused"` // parts that are kept in the dead-letter stream
}

// Part is a part of a request that was not understood.
type Part struct {
	Code   string `json:"code"`
	Field  string `json:"field,omitzero"`
	Reason string `json:"reason"`
}

type failure struct {
	Error string `json:"error"`
}

// answer tells what became of a message: 200 when something was understood,
// 422 when all of it was refused, 503 when nothing is durable.
func answer(w http.ResponseWriter, r connectors.Receipt) {
	if r.Err != nil {
		busy(w, "it could not be stored")
		return
	}
	a := Answer{Events: r.Events, Skipped: append([]string{}, r.Skips...), Refused: []Part{}}
	for _, rejection := range r.Rejects {
		a.Refused = append(a.Refused, Part{Code: rejection.Code, Field: rejection.Field, Reason: reason(rejection)})
	}
	status := http.StatusOK
	if len(a.Refused) > 0 && a.Events+len(a.Skipped) == 0 {
		status = http.StatusUnprocessableEntity
	}
	reply(w, status, a)
}

// reason keeps our own stack traces from senders.
func reason(r *fusion.Rejection) string {
	if r.Code == "panic" {
		return "the connector failed on it; the operators of the room can see why"
	}
	return r.Err.Error()
}

// busy tells the sender to keep the request and send it again.
func busy(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", retryAfter)
	refuse(w, http.StatusServiceUnavailable, why+"; send it again later")
}

func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, failure{why})
}

func reply(w http.ResponseWriter, status int, v any) {
	body, err := fusion.Encode(v)
	if err != nil { // a reason that is not UTF-8
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(append(body, '\n')); err != nil {
		return // the sender has gone; it learns nothing, and sends again
	}
}
