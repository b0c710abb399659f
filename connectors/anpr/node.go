package anpr

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
)

// node is a JSON value: nil, bool, string, []any or map[string]any. A number
// is kept as its text, because firmware versions differ in whether they write
// numbers or strings, and because a time in ns does not fit a float64.
type node struct{ v any }

// deepest is the nesting that no known payload needs.
const deepest = 32

// numbersAsText decodes numbers without loss.
var numbersAsText = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	number, err := d.ReadValue()
	*v = string(number)
	return err
}))

// parse reads one JSON value strictly.
func parse(payload []byte) (node, error) {
	payload = bytes.TrimPrefix(payload, []byte("\xef\xbb\xbf"))
	if err := fusion.CheckDepth(payload, deepest); err != nil {
		return node{}, err
	}
	var v any
	if err := json.Unmarshal(payload, &v, numbersAsText); err != nil {
		return node{}, err
	}
	return node{v}, nil
}

// at follows a path of names; what is not there is a nil node.
func (n node) at(path ...string) node {
	for _, name := range path {
		object, ok := n.v.(map[string]any)
		if !ok {
			return node{}
		}
		n = node{object[name]}
	}
	return n
}

// first returns the first of the fields that holds a text or number.
func (n node) first(names ...string) node {
	for _, name := range names {
		if field := n.at(name); field.text() != "" {
			return field
		}
	}
	return node{}
}

// pick returns the first node that holds a text, else the first that is there
// at all.
func pick(nodes ...node) node {
	for _, n := range nodes {
		if n.text() != "" {
			return n
		}
	}
	for _, n := range nodes {
		if !n.isNull() {
			return n
		}
	}
	return node{}
}

// has reports whether one of the fields is there, even if null.
func (n node) has(names ...string) bool {
	object, ok := n.v.(map[string]any)
	for _, name := range names {
		if _, there := object[name]; ok && there {
			return true
		}
	}
	return false
}

func (n node) isNull() bool { return n.v == nil }

func (n node) isObject() bool { _, ok := n.v.(map[string]any); return ok }

// list returns the items of an array; nil when it is none.
func (n node) list() []node {
	items, ok := n.v.([]any)
	if !ok {
		return nil
	}
	nodes := make([]node, len(items))
	for i, item := range items {
		nodes[i] = node{item}
	}
	return nodes
}

func (n node) isList() bool { _, ok := n.v.([]any); return ok }

// text returns a string or number without the blanks around it.
func (n node) text() string {
	s, ok := n.v.(string)
	if !ok {
		return ""
	}
	return strings.TrimSpace(s)
}

// number returns a finite number; false when there is none.
func (n node) number() (float64, bool) {
	f, err := strconv.ParseFloat(n.text(), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func (n node) isTrue() bool { return n.v == true || n.text() == "true" || n.text() == "1" }

// canonical is the value as bytes that do not depend on the order of names or
// on blanks.
func (n node) canonical() []byte {
	b, err := fusion.Encode(n.v)
	if err != nil { // no decoded JSON value does that
		return fmt.Append(nil, n.v)
	}
	return b
}

// best returns the item with the highest number under one of the score names,
// the first item when none has a score.
func (n node) best(scores ...string) node {
	top, highest := node{}, math.Inf(-1)
	for _, item := range n.list() {
		score, ok := item.first(scores...).number()
		if !ok {
			score = 0
		}
		if top.isNull() || score > highest {
			top, highest = item, score
		}
	}
	return top
}
