package notify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// service is what must be known of a service of shoutrrr: where its requests
// go, and whether it shows a title by itself.
type service struct {
	hosts  []string // fixed; none: the URL's own
	or     string   // when the URL names none
	titled bool
}

// services are those of shoutrrr whose hosts are known. What logs messages or
// runs over another company's relay is not among them.
var services = map[string]service{
	"bark":       {titled: true},
	"discord":    {hosts: []string{"discord.com"}, titled: true},
	"generic":    {},
	"googlechat": {or: "chat.googleapis.com"},
	"gotify":     {titled: true},
	"matrix":     {titled: true},
	"mattermost": {},
	"ntfy":       {or: "ntfy.sh", titled: true},
	"opsgenie":   {or: "api.opsgenie.com", titled: true},
	"pagerduty":  {or: "events.pagerduty.com"},
	"pushbullet": {hosts: []string{"api.pushbullet.com"}, titled: true},
	"pushover":   {hosts: []string{"api.pushover.net"}, titled: true},
	"rocketchat": {},
	"signal":     {},
	"slack":      {hosts: []string{"slack.com", "hooks.slack.com"}, titled: true},
	"smtp":       {titled: true},
	"teams":      {titled: true},
	"telegram":   {hosts: []string{"api.telegram.org"}, titled: true},
	"zulip":      {titled: true},
}

// target is a service's URL, which is a secret, with what is known of it.
type target struct {
	url    *url.URL
	kind   string
	hosts  []string
	titled bool
}

// parseTarget reads a service's URL. No error repeats any of it.
func parseTarget(secret string) (*target, error) {
	u, err := url.Parse(strings.TrimSpace(secret))
	if err != nil {
		return nil, invalidTarget("it is not a URL")
	}
	kind, _, custom := strings.Cut(u.Scheme, "+")
	s, known := services[kind]
	if !known || custom && kind != "generic" {
		return nil, invalidTarget("it is for no service that is known")
	}
	t := &target{url: u, kind: kind, hosts: s.hosts, titled: s.titled}
	query := u.Query()
	for name := range query {
		switch name = strings.ToLower(name); {
		case name == "host" && kind == "teams":
			t.hosts = []string{query.Get("host")}
		case name == "host":
			return nil, invalidTarget("the host stands twice in it")
		case name == "template":
			t.titled = true
		}
	}
	if len(t.hosts) == 0 {
		t.hosts = []string{cmp.Or(u.Hostname(), s.or)}
	}
	if slices.Contains(t.hosts, "") {
		return nil, invalidTarget("it names no host")
	}
	return t, nil
}

func invalidTarget(problem string) error {
	return fusion.Errorf(fusion.KindInvalid, "", "%s", problem).
		WithHint("write it like smtp://user:password@host:587/?from=a@b.nl&to=c@d.nl, ntfy://host/topic or generic+https://host/path")
}

// allowed reports which host of the target is on no allow-list.
func (t *target) allowed(list []string) error {
	for _, h := range t.hosts {
		if !slices.ContainsFunc(list, func(p string) bool { return hostMatches(p, h) }) {
			return fusion.Errorf(fusion.KindDenied, "", "the host %q is not on the allow-list", h).
				WithHint("add it to outgoing.hosts if messages may go there")
		}
	}
	return nil
}

// hostMatches compares a host with a name, or with *.name.
func hostMatches(pattern, host string) bool {
	canonical := func(s string) string { return strings.ToLower(strings.TrimSuffix(strings.Trim(s, "[]"), ".")) }
	pattern, host = canonical(pattern), canonical(host)
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return pattern == host
}

// shortest part of a URL that is taken for a secret, in bytes.
const shortest = 4

// redact takes everything out of a text that stands in the target's URL,
// except the host that people know.
func (t *target) redact(text string) string {
	u := t.url
	secrets := []string{u.String(), u.RawQuery, u.Path, u.User.String(), u.User.Username()}
	if p, ok := u.User.Password(); ok {
		secrets = append(secrets, p)
	}
	secrets = append(secrets, strings.Split(u.Path, "/")...)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	if !slices.Contains(t.hosts, u.Hostname()) {
		secrets = append(secrets, u.Hostname())
	}
	for _, s := range slices.Clone(secrets) {
		secrets = append(secrets, url.QueryEscape(s), url.PathEscape(s))
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < shortest || slices.Contains(t.hosts, s) })
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	return fusion.Line(text)
}
