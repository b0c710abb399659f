package graph_test

import (
	"fmt"
	"testing"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/tools/graph"
)

func rule(id, mode, typ, incident string) []byte {
	return fmt.Appendf(nil, `rule: %s
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: %s
events:
  e: {type: %s}
match: {event: e}
incident: %s
`, id, mode, typ, incident)
}

const want = `flowchart LR
  t0[/"police.dispatch.call"/]
  k1{{"burglary"}}
  k0{{"fire"}}
  r0["calls<br/><small>event</small>"]
  r1["more<br/><small>event</small>"]:::shadow
  t0 --> r0
  r0 ==>|high| k0
  r0 --> r1
  r1 -.-> k0
  r1 -.-> k1
  classDef shadow stroke-dasharray: 5 5
  classDef off fill:#eee,color:#888
`

func TestMermaid(t *testing.T) {
	set, problems := rules.Compile(map[string][]byte{
		"calls.yaml": rule("calls", "live", "police.dispatch.call", "{kind: fire, severity: high, title: Fire}"),
		"more.yaml":  rule("more", "shadow", "rule.calls", "{open: false, join: [fire, burglary]}"),
	})
	if set == nil {
		t.Fatal(problems)
	}
	if got := graph.Mermaid(set); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
