package access_test

import (
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
)

func TestWhoAnswers(t *testing.T) {
	for _, c := range []struct {
		speaksFor   []string
		named, want string // "": refused
	}{
		{nil, "", "jan"},
		{nil, "jan", "jan"},
		{nil, "piet", ""},
		{[]string{"piet"}, "piet", "piet"},
		{[]string{"piet"}, "chief", ""},
		{[]string{access.Everybody}, "chief", "chief"},
	} {
		got, err := access.User{Name: "jan", SpeaksFor: c.speaksFor}.Person(c.named)
		if got != c.want || c.want == "" && fusion.KindOf(err) != fusion.KindDenied {
			t.Errorf("jan, who speaks for %q, names %q: %q, %v", c.speaksFor, c.named, got, err)
		}
	}
}

func TestHandling(t *testing.T) {
	for _, c := range []struct {
		level, tlp string
		cleared    bool
	}{
		{"", "red", true},
		{"green", "", true},
		{"green", "green", true},
		{"green", "amber", false},
		{"amber+strict", "amber", true},
		{"amber+strict", "red", false},
		{"red", "unheard-of", false},
	} {
		if got := (access.User{TLP: c.level}).Cleared(&fusion.Handling{TLP: c.tlp}); got != c.cleared {
			t.Errorf("up to %q, %q is cleared: %t", c.level, c.tlp, got)
		}
	}
	if !(access.User{TLP: "clear"}).Cleared(nil) {
		t.Error("what has no handling is not cleared")
	}
}

func TestRoles(t *testing.T) {
	users := access.Users{"jan": {Name: "jan", Role: access.Operator}, "anpr": {Name: "anpr", Role: "connector"}}
	for name, known := range map[string]bool{"jan": true, "anpr": false, "eva": false} {
		if _, err := users.Get(name); (err == nil) != known {
			t.Errorf("%s: %v", name, err)
		}
	}
	order := []access.Role{access.Reader, access.Operator, access.Supervisor, access.Engineer}
	for i, has := range order {
		for j, needs := range order {
			if err := (access.User{Role: has}).AtLeast(needs); (err == nil) != (i >= j) {
				t.Errorf("%s does what takes %s: %v", has, needs, err)
			}
		}
	}
	none := access.User{Areas: []string{"none"}}
	if !none.MaySee("", "fire") || none.MaySee("maas", "fire") {
		t.Error("the area none is not that of what has no area")
	}
}
