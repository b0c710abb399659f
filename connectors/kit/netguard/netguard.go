// Package netguard makes the HTTP client with which connectors ask the
// outside world, so that no feed can make the room ask itself or its
// neighbours (server-side request forgery), or fill its memory.
//
// It stands at the edge, before any connector reads a byte. It guarantees
// that each request, and each redirect, goes to a host on the allow-list over
// http or https; that the address which the host's name resolved to is a
// public one, or lies in a network that the configuration names, checked on
// the very connection that is used, so that a name cannot change its address
// in between; and that headers, bodies (after decompression), redirects and
// time are bounded. Proxies in the environment are ignored.
//
// It does not judge content, keep credentials, or retry.
package netguard

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// The limits that hold where [Options] says 0.
const (
	DefaultMaxRedirects   = 5
	DefaultMaxHeaderBytes = 64 << 10
	DefaultMaxBodyBytes   = 32 << 20
	DefaultTimeout        = 30 * time.Second

	connectTimeout = 10 * time.Second
	idleTimeout    = 90 * time.Second
)

// Options say whom the room may ask and what an answer may cost.
type Options struct {
	// AllowHosts are host names without port: exact, or *.suffix for every
	// name below suffix (and not suffix itself). Empty: nobody.
	AllowHosts []string `yaml:"allow_hosts"`
	// AllowNetworks are networks that are not public and yet allowed, such as
	// 127.0.0.0/8.
	AllowNetworks []netip.Prefix `yaml:"allow_networks"`
	MaxRedirects  int            `yaml:"max_redirects"`    // 0: DefaultMaxRedirects; negative: none
	MaxHeaderSize int64          `yaml:"max_header_bytes"` // bytes of an answer's header; 0: DefaultMaxHeaderBytes
	MaxBodySize   int64          `yaml:"max_body_bytes"`   // bytes of a body once unpacked; 0: DefaultMaxBodyBytes; negative: no limit, for endless streams
	// Timeout is for one request with the body of its answer, each redirect
	// anew; 0: DefaultTimeout; negative: only connecting and the answer's header
	// are timed, for endless streams.
	Timeout fusion.Duration `yaml:"timeout"`
	// Proxy is asked for everything when it is not nil. The proxy's own
	// address is checked then; the address of the host behind it cannot be.
	Proxy *url.URL `yaml:"-"`
}

// New makes a client that keeps to the options. Its errors name the host and
// say which setting to change. They are of kind denied, limit or unavailable.
func New(o Options) *http.Client {
	timeout := cmp.Or(time.Duration(o.Timeout), DefaultTimeout)
	guard := addressGuard{allowed: o.AllowNetworks}
	dialer := &net.Dialer{Timeout: connectTimeout, ControlContext: guard.control}
	transport := &http.Transport{
		DialContext:            guard.dial(dialer),
		Proxy:                  proxyOf(o.Proxy),
		MaxResponseHeaderBytes: cmp.Or(o.MaxHeaderSize, DefaultMaxHeaderBytes),
		ResponseHeaderTimeout:  max(timeout, DefaultTimeout), // when no other holds
		TLSHandshakeTimeout:    connectTimeout,
		IdleConnTimeout:        idleTimeout,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{
		Transport: &guarded{
			hosts: newHostList(o.AllowHosts), next: transport,
			maxBody: cmp.Or(o.MaxBodySize, DefaultMaxBodyBytes), timeout: timeout,
		},
		CheckRedirect: redirectsUpTo(cmp.Or(o.MaxRedirects, DefaultMaxRedirects)),
	}
}

func proxyOf(proxy *url.URL) func(*http.Request) (*url.URL, error) {
	if proxy == nil {
		return nil
	}
	return http.ProxyURL(proxy)
}

// redirectsUpTo refuses a chain that is too long and one that gives up
// encryption. Where a redirect leads to is checked when it is requested.
func redirectsUpTo(limit int) func(*http.Request, []*http.Request) error {
	return func(to *http.Request, via []*http.Request) error {
		last := via[len(via)-1].URL
		if len(via) > max(limit, 0) {
			return fusion.Errorf(fusion.KindLimit, "", "the host %q redirects more than %d times", last.Hostname(), max(limit, 0)).
				WithHint("ask the final address directly, or raise max_redirects")
		}
		if last.Scheme == "https" && to.URL.Scheme != "https" {
			return fusion.Errorf(fusion.KindDenied, "", "the host %q redirects from https to %s", last.Hostname(), to.URL.Scheme).
				WithHint("configure the address that answers over https")
		}
		return nil
	}
}
