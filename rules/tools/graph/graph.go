// Package graph draws how events feed rules, rules feed rules, and rules open
// and join incident pictures, as a Mermaid flowchart that GitHub and most
// wikis show.
package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Mermaid is the drawing of a set of rules; equal sets give equal text.
func Mermaid(set *rules.Set) string {
	d := drawing{types: map[fusion.EventType]string{}, kinds: map[string]string{}}
	for i, r := range set.Rules() {
		d.rule(set, r, i)
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for _, t := range slices.Sorted(maps.Keys(d.types)) {
		fmt.Fprintf(&b, "  %s[/\"%s\"/]\n", d.types[t], t)
	}
	for _, k := range slices.Sorted(maps.Keys(d.kinds)) {
		fmt.Fprintf(&b, "  %s{{\"%s\"}}\n", d.kinds[k], k)
	}
	b.WriteString(strings.Join(d.nodes, ""))
	b.WriteString(strings.Join(d.edges, ""))
	b.WriteString("  classDef shadow stroke-dasharray: 5 5\n  classDef off fill:#eee,color:#888\n")
	return b.String()
}

type drawing struct {
	types map[fusion.EventType]string // node of each
	kinds map[string]string
	nodes []string
	edges []string
}

func (d *drawing) rule(set *rules.Set, r *rules.Rule, i int) {
	class := ""
	if r.Mode != rules.ModeLive {
		class = ":::" + string(r.Mode)
	}
	node := ruleNode(i)
	d.nodes = append(d.nodes, fmt.Sprintf("  %s[\"%s<br/><small>%s</small>\"]%s\n", node, r.ID, r.Kind, class))
	for _, t := range r.Types {
		var from string
		id, ofRule := strings.CutPrefix(string(t), string(fusion.HitType("")))
		switch {
		case ofRule:
			from = ruleNode(slices.IndexFunc(set.Rules(), func(o *rules.Rule) bool { return o.ID == id }))
		default:
			from = nodeOf(d.types, t, "t")
		}
		d.edges = append(d.edges, fmt.Sprintf("  %s --> %s\n", from, node))
	}
	if r.Incident.Open && r.Incident.Kind != "" {
		d.edges = append(d.edges, fmt.Sprintf("  %s ==>|%s| %s\n", node, r.Incident.Severity, nodeOf(d.kinds, r.Incident.Kind, "k")))
	}
	for _, k := range r.Incident.Join {
		d.edges = append(d.edges, fmt.Sprintf("  %s -.-> %s\n", node, nodeOf(d.kinds, k, "k")))
	}
}

func ruleNode(i int) string { return fmt.Sprintf("r%d", i) }

func nodeOf[K comparable](nodes map[K]string, k K, prefix string) string {
	if nodes[k] == "" {
		nodes[k] = fmt.Sprintf("%s%d", prefix, len(nodes))
	}
	return nodes[k]
}
