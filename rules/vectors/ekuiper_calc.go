package main

import (
	"regexp"
	"strconv"
	"strings"
)

// kuiperCalc is what a query makes of the columns of one row; get gives the
// value of a column, or of what the query calls so.
type kuiperCalc func(get func(name string) any) any

var (
	kuiperSum     = regexp.MustCompile(`^(\w+)\s*([-+*/])\s*(\w+)$`)
	kuiperChoice  = regexp.MustCompile(`(?is)^case\s+(.*?)\s+else\s+("[^"]*"|[\d.]+)\s+end$`)
	kuiperWhen    = regexp.MustCompile(`(?is)^when\s+(.*?)\s+then\s+("[^"]*"|[\d.]+)\s*`)
	kuiperCompare = regexp.MustCompile(`^(\w+)\s*(=|!=|<>|<=|>=|<|>)\s*("[^"]*"|[\d.]+)$`)
	kuiperAnd     = regexp.MustCompile(`(?i)\s+and\s+`)
)

// calculation reads an expression over the columns of one row; nil when it is
// none that is understood.
func calculation(text string) kuiperCalc {
	if m := kuiperSum.FindStringSubmatch(text); m != nil {
		return func(get func(string) any) any { return arithmetic(operand(m[1], get), m[2], operand(m[3], get)) }
	}
	m := kuiperChoice.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	var when []kuiperCalc
	var then []any
	for rest := m[1]; rest != ""; {
		w := kuiperWhen.FindStringSubmatch(rest)
		if w == nil {
			return nil
		}
		holds := comparisons(w[1])
		if holds == nil {
			return nil
		}
		when, then, rest = append(when, holds), append(then, constantOf(w[2])), rest[len(w[0]):]
	}
	return func(get func(string) any) any {
		for i, holds := range when {
			if holds(get) == true {
				return then[i]
			}
		}
		return constantOf(m[2])
	}
}

// comparisons reads comparisons of columns with constants, all of which hold.
func comparisons(text string) kuiperCalc {
	var parts []kuiperCalc
	for _, part := range kuiperAnd.Split(strings.TrimSpace(text), -1) {
		m := kuiperCompare.FindStringSubmatch(part)
		if m == nil {
			return nil
		}
		parts = append(parts, func(get func(string) any) any { return compares(get(m[1]), m[2], constantOf(m[3])) })
	}
	return func(get func(string) any) any {
		for _, holds := range parts {
			if holds(get) != true {
				return false
			}
		}
		return true
	}
}

func compares(a any, operator string, b any) bool {
	x, xok := numberOf(a)
	y, yok := numberOf(b)
	order := 0
	switch {
	case xok && yok && x < y:
		order = -1
	case xok && yok && x > y:
		order = 1
	case !xok || !yok:
		s, sok := a.(string)
		t, tok := b.(string)
		if !sok || !tok {
			return false
		}
		order = strings.Compare(s, t)
	}
	switch operator {
	case "=":
		return order == 0
	case "!=", "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func arithmetic(a any, operator string, b any) any {
	x, xok := numberOf(a)
	y, yok := numberOf(b)
	if !xok || !yok || operator == "/" && y == 0 {
		return nil
	}
	switch operator {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	}
	return x / y
}

func operand(text string, get func(string) any) any {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v
	}
	return get(text)
}

func constantOf(text string) any {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v
	}
	return strings.Trim(text, `"`)
}

func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case string: // a record has its numbers as texts
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}
