package rules

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

var entityTypes = []string{
	string(fusion.EntityVehicle), string(fusion.EntityPerson), string(fusion.EntityPhone), string(fusion.EntityAddress),
	string(fusion.EntityVessel), string(fusion.EntityAircraft), string(fusion.EntityUnit), string(fusion.EntityObject),
	string(fusion.EntityAccount),
}

// eventFunctions are called on an event: bare in its own condition, by its
// name elsewhere.
var eventFunctions = []string{"entity", "entities", "country", "inside", "distance", "bearing"}

// call resolves the functions of the rule language.
func (r *resolver) call(n *ast.CallNode) ast.Node {
	if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
		switch {
		case callee.Value == "listed" || callee.Value == "listed_exact":
			return r.listed(n, callee.Value)
		case textFunctions[callee.Value].call != nil:
			return r.onTexts(n, callee.Value)
		case r.scope.bare && slices.Contains(eventFunctions, callee.Value):
			return r.eventCall(n, 0, callee.Value)
		case slices.Contains(pairFunctions, callee.Value):
			return r.onPair(n, callee.Value)
		case slices.Contains(eventFunctions, callee.Value):
			return r.refuse(n, "put the event before it, as in "+r.scope.names[0]+"."+callee.Value, "%s needs an event", callee.Value)
		}
		return r.refuse(n, "known: "+strings.Join(functionNames(), ", "), "the function %s is not known", callee.Value)
	}
	if m, ok := unchain(n.Callee).(*ast.MemberNode); ok {
		name, isText := m.Property.(*ast.StringNode)
		if slot := r.slot(unchain(m.Node)); slot >= 0 && isText {
			if slices.Contains(eventFunctions, name.Value) {
				return r.eventCall(n, slot, name.Value)
			}
			return r.refuse(n, "known: "+strings.Join(eventFunctions, ", "), "an event has no function %s", name.Value)
		}
	}
	return r.refuse(n, "", "this cannot be called")
}

func (r *resolver) listed(n *ast.CallNode, name string) ast.Node {
	if len(n.Arguments) != 2 {
		return r.refuse(n, `write `+name+`("stolen-plates", entity("vehicle"))`, "%s needs a list and a value", name)
	}
	if list, ok := n.Arguments[0].(*ast.StringNode); !ok || !fusion.IsToken(list.Value) {
		return r.refuse(n.Arguments[0], "", "the list must be a constant name of lower-case letters, digits and dashes")
	}
	return invoke(n, name, n.Arguments[0], r.expr(n.Arguments[1]))
}

func (r *resolver) eventCall(n *ast.CallNode, slot int, name string) ast.Node {
	if name == "distance" || name == "bearing" {
		return r.toPlace(n, slot, name)
	}
	value, ok := constant(n.Arguments)
	switch {
	case !ok:
		return r.refuse(n, "", "%s needs one constant text", name)
	case name == "inside" && !fusion.IsToken(value):
		return r.refuse(n.Arguments[0], "", "%q is not the id of an area: lower-case letters, digits and dashes", value)
	case name == "country" && r.guard(n, name):
		return n
	case name != "inside" && !slices.Contains(entityTypes, value):
		return r.refuse(n.Arguments[0], "one of "+strings.Join(entityTypes, ", "), "%q is not a type of entity", value)
	case name == "country":
		r.mention(slot, value+" country", func(e *fusion.Event) string { return countryOf(e, value) })
	case name != "inside":
		r.mention(slot, value, func(e *fusion.Event) string { return strings.Join(entityValues(e, value), ", ") })
	}
	return invoke(n, name, integer(n, slot), n.Arguments[0])
}
