package access

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// About is what a command is about, as far as it decides who may give it.
type About struct {
	Verb    fusion.Verb
	Person  string            // who answers for it
	Command *fusion.Command   //
	Touched []*fusion.Picture // the incidents that it names, as they are now
}

// May refuses a command that is not the user's to give: an operator may do all
// that concerns running work. It takes a supervisor to
//   - undo a merge or a split,
//   - reopen an incident that is closed (resolved ones an operator reopens),
//   - merge or split an incident that somebody else has,
//   - hand over what somebody else has.
//
// Nobody changes what he may not see in full.
func (u User) May(a About) error {
	need := Operator
	if a.overrules() {
		need = Supervisor
	}
	if err := u.AtLeast(need); err != nil {
		return err
	}
	for _, p := range a.Touched {
		if !u.MaySee(p.Area, p.Kind) || !u.Cleared(p.Handling) {
			return Hidden(u, p.ID)
		}
	}
	return nil
}

func (a About) overrules() bool {
	switch a.Verb {
	case fusion.VerbUndo:
		return true
	case fusion.VerbReopen:
		return a.any(func(p *fusion.Picture) bool { return !p.Open() })
	case fusion.VerbMerge, fusion.VerbSplit:
		return a.any(func(p *fusion.Picture) bool { return p.Assignee != "" && p.Assignee != a.Person })
	case fusion.VerbHandover:
		return a.Command.From != a.Person
	}
	return false
}

func (a About) any(holds func(*fusion.Picture) bool) bool {
	return slices.ContainsFunc(a.Touched, holds)
}

// Hidden is the error for an incident that is not the user's to see.
func Hidden(u User, id fusion.PictureID) error {
	return fusion.Errorf(fusion.KindDenied, "", "incident %s is not for user %s to see", id, u.Name).
		WithHint("the areas, kinds and tlp of the user in the configuration say what is")
}
