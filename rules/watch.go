package rules

// Watch is told when a rule is at work, so that somebody outside can take its
// time. The time that passes cannot be replayed, so matching never looks at
// it; a watch must change nothing.
type Watch interface {
	Begins(rule string)
	Ends(rule string)
}

// Watch tells w of every rule at work from now on; nil ends that.
func (st *State) Watch(w Watch) { st.watch = w }
