package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules/tools/graph"
	"github.com/openiroom/iroom/rules/tools/layout"
	"github.com/openiroom/iroom/rules/tools/register"
	"github.com/openiroom/iroom/rules/tools/schema"
)

type rulesGraphCmd struct{ ruleFolder }

// Run draws rules.
func (c *rulesGraphCmd) Run(std streams) error {
	set, err := c.load(std)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(std.out, graph.Mermaid(set))
	return err
}

type rulesRegisterCmd struct {
	ruleFolder
	Organization string `help:"Organisation that publishes the entries."`
	Contact      string `help:"Its mail address for questions."`
	Impact       string `help:"Impact assessments that were made, such as a DPIA."`
	JSON         bool   `xor:"form" help:"JSON, one entry a line."`
	CSV          bool   `xor:"form" help:"CSV with a header."`
}

// Run makes the register's entries.
func (c *rulesRegisterCmd) Run(std streams) error {
	set, err := c.load(std)
	if err != nil {
		return err
	}
	entries := register.Entries(set, register.Options{Organization: c.Organization, Contact: c.Contact, Impact: c.Impact})
	switch {
	case c.JSON:
		return jsonLines(std, entries)
	case c.CSV:
		return register.WriteCSV(std.out, entries)
	}
	for _, e := range entries {
		if _, err := fmt.Fprintln(std.out, e); err != nil {
			return err
		}
	}
	return nil
}

type rulesFmtCmd struct {
	Dir   string `arg:"" type:"existingdir" help:"Folder of rule files."`
	Write bool   `short:"w" help:"Write the files; without it, the names of those that differ are listed and the exit code says whether there are any."`
}

// Run lays rule files out.
func (c *rulesFmtCmd) Run(std streams) error {
	texts, err := (ruleFolder{c.Dir}).texts()
	if err != nil {
		return err
	}
	differ := false
	for _, name := range sortedKeys(texts) {
		laid, err := layout.Format([]byte(texts[name]))
		if err != nil {
			return fusion.Errorf(fusion.KindInvalid, name, "%w", err)
		}
		if bytes.Equal(laid, []byte(texts[name])) {
			continue
		}
		differ = true
		if _, err := fmt.Fprintln(std.out, name); err != nil {
			return err
		}
		if !c.Write {
			continue
		}
		if err := os.WriteFile(filepath.Join(c.Dir, filepath.FromSlash(name)), laid, 0o644); err != nil {
			return fmt.Errorf("write a rule: %w", err)
		}
	}
	if differ && !c.Write {
		return exitCode(1)
	}
	return nil
}

type rulesSchemaCmd struct{}

// Run writes the JSON Schema.
func (c *rulesSchemaCmd) Run(std streams) error {
	b, err := json.Marshal(schema.Schema(), json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s\n", b)
	return err
}
