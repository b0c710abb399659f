// Package access says what a user of the room may see and do: by role, and
// within limits of area, kind and handling. The desk asks it about every query
// and every command; it does no I/O and knows no picture beyond what it is
// given.
//
// Who asks is not decided here. The bus lets a user publish requests below its
// own name only, and the desk reads the name from the subject.
package access

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// Role is what a user is there for. Each role may do what those before it may.
type Role string

// The roles that may ask the desk, the least first.
const (
	Reader     Role = "reader"     // queries
	Operator   Role = "operator"   // commands about incidents
	Supervisor Role = "supervisor" // commands that undo or overrule what others decided
	Engineer   Role = "engineer"   // administers: watchlists, rules, dead letters, the audit
)

var roles = []Role{Reader, Operator, Supervisor, Engineer}

// Everybody is the name in SpeaksFor that stands for all names.
const Everybody = "*"

// User is somebody, or a program, that may ask the room.
type User struct {
	Name  string
	Role  Role
	Areas []string // empty: all; "none" is what lies in no area
	Kinds []string // empty: all
	TLP   string   // highest handling that the user may read in full; "": all
	// SpeaksFor are the names of people for whom the user, a wall or a machine
	// that several share, may give commands and ask.
	SpeaksFor []string
	Purpose   string // of requests that do not give theirs
}

// Users are those who may ask, by name.
type Users map[string]User

// Get returns a user, or an error of kind denied.
func (u Users) Get(name string) (User, error) {
	user, ok := u[name]
	if !ok || !slices.Contains(roles, user.Role) {
		return User{}, fusion.Errorf(fusion.KindDenied, "", "the room knows no user %q who may ask it", name).
			WithHint("bus.users in the configuration lists them")
	}
	return user, nil
}

// AtLeast refuses a user whose role is less.
func (u User) AtLeast(role Role) error {
	if slices.Index(roles, u.Role) >= slices.Index(roles, role) {
		return nil
	}
	return fusion.Errorf(fusion.KindDenied, "", "user %s is %s; this takes %s", u.Name, u.Role, role)
}

// Person is who answers for a request: the user itself, or the one that it
// names and may speak for.
func (u User) Person(named string) (string, error) {
	if named == "" || named == u.Name {
		return u.Name, nil
	}
	if slices.Contains(u.SpeaksFor, named) || slices.Contains(u.SpeaksFor, Everybody) {
		return named, nil
	}
	return "", fusion.Errorf(fusion.KindDenied, "", "user %s may not speak for %q", u.Name, named).
		WithHint("leave the actor out, or list the name under speaks_for of the user")
}

// MaySee reports whether a picture of the area and the kind is the user's to
// see.
func (u User) MaySee(area, kind string) bool {
	return (len(u.Areas) == 0 || slices.Contains(u.Areas, orNone(area))) && (len(u.Kinds) == 0 || slices.Contains(u.Kinds, kind))
}

func orNone(area string) string {
	if area == "" {
		return "none"
	}
	return area
}

// tlpOrder are the levels of TLP 2.0, the most open first. What has none is
// open to all users of the room.
var tlpOrder = []string{"", "clear", "green", "amber", "amber+strict", "red"}

// Cleared reports whether the user may read in full what is handled so. A
// level that is not of TLP 2.0 is taken for the strictest.
func (u User) Cleared(h *fusion.Handling) bool {
	if u.TLP == "" || h == nil {
		return true
	}
	level := slices.Index(tlpOrder, h.TLP)
	return level >= 0 && level <= slices.Index(tlpOrder, u.TLP)
}

// Unlimited reports whether the user may see everything in full.
func (u User) Unlimited() bool { return len(u.Areas)+len(u.Kinds) == 0 && u.TLP == "" }

// IsTLP reports whether the text is a level of TLP 2.0.
func IsTLP(s string) bool { return s != "" && slices.Contains(tlpOrder, s) }
