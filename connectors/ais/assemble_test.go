package ais

import (
	"strings"
	"testing"

	"github.com/openiroom/iroom/connectors"
)

// payloads cuts a file into the payloads of its messages.
func payloads(t *testing.T, lines ...string) (out []string) {
	t.Helper()
	for m, err := range Kind.Split("test", strings.NewReader(strings.Join(lines, "\r\n"))) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(m.Payload))
	}
	return out
}

func same(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }

func TestPartsAreJoined(t *testing.T) {
	one, two := voyageLines[0], voyageLines[1]
	whole := one + "\n" + two
	for name, lines := range map[string][]string{
		"in order": {one, two}, "out of order": {two, one},
	} {
		if got := payloads(t, lines...); !same(got, []string{whole}) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := payloads(t, one, moored, two); !same(got, []string{moored, whole}) {
		t.Errorf("interleaved: got %q", got)
	}
	if got := payloads(t, one, one, two); !same(got, []string{one, whole}) {
		t.Errorf("first part twice: got %q", got)
	}
	if got := payloads(t, one, moored); !same(got, []string{moored, one}) {
		t.Errorf("never finished: got %q", got)
	}
}

func TestGroupsOfStationsAreKeptApart(t *testing.T) {
	one, two := tagged("g:1-2-7,s:a", voyageLines[0]), tagged("g:2-2-7", voyageLines[1])
	other := tagged("g:1-2-8,s:b", voyageLines[0])
	if got := payloads(t, one, other, two); !same(got, []string{one + "\n" + two, other}) {
		t.Errorf("got %q", got)
	}
}

func TestUnfinishedGroupsAreBounded(t *testing.T) {
	a := newAssembler()
	a.add(connectors.Message{Payload: []byte(voyageLines[0])})
	var out []connectors.Message
	for range maxAge + 1 {
		out = append(out, a.add(connectors.Message{Payload: []byte(moored)})...)
	}
	if len(a.waiting) != 0 || len(out) != maxAge+2 {
		t.Errorf("after %d lines %d groups wait and %d messages came", maxAge+1, len(a.waiting), len(out))
	}
	for i := range 3 * maxGroups {
		line := tagged("g:1-2-"+strings.Repeat("x", i), voyageLines[0])
		a.add(connectors.Message{Payload: []byte(line)})
		if len(a.waiting) > maxGroups {
			t.Fatalf("%d groups wait", len(a.waiting))
		}
	}
}

func TestLongLinesDoNotHideTheNext(t *testing.T) {
	got := payloads(t, moored, strings.Repeat("x", 5*maxLine), moored, "", "  ", moored)
	if len(got) != 4 || got[0] != moored || len(got[1]) <= maxLine || len(got[1]) > 2*maxLine || got[2] != moored || got[3] != moored {
		t.Errorf("got %q", got)
	}
}
