package schema

import "github.com/openiroom/iroom/rules"

// match has one schema for each kind, from the tables that the parser reads.
func match() object {
	var kinds []any
	for _, g := range rules.Grammars() {
		properties, needed := keyed(g.Beside)
		properties[g.Kind] = form(rules.Key{Form: g.Own}, g.Inner)
		kinds = append(kinds, closed("", properties, append(needed, g.Kind)...))
	}
	return object{"description": "How events match.", "oneOf": kinds}
}

// keyed are the properties of the keys, and those that are needed.
func keyed(keys []rules.Key) (properties object, needed []string) {
	properties = object{}
	for _, k := range keys {
		properties[k.Name] = form(k, nil)
		if k.Needed {
			needed = append(needed, k.Name)
		}
	}
	return properties, needed
}

// form is what stands behind a key.
func form(k rules.Key, inner []rules.Key) object {
	switch k.Form {
	case rules.FormEvent:
		return text("Name of an event.")
	case rules.FormEvents:
		return object{"type": "array", "minItems": 2, "items": text("Name of an event.")}
	case rules.FormSteps:
		return object{"type": "array", "minItems": 1, "items": object{"anyOf": []any{text("Name of an event."), mapping(rules.StepKeys), mapping(rules.NotKeys)}}}
	case rules.FormSpan, rules.FormWait:
		return duration()
	case rules.FormNumber:
		return object{"type": "number"}
	case rules.FormWhole:
		return object{"type": "integer", "minimum": 1, "maximum": 1000}
	case rules.FormDistance:
		return object{"type": "number", "exclusiveMinimum": 0, "description": "m"}
	case rules.FormPlace:
		return object{"type": "array", "minItems": 2, "maxItems": 2, "items": object{"type": "number"}, "description": "[lon, lat] in deg"}
	case rules.FormToken:
		return token("")
	case rules.FormCondition:
		return condition()
	case rules.FormValue:
		return text("A type of entity, a field or an expression over each event.")
	case rules.FormJoin:
		return object{"type": []any{"string", "array", "object"}, "description": "Join keys: types of entity, fields or expressions."}
	case rules.FormRange:
		return object{"type": []any{"integer", "string"}, "pattern": `^\s*[0-9]+\s*(\.\.\s*[0-9]*\s*)?$`, "description": "How often: 3, 2..5, 2.. or 0..1."}
	case rules.FormChoice:
		return choice("", k.Values...)
	}
	return mapping(inner)
}

func mapping(keys []rules.Key) object {
	properties, needed := keyed(keys)
	return closed("", properties, needed...)
}
