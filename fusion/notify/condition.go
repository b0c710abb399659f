package notify

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/openiroom/iroom/fusion"
)

// Bounds of a condition. Bytes and brackets are checked before the parser sees
// it, because the parser recurses. Without loops and ranges its time is
// bounded by its size.
const (
	maxConditionBytes = 4 << 10
	maxBrackets       = 32
	maxNodes          = 300
)

// allowedBuiltins of the expression language; none of them loops or allocates
// without bound.
var allowedBuiltins = []string{"len", "lower", "upper", "trim", "hasPrefix", "hasSuffix"}

// view is what a condition can speak of. It has no methods, since a condition
// could call them.
type view struct {
	Action     string   `expr:"action"`
	Incident   string   `expr:"incident"`
	Kind       string   `expr:"kind"`
	Title      string   `expr:"title"`
	Severity   string   `expr:"severity"`
	Status     string   `expr:"status"`
	Area       string   `expr:"area"`
	Address    string   `expr:"address"`
	Text       string   `expr:"text"`
	Confidence float64  `expr:"confidence"`
	Evidence   int      `expr:"evidence"`
	Sources    []string `expr:"sources"`
}

// condition is a compiled condition over an alert.
type condition struct{ code *vm.Program }

func newCondition(text string) (*condition, error) {
	if err := admit(text); err != nil {
		return nil, err
	}
	limits := &limiter{}
	options := []expr.Option{expr.Env(view{}), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(limits)}
	for _, name := range allowedBuiltins {
		options = append(options, expr.EnableBuiltin(name))
	}
	code, err := expr.Compile(text, options...)
	if err == nil {
		err = limits.err
	}
	if e, ok := errors.AsType[*file.Error](err); ok {
		return nil, fmt.Errorf("column %d: %s", e.Column+1, e.Message)
	}
	if err != nil {
		return nil, err
	}
	return &condition{code}, nil
}

// admit refuses what the parser must not see.
func admit(text string) error {
	if len(text) > maxConditionBytes {
		return fmt.Errorf("it has %d bytes; at most %d are accepted", len(text), maxConditionBytes)
	}
	depth := 0
	for _, c := range text {
		switch c {
		case '(', '[', '{':
			if depth++; depth > maxBrackets {
				return fmt.Errorf("its brackets are nested deeper than %d", maxBrackets)
			}
		case ')', ']', '}':
			depth--
		}
	}
	return nil
}

// limiter refuses what could take long.
type limiter struct{ err error }

// Visit looks at one node of a condition.
func (l *limiter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if slices.Contains([]string{"..", "**", "^"}, n.Operator) {
			l.err = fmt.Errorf("the operator %s is not part of conditions", n.Operator)
		}
	case *ast.PredicateNode:
		l.err = errors.New("loops are not part of conditions; write \"x\" in sources")
	}
}

func (c *condition) eval(a *fusion.Alert) (bool, error) {
	out, err := expr.Run(c.code, view{
		Action: string(a.Action), Incident: string(a.Incident), Kind: a.Kind, Title: a.Title, Severity: string(a.Severity),
		Status: string(a.Status), Area: a.Area, Address: a.Address, Text: a.Text, Confidence: a.Confidence,
		Evidence: a.Evidence, Sources: a.Sources,
	})
	ok, _ := out.(bool)
	return ok, err
}
