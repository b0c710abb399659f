package netguard

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/openiroom/iroom/fusion"
)

// notPublic are the networks of the IANA special-purpose registries (RFC
// 6890) that no public service answers from, those that carry an IPv4 address
// inside an IPv6 one, and the metadata services of clouds.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // metadata of a cloud, in public space
	"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(list ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(list))
	for i, s := range list {
		parsed[i] = netip.MustParsePrefix(s)
	}
	return parsed
}

// addressGuard refuses connections to addresses that are neither public nor
// explicitly allowed.
type addressGuard struct{ allowed []netip.Prefix }

type dialledHost struct{}

// dial remembers the name that is dialled, so that a refusal can name it.
func (g addressGuard) dial(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return d.DialContext(context.WithValue(ctx, dialledHost{}, host), network, address)
	}
}

// control runs after the name was resolved and before the connection is made.
func (g addressGuard) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	host, _ := ctx.Value(dialledHost{}).(string)
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fusion.Errorf(fusion.KindDenied, "", "the host %q has the unreadable address %q: %w", host, address, err)
	}
	ip := at.Addr().Unmap().WithZone("")
	if g.accepts(ip) {
		return nil
	}
	return fusion.Errorf(fusion.KindDenied, "", "the host %q has the address %s, which is not public", host, ip).
		WithHint("add its network to allow_networks if the room may connect to it")
}

func (g addressGuard) accepts(ip netip.Addr) bool {
	contains := func(p netip.Prefix) bool { return p.Contains(ip) }
	return slices.ContainsFunc(g.allowed, contains) || !slices.ContainsFunc(notPublic, contains)
}
