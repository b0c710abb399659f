package main

import (
	"fmt"
	"io"
	"os"

	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/fusion/watchlist"
	"github.com/openiroom/iroom/rules/tools/explain"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// rehearsed is what rules run on when no room runs them.
type rehearsed struct {
	List  map[string]string `placeholder:"NAME=FILE" help:"A watchlist, from CSV; may be given several times."`
	Areas string            `placeholder:"FILE" help:"Areas of the room, GeoJSON as its configuration names it."`
}

func (c rehearsed) lists() (map[string][]store.ListEntry, error) {
	lists := map[string][]store.ListEntry{}
	for name, file := range c.List {
		entries, err := readList(file)
		if err != nil {
			return nil, err
		}
		lists[name] = entries
	}
	return lists, nil
}

func readList(file string) ([]store.ListEntry, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the watchlist: %w", err)
	}
	defer f.Close()
	entries, err := watchlist.Read(f)
	if err != nil {
		return nil, fmt.Errorf("watchlist %s: %w", file, err)
	}
	return entries, nil
}

// content is what the engine works with, with these rules.
func (c rehearsed) content(rules map[string]string) (engine.Content, error) {
	content := engine.Content{Rules: rules}
	if c.Areas == "" {
		return content, nil
	}
	b, err := os.ReadFile(c.Areas)
	if err != nil {
		return content, fmt.Errorf("read the areas: %w", err)
	}
	if content.Areas, err = geojson.UnmarshalFeatureCollection(b); err != nil {
		return content, fmt.Errorf("%s is not a GeoJSON feature collection: %w", c.Areas, err)
	}
	return content, nil
}

type rulesExplainCmd struct {
	rehearsed
	Rule   string         `arg:"" help:"Id of the rule."`
	Dir    string         `type:"existingdir" help:"Folder of rule files; those that iRoom ships when absent."`
	Events string         `required:"" placeholder:"FILE" help:"Events, one CloudEvents JSON object a line, in the order in which they came; - is standard input."`
	Event  fusion.EventID `placeholder:"ID" help:"Explain this event only."`
	JSON   bool           `help:"The whole explanation as JSON."`
}

// Run explains a rule over events.
func (c *rulesExplainCmd) Run(std streams) error {
	texts, err := (ruleFolder{c.Dir}).texts()
	if err != nil {
		return err
	}
	request := explain.Request{Rule: c.Rule}
	if request.Content, err = c.content(texts); err != nil {
		return err
	}
	if request.Lists, err = c.lists(); err != nil {
		return err
	}
	events, err := std.open(c.Events)
	if err != nil {
		return err
	}
	defer events.Close()
	request.Events = rehearsal.Events(events)
	x, err := explain.Run(request)
	if err != nil {
		return err
	}
	if c.Event != "" && !x.Only(c.Event) {
		return fusion.Errorf(fusion.KindNotFound, "", "the rule %s looks at no event %q of these", c.Rule, c.Event).
			WithHint("without --event all that it looks at are explained")
	}
	if c.JSON {
		return jsonLines(std, []*explain.Explanation{x})
	}
	_, err = fmt.Fprint(std.out, x.Text())
	return err
}

// open opens a file, or standard input when it is called -.
func (s streams) open(file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	return f, nil
}
