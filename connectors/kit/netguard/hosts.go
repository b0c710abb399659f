package netguard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// hostList is an allow-list of host names.
type hostList struct {
	exact    map[string]bool
	suffixes []string // with the leading dot
}

func newHostList(patterns []string) hostList {
	l := hostList{exact: map[string]bool{}}
	for _, p := range patterns {
		if suffix, ok := strings.CutPrefix(p, "*."); ok {
			l.suffixes = append(l.suffixes, "."+canonicalHost(suffix))
		} else {
			l.exact[canonicalHost(p)] = true
		}
	}
	return l
}

// canonicalHost is the name in lower case without the dot of the root.
func canonicalHost(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func (l hostList) allows(host string) bool {
	host = canonicalHost(host)
	if l.exact[host] {
		return true
	}
	for _, suffix := range l.suffixes {
		if strings.HasSuffix(host, suffix) && len(host) > len(suffix) {
			return true
		}
	}
	return false
}

// guarded checks each request, redirects too, before any name is looked up,
// and bounds the time of the exchange and the body of the answer.
type guarded struct {
	hosts   hostList
	next    *http.Transport
	maxBody int64         // bytes; negative: no limit
	timeout time.Duration // negative: no limit
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r); err != nil {
		if r.Body != nil {
			err = errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	ctx, cancel := g.bounded(r.Context())
	resp, err := g.next.RoundTrip(r.WithContext(ctx))
	host := r.URL.Hostname()
	if err != nil {
		cancel()
		return nil, unavailable(host, err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols { // a connection from here on, e.g. a WebSocket
		cancel()
		return resp, nil
	}
	resp.Body = &boundedBody{body: resp.Body, cancel: cancel, left: g.maxBody, limit: g.maxBody, host: host}
	return resp, nil
}

func (g *guarded) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if g.timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, g.timeout)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

// unavailable says whom a failure is about; a refusal of ours says it already.
func unavailable(host string, err error) error {
	if _, ok := errors.AsType[*fusion.Error](err); ok {
		return err
	}
	return fusion.Errorf(fusion.KindUnavailable, "", "the host %q did not answer as a whole: %w", host, err).
		WithHint("check that it can be reached; timeout and max_header_bytes bound its answer")
}

func (g *guarded) check(r *http.Request) error {
	if s := r.URL.Scheme; s != "http" && s != "https" {
		return fusion.Errorf(fusion.KindDenied, "", "the scheme %q is not allowed", s).WithHint("use http or https")
	}
	if host := r.URL.Hostname(); !g.hosts.allows(host) {
		return fusion.Errorf(fusion.KindDenied, "", "the host %q is not on the allow-list", host).
			WithHint("add it to allow_hosts if the room may ask it")
	}
	return nil
}

// boundedBody fails, rather than ends, once a body is longer than the limit,
// so that nobody takes a part for the whole.
type boundedBody struct {
	body        io.ReadCloser
	cancel      context.CancelFunc
	left, limit int64
	host        string
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.limit >= 0 && int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unavailable(b.host, err)
	}
	if b.limit < 0 || int64(n) <= b.left {
		b.left -= int64(n)
		return n, err
	}
	n, b.left = int(b.left), 0
	return n, fusion.Errorf(fusion.KindLimit, "", "the answer of the host %q is longer than %d bytes", b.host, b.limit).
		WithHint("raise max_body_bytes if that is right")
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}
