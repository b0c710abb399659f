package netguard

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var loopback = prefixes("127.0.0.0/8", "::1/128")

func local(hosts ...string) Options { return Options{AllowHosts: hosts, AllowNetworks: loopback} }

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	t.Cleanup(c.CloseIdleConnections)
	resp, err := c.Get(address)
	if err != nil {
		return "", err
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// refused checks that err is of the kind and that its sentence has the words.
func refused(t *testing.T, err error, kind fusion.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("the request was let through")
	}
	if got := fusion.KindOf(err); got != kind {
		t.Fatalf("kind %s, want %s: %v", got, kind, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestAllowedHostAndNetwork(t *testing.T) {
	s := serve(t, hello)
	if got, err := get(t, New(local("127.0.0.1")), s.URL); err != nil || got != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestHostNotOnTheList(t *testing.T) {
	asked := false
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	_, err := get(t, New(local("example.org")), s.URL)
	refused(t, err, fusion.KindDenied, `"127.0.0.1"`, "allow_hosts")
	_, err = get(t, New(Options{}), s.URL)
	refused(t, err, fusion.KindDenied, "allow_hosts")
	if asked {
		t.Error("the server was asked")
	}
}

func TestNameThatResolvesToLoopback(t *testing.T) {
	s := serve(t, hello)
	address := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	_, err := get(t, New(Options{AllowHosts: []string{"localhost"}}), address)
	refused(t, err, fusion.KindDenied, `"localhost"`, "not public", "allow_networks")
	if got, err := get(t, New(local("localhost")), address); err != nil || got != "hello" {
		t.Fatalf("with the network allowed: %q, %v", got, err)
	}
}

func TestMappedAddressIsTheAddressInside(t *testing.T) {
	s := serve(t, hello)
	address := strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)
	_, err := get(t, New(Options{AllowHosts: []string{"::ffff:127.0.0.1"}}), address)
	refused(t, err, fusion.KindDenied, "127.0.0.1", "allow_networks")
}

func TestRedirectToAForbiddenHost(t *testing.T) {
	asked := false
	inner := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(inner.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	})
	_, err := get(t, New(local("127.0.0.1")), outer.URL)
	refused(t, err, fusion.KindDenied, `"localhost"`, "allow_hosts")
	if asked {
		t.Error("the redirect was followed")
	}
}

func TestRedirectLimits(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) > 3 {
			hello(w, r)
			return
		}
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	})
	for _, c := range []struct {
		limit int
		ok    bool
	}{{3, true}, {2, false}, {-1, false}} {
		o := local("127.0.0.1")
		o.MaxRedirects = c.limit
		got, err := get(t, New(o), s.URL+"/")
		if c.ok && (err != nil || got != "hello") {
			t.Errorf("limit %d: %q, %v", c.limit, got, err)
		}
		if !c.ok {
			refused(t, err, fusion.KindLimit, "max_redirects", `"127.0.0.1"`)
		}
	}
}

func TestRedirectMustNotGiveUpEncryption(t *testing.T) {
	plain := serve(t, hello)
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(s.Close)
	c := New(local("127.0.0.1"))
	c.Transport.(*guarded).next.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	_, err := get(t, c, s.URL)
	refused(t, err, fusion.KindDenied, "https")
}

func TestBodyLimit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1000)) })
	o := local("127.0.0.1")
	for _, limit := range []int64{1000, -1} {
		o.MaxBodySize = limit
		if got, err := get(t, New(o), s.URL); err != nil || len(got) != 1000 {
			t.Errorf("limit %d: %d bytes, %v", limit, len(got), err)
		}
	}
	o.MaxBodySize = 999
	got, err := get(t, New(o), s.URL)
	refused(t, err, fusion.KindLimit, "999 bytes", "max_body_bytes", `"127.0.0.1"`)
	if len(got) != 999 {
		t.Errorf("%d bytes were read", len(got))
	}
}

func TestBodyLimitHoldsAfterDecompression(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 4<<20))
		_ = z.Close()
	})
	o := local("127.0.0.1")
	o.MaxBodySize = 64 << 10
	_, err := get(t, New(o), s.URL)
	refused(t, err, fusion.KindLimit, "max_body_bytes")
}

func TestHeaderLimit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 200<<10)) })
	_, err := get(t, New(local("127.0.0.1")), s.URL)
	refused(t, err, fusion.KindUnavailable, `"127.0.0.1"`, "max_header_bytes")
}

func TestTimeout(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"no header": func(http.ResponseWriter) {},
		"half a body": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				begin(w)
				<-r.Context().Done()
			})
			o := local("127.0.0.1")
			o.Timeout = fusion.Duration(50 * time.Millisecond)
			_, err := get(t, New(o), s.URL)
			refused(t, err, fusion.KindUnavailable, `"127.0.0.1"`, "timeout")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestEndlessStream(t *testing.T) {
	s := serve(t, hello)
	o := local("127.0.0.1")
	o.Timeout, o.MaxBodySize = -1, -1
	if got, err := get(t, New(o), s.URL); err != nil || got != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestUpgradedConnectionIsHandedOver(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.CopyN(conn, rw, 5)
	})
	c := New(local("127.0.0.1"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	conn := resp.Body.(io.ReadWriteCloser)
	got := make([]byte, 5)
	_, werr := io.WriteString(conn, "hello")
	_, rerr := io.ReadFull(conn, got)
	if err := errors.Join(werr, rerr, conn.Close()); err != nil || string(got) != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	_, err := get(t, New(local("127.0.0.1")), s.URL)
	refused(t, err, fusion.KindUnavailable, `"127.0.0.1"`)
}

func TestEnvironmentProxyIsIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := New(Options{AllowHosts: []string{"example.org"}})
	if c.Transport.(*guarded).next.Proxy != nil {
		t.Fatal("a proxy is used that was not configured")
	}
}

func TestConfiguredProxy(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "by proxy "+r.URL.Host) })
	o := local("feed.example.org")
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Proxy = proxy
	if got, err := get(t, New(o), "http://feed.example.org/"); err != nil || got != "by proxy feed.example.org" {
		t.Fatalf("%q, %v", got, err)
	}
	_, err = get(t, New(o), "http://other.example.org/")
	refused(t, err, fusion.KindDenied, "other.example.org")
}

func TestSchemes(t *testing.T) {
	_, err := get(t, New(local("etc")), "file://etc/passwd")
	refused(t, err, fusion.KindDenied, "file", "https")
}

func TestHostPatterns(t *testing.T) {
	l := newHostList([]string{"Feeds.Example.org", "*.meteo.example"})
	for host, want := range map[string]bool{
		"feeds.example.org": true, "FEEDS.example.ORG.": true, "x.feeds.example.org": false, "example.org": false,
		"a.meteo.example": true, "a.b.meteo.example": true, "meteo.example": false, "evilmeteo.example": false,
		".meteo.example": false, "": false, "feeds.example.org.evil": false,
	} {
		if got := l.allows(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	open, some := addressGuard{}, addressGuard{allowed: prefixes("10.1.0.0/16")}
	for _, ip := range []string{
		"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "fd00:ec2::254", "224.0.0.1",
		"ff02::1", "0.0.0.0", "::", "100.100.100.200", "168.63.129.16", "255.255.255.255", "64:ff9b::7f00:1", "2002:7f00:1::",
	} {
		if open.accepts(netip.MustParseAddr(ip)) {
			t.Errorf("%s is let through", ip)
		}
	}
	for _, ip := range []string{"93.184.216.34", "2a00:1450:4013::65", "1.1.1.1", "172.32.0.1"} {
		if !open.accepts(netip.MustParseAddr(ip)) {
			t.Errorf("%s is refused", ip)
		}
	}
	if !some.accepts(netip.MustParseAddr("10.1.2.3")) || some.accepts(netip.MustParseAddr("10.2.2.3")) {
		t.Error("allow_networks is not exact")
	}
}

func TestOptionsAreConfiguration(t *testing.T) {
	var o Options
	err := connectors.DecodeYAML([]byte("allow_hosts: [\"*.example.org\"]\nallow_networks: [127.0.0.0/8]\nmax_body_bytes: 10\ntimeout: 5s\n"))(&o)
	if err != nil || len(o.AllowNetworks) != 1 || o.AllowNetworks[0] != loopback[0] || time.Duration(o.Timeout) != 5*time.Second {
		t.Fatalf("%+v, %v", o, err)
	}
}
