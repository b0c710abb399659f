package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	answerWithin = 5 * time.Second
	sendWithin   = 10 * time.Second
	lookEvery    = time.Second // at what the clocks made due
	pauseAfter   = time.Second // before the bucket is tried again

	// recordEvery is how many alerts may be read again after a crash.
	recordEvery = 64
)

// Options are what a notifier is made of.
type Options struct {
	Plan     *Plan
	JS       jetstream.JetStream
	Log      *slog.Logger
	MaxStore int64                              // bytes of all streams together, 0: unknown
	Hosts    []string                           // allow-list of hosts that messages may go to; *.name stands for all below
	HTTP     *http.Client                       // for services that take one
	Secret   func(ref string) (string, error)   // resolves references
	Clock    func() time.Time                   // of the room
	Dead     func(context.Context, Dead) error  // keeps what could not be sent
	Audit    func(context.Context, Audit) error // keeps who changed silences
	// Allow says who answers for what a user of the bus asks of an endpoint in
	// a name, or why it may not ask.
	Allow func(user, named, endpoint string) (person string, err error)
}

// Dead is a message that could not be sent.
type Dead struct {
	Receiver string
	Message  []byte // JSON, without links
	Reason   error
	Code     string // gone, invalid or unreachable
}

// Audit is who changed a silence.
type Audit struct {
	User, Who, What, Asked, Reason string
}

// Notifier tells people. Make one with [Open].
type Notifier struct {
	opt      Options
	core     *core // of the goroutine of Run
	record   *record
	links    *signer
	senders  map[string]sender
	alerts   chan taken
	results  chan result
	requests chan func()
	sending  sync.WaitGroup
	under    map[string]bool // receivers whose message is being sent

	ending sync.Mutex
	went   []*Message // out after the loop of Run ended
}

// Open resolves secrets, checks hosts and reads what was recorded. The first
// time ever it begins with the next alert.
func Open(ctx context.Context, opt Options) (*Notifier, error) {
	n := &Notifier{
		opt: opt, senders: map[string]sender{}, alerts: make(chan taken), results: make(chan result), requests: make(chan func()),
		under: map[string]bool{},
	}
	var err error
	if n.links, err = newSigner(opt.Plan.config.Links, opt.Secret); err != nil {
		return nil, err
	}
	var problems []error
	for name, r := range opt.Plan.receivers {
		n.senders[name], err = n.sender(r)
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if n.record, err = openRecord(ctx, opt.JS, opt.MaxStore); err != nil {
		return nil, err
	}
	n.core = newCore(opt.Plan, n.links)
	if err := n.record.load(ctx, n.core, opt.Log); err != nil {
		return nil, err
	}
	if err := n.follow(ctx); err != nil {
		return nil, err
	}
	return n, n.record.save(ctx, n.core)
}

func (n *Notifier) sender(r *Receiver) (sender, error) {
	if r.Topic != "" {
		return topicSender{n.opt.JS, TopicSubject(r.Topic)}, nil
	}
	url, err := n.opt.Secret(r.URL)
	if err != nil {
		return nil, receiverError(r.Name, err)
	}
	return newServiceSender(r.Name, url, n.opt.Hosts, n.opt.HTTP)
}

// Run tells people until ctx is done. What is being sent then is waited for.
func (n *Notifier) Run(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	var reader sync.WaitGroup
	from := n.core.cursor.Seq + 1
	reader.Go(func() { n.read(reading, from) })
	defer reader.Wait()
	defer stop()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		n.advance(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case a := <-n.alerts:
			n.take(a)
			n.drain()
		case r := <-n.results:
			n.finish(ctx, r)
		case do := <-n.requests:
			do()
		}
	}
	return n.end()
}

// drain takes the alerts that are there already.
func (n *Notifier) drain() {
	for range recordEvery {
		select {
		case a := <-n.alerts:
			n.take(a)
		default:
			return
		}
	}
}

// advance records what was taken, decides what is due, records that, and only
// then sends.
func (n *Notifier) advance(ctx context.Context) {
	if n.core.cursor.Seq >= n.core.recorded+recordEvery || n.core.mayClean() {
		n.core.change(cursorKey)
	}
	if !n.save(ctx) {
		return
	}
	n.core.next(n.now())
	if n.save(ctx) {
		n.dispatch(ctx)
	}
}

func (n *Notifier) now() times { return times{room: n.opt.Clock(), wall: time.Now()} }

// save reports whether all is recorded; it tries until it is, or ctx is done.
func (n *Notifier) save(ctx context.Context) bool {
	for ctx.Err() == nil {
		err := n.record.save(ctx, n.core)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			n.opt.Log.Error("ALARM: nobody can be told of anything until the bucket can be written", "problem", err)
			wait(ctx, pauseAfter)
		}
	}
	return false
}

// end waits for what is being sent and records it.
func (n *Notifier) end() error {
	n.sending.Wait()
	for _, m := range n.went {
		n.core.sent(m, time.Now())
	}
	n.core.change(cursorKey)
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	return n.record.save(ctx, n.core)
}

// wait sleeps unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
