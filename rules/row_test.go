package rules

import (
	"reflect"
	"testing"

	"github.com/openiroom/iroom/fusion"
)

func TestRows(t *testing.T) {
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{fusion.TypeRecord}}, bare: true}
	row := event("e", fusion.TypeRecord, 0, attr("fields", map[string]any{"User": "alice", "http.status": "500", "odd": 7.0, "bad": "5 apples"}))
	for text, want := range map[string]bool{
		`attrs.fields["User"] == "alice"`:             true,
		`attrs.fields.User in ["alice", "bob"]`:       true,
		`number(attrs.fields["http.status"]) >= 500`:  true,
		`attrs.fields["missing"] == ""`:               true,
		`attrs.fields["odd"] == ""`:                   true,
		`number(attrs.fields["missing"]) < 1e9`:       false,
		`number(attrs.fields["bad"]) == 5`:            false,
		`lower(attrs.fields["User"]) startsWith "al"`: true,
	} {
		p, err := s.compile(text, reflect.Bool)
		if err != nil {
			t.Errorf("%s: %s", text, err)
			continue
		}
		x := &execution{state: NewState()}
		if got := x.holds(p, &frame{events: []*fusion.Event{row}, world: lists{}}); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []string{`attrs.fields == ""`, `attrs.fields["Nationality"] == "x"`, `number(5) == 5`, `number() == 5`} {
		if _, err := s.compile(text, reflect.Bool); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}
