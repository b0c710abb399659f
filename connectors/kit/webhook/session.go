package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
)

// session serves the requests between one Open and its Close.
type session struct {
	cfg    Config
	token  *[sha256.Size]byte // of the expected token; nil: none is needed
	slots  chan struct{}      // taken by each request that is in memory
	queue  chan *delivery
	closed chan struct{}
}

// delivery is a request on its way to the log.
type delivery struct {
	message connectors.Message
	receipt chan connectors.Receipt // holds one, so that an ack never blocks
}

func (d *delivery) ack(r connectors.Receipt) { d.receipt <- r }

func newSession(cfg Config) *session {
	return &session{
		cfg:    cfg,
		slots:  make(chan struct{}, maxWaiting),
		queue:  make(chan *delivery, maxWaiting),
		closed: make(chan struct{}),
	}
}

// ServeHTTP takes one request and answers when it is durable.
func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.admits(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "the token is missing or wrong; send it as Authorization: Bearer, as header X-Token or as query parameter token")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "only POST is accepted here")
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		busy(w, "too many requests are waiting")
		return
	}
	body, problem := s.body(w, r)
	if problem != nil {
		refuse(w, problem.status, problem.text)
		return
	}
	s.deliver(w, r, body)
}

func (s *session) admits(r *http.Request) bool {
	if s.token == nil {
		return true
	}
	sum := sha256.Sum256([]byte(shownToken(r)))
	return subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}

func shownToken(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if token := r.Header.Get("X-Token"); token != "" {
		return token
	}
	return r.URL.Query().Get("token")
}

// deliver queues the body and answers with what became of it.
func (s *session) deliver(w http.ResponseWriter, r *http.Request, body []byte) {
	d := &delivery{receipt: make(chan connectors.Receipt, 1), message: connectors.Message{
		Payload: body, Origin: origin(r), Received: time.Now().UTC(),
		Meta: map[string]string{"content-type": r.Header.Get("Content-Type")},
	}}
	select {
	case <-s.closed:
		busy(w, "the connector is not reading")
		return
	case s.queue <- d:
	default:
		busy(w, "the queue is full")
		return
	}
	timeout := time.NewTimer(time.Duration(s.cfg.Timeout))
	defer timeout.Stop()
	select {
	case receipt := <-d.receipt:
		answer(w, receipt)
	case <-timeout.C:
		busy(w, "it is not durable yet")
	case <-s.closed:
		busy(w, "the connector has stopped reading")
	case <-r.Context().Done():
	}
}

// origin leaves out the query, which may hold the token, and the port, which
// says nothing.
func origin(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return r.Method + " " + r.URL.Path + " from " + host
}
