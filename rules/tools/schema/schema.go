// Package schema is the JSON Schema of rule files, for editors.
//
// It says which names stand where and of which type their values are. What a
// condition may say, and what of one rule fits another, only [rules.Load]
// knows; a test holds that the two agree where both judge.
package schema

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// ID is where the schema is published.
const ID = "https://openiroom.org/schema/rule.schema.json"

// object is a JSON object.
type object = map[string]any

// Schema is the JSON Schema, draft 2020-12.
func Schema() map[string]any {
	properties := object{
		"rule":        token("Id of the rule, which is also the name of its file."),
		"title":       text("What it looks for, in a few words."),
		"description": text("What it looks for, in sentences."),
		"owner":       text("Who answers for the rule."),
		"purpose": closed("On which legal basis it works, and for what.", object{
			"basis": choice("", "wpg-8", "wpg-9", "wpg-10", "wpg-13", "public"), "text": text(""),
		}, "basis", "text"),
		"sensitive": closed("Which protected characteristics it may use, why, and who allowed it.", object{
			"characteristics": object{"type": "array", "minItems": 1, "items": choice("", rules.Characteristics()...)},
			"justification":   text(""), "approved_by": text(""),
		}, "characteristics", "justification", "approved_by"),
		"mode":     choice("live acts, shadow is measured only, off does not run.", string(rules.ModeLive), string(rules.ModeShadow), string(rules.ModeOff)),
		"events":   events(),
		"match":    match(),
		"score":    score(),
		"incident": incident(),
		"after": closed("What follows when nobody acts.", object{
			"acknowledge_within": duration(), "escalate_to": severity(), "close_when_quiet": duration(),
		}),
	}
	s := closed("A rule of an iRoom operations room.", properties, required()...)
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", ID, "iRoom rule"
	return s
}

// required are the names that every rule has.
func required() []string {
	optional := []string{"sensitive", "score", "after"}
	return slices.DeleteFunc(rules.Keys(), func(k string) bool { return slices.Contains(optional, k) })
}

func events() object {
	var types []object
	var names []any
	for _, t := range fusion.EventTypes() {
		names = append(names, string(t))
	}
	types = append(types, object{"enum": names}, object{"type": "string", "pattern": `^rule\.[a-z0-9-]+$`})
	one := closed("", object{"type": object{"anyOf": types, "description": "Type of event; rule.<rule> is a hit of that rule."}, "when": condition()}, "type")
	return object{
		"type": "object", "description": "The events that it looks at: a name, and one alternative or several.", "minProperties": 1,
		"propertyNames":        object{"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,39}$"},
		"additionalProperties": oneOrMore(one),
	}
}

func score() object {
	term := closed("", object{"points": object{"type": "number"}, "when": condition(), "because": text("What a person reads.")}, "points", "when", "because")
	return closed("Points; a match below the threshold is no hit.", object{
		"base": object{"type": "number"}, "threshold": object{"type": "number"}, "add": oneOrMore(term),
	})
}

func incident() object {
	i := closed("What a hit asks of the incident pictures.", object{
		"open": object{"type": "boolean", "default": true}, "kind": token("Kind of the picture."), "severity": severity(),
		"title": text("May hold expressions between {{ and }}."), "join": object{"type": []any{"array", "string"}, "items": token("")},
	})
	i["if"] = object{"properties": object{"open": object{"const": false}}, "required": []any{"open"}}
	i["then"] = object{"required": []any{"join"}}
	i["else"] = object{"required": []any{"kind", "severity", "title"}, "properties": object{"join": false}}
	return i
}

// closed is an object with these names and no others.
func closed(description string, properties object, needed ...string) object {
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if description != "" {
		o["description"] = description
	}
	if len(needed) > 0 {
		slices.Sort(needed)
		o["required"] = needed
	}
	return o
}

func oneOrMore(item object) object {
	return object{"anyOf": []any{item, object{"type": "array", "items": item}}}
}

func text(description string) object {
	return describe(object{"type": "string", "pattern": `\S`}, description)
}

func token(description string) object {
	return describe(object{"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}, description)
}

func condition() object {
	return describe(object{"type": []any{"string", "boolean"}}, "A condition over the fields of events.")
}

func duration() object {
	return describe(object{"type": "string", "pattern": `^[0-9.]+(ns|us|µs|ms|s|m|h|d)([0-9.]+(ms|s|m))*$`}, "A time, as in 90s, 15m, 2h or 3d.")
}

func severity() object {
	var names []string
	for _, s := range fusion.Severities {
		names = append(names, string(s))
	}
	return choice("", names...)
}

func choice(description string, values ...string) object {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return describe(object{"enum": list}, description)
}

func describe(o object, description string) object {
	if description != "" {
		o["description"] = description
	}
	return o
}
