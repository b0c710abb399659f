package rules

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	exprfile "github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/openiroom/iroom/fusion"
)

// Bounds of one condition. Bytes and brackets are checked before the parser
// sees it, because the parser recurses.
const (
	maxConditionBytes = 4 << 10
	maxBrackets       = 32
	maxNodes          = 300
	maxLoops          = 1
)

// scope is what a condition can speak of.
type scope struct {
	names   []string             // of the events, by slot
	types   [][]fusion.EventType // of the events, by slot
	bare    bool                 // the fields of the only event stand alone
	count   bool                 // `count` is known
	allowed []string             // protected characteristics that it may read
	extra   string               // a number of the match that is known under this name, "": none
}

// program is a compiled condition.
type program struct {
	code       *vm.Program // nil: test or text does the same without the machine
	mentions   []mention
	touched    []string    // protected characteristics that it reads
	predicates []predicate // that must hold for the condition to be true, until the index is made
	indexed    bool        // it has predicates

	test reading[bool]   // nil: only the machine finds it out
	text reading[string] // likewise
}

// run gives the value of the condition.
func (p *program) run(machine *vm.VM, f *frame) (any, error) {
	switch {
	case p.test != nil:
		return p.test(f), nil
	case p.text != nil:
		return p.text(f), nil
	}
	return machine.Run(p.code, f)
}

// mention is a field of an event that a condition reads.
type mention struct {
	slot  int
	label string
	text  func(e *fusion.Event) string
}

// conditionError is what is wrong, at a character of the condition.
type conditionError struct {
	offset  int
	message string
	hint    string
}

func (e *conditionError) Error() string { return e.message }

// compile checks a condition and compiles it; want is the type of its result,
// reflect.Interface for any that can be written as text. The code of the
// machine is not kept where it is not needed: of many rules it would be most
// of what they hold.
func (s *scope) compile(text string, want reflect.Kind) (*program, *conditionError) {
	p, err := s.assemble(text, want)
	if err == nil && (p.test != nil || p.text != nil) {
		p.code = nil
	}
	return p, err
}

// assemble is compile with the code of the machine in any case.
func (s *scope) assemble(text string, want reflect.Kind) (*program, *conditionError) {
	if err := admit(text); err != nil {
		return nil, err
	}
	config := newConfig()
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, translate(err)
	}
	r := &resolver{scope: s}
	root := r.expr(tree.Node)
	if r.err != nil {
		return nil, r.err
	}
	tree.Node = root
	got, err := checker.Check(tree, config)
	if err != nil {
		return nil, translate(err)
	}
	types := &typeCheck{}
	if ast.Walk(&tree.Node, types); types.err != nil {
		return nil, types.err
	}
	if err := checkResult(got, want); err != nil {
		return nil, err
	}
	p := &program{mentions: r.mentions, touched: r.touched, predicates: collect(root, nil), test: direct(root), text: directText(root)}
	p.indexed = len(p.predicates) > 0
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, translate(err)
	}
	if p.code, err = compiler.Compile(tree, config); err != nil {
		return nil, translate(err)
	}
	forget(tree.Node)
	return p, nil
}

// forget cuts the tree at its root. The compiled program keeps it, nobody
// reads it, and of many rules it is most of what they hold.
func forget(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		n.Left, n.Right = nil, nil
	case *ast.UnaryNode:
		n.Node = nil
	case *ast.CallNode:
		n.Callee, n.Arguments = nil, nil
	case *ast.BuiltinNode:
		n.Arguments = nil
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = nil, nil, nil
	}
}

func checkResult(got reflect.Type, want reflect.Kind) *conditionError {
	switch {
	case want == reflect.Bool && got.Kind() != reflect.Bool:
		return &conditionError{
			message: fmt.Sprintf("a condition must be true or false, this is a %s", kindName(got)),
			hint:    "compare it with something",
		}
	case want == reflect.Float64 && kindName(got) != "number":
		return &conditionError{message: fmt.Sprintf("a measure needs a number, this is a %s", kindName(got))}
	case want == reflect.Interface && !writable(got):
		return &conditionError{
			message: fmt.Sprintf("a %s cannot be written as text", kindName(got)),
			hint:    "use a text, a number or true/false",
		}
	}
	return nil
}

// admit refuses what the parser must not see.
func admit(text string) *conditionError {
	if len(text) > maxConditionBytes {
		return &conditionError{message: fmt.Sprintf("the condition has %d bytes; at most %d are accepted", len(text), maxConditionBytes)}
	}
	depth := 0
	for i, c := range []rune(text) {
		switch c {
		case '(', '[', '{':
			if depth++; depth > maxBrackets {
				return &conditionError{offset: i, message: fmt.Sprintf("brackets are nested deeper than %d", maxBrackets)}
			}
		case ')', ']', '}':
			depth--
		}
	}
	return nil
}

func newConfig() *conf.Config {
	config := conf.CreateNew()
	options := append([]expr.Option{expr.Env(&frame{}), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins()}, functionOptions...)
	for _, name := range allowedBuiltins {
		options = append(options, expr.EnableBuiltin(name))
	}
	for _, o := range options {
		o(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	config.Check()
	return config
}

// translate puts an error of the expression language into a sentence of ours.
func translate(err error) *conditionError {
	if e, ok := errors.AsType[*exprfile.Error](err); ok {
		return &conditionError{offset: e.From, message: readable(e.Message)}
	}
	return &conditionError{message: readable(err.Error())}
}

// condition compiles a source as a condition and reports what is wrong.
func (f *file) condition(src source, s *scope, want reflect.Kind) *program {
	p, err := s.compile(src.text, want)
	if err != nil {
		line, column := src.locate(err.offset)
		f.at(line, column, err.hint, "%s", err.message)
		return nil
	}
	return p
}
