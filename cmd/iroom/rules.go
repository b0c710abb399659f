package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/ruletest"
)

type rulesCmd struct {
	Lint    rulesLintCmd    `cmd:"" help:"Check rule files: every problem at once, with line, column and a hint."`
	Test    rulesTestCmd    `cmd:"" help:"Run the tests beside the rules."`
	Explain rulesExplainCmd `cmd:"" help:"Why a rule fired on events, or why not."`
}

// ruleFolder is where rules are; without one, those that iRoom ships.
type ruleFolder struct {
	Dir string `arg:"" optional:"" type:"existingdir" help:"Folder of rule files; those that iRoom ships when absent."`
}

func (f ruleFolder) files() fs.FS {
	if f.Dir == "" {
		return library.FS
	}
	return os.DirFS(f.Dir)
}

// texts are the rule files by name, their tests left out; all of them compile.
func (f ruleFolder) texts() (map[string]string, error) {
	texts := map[string]string{}
	err := fs.WalkDir(f.files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" || strings.HasSuffix(name, "_test.yaml") {
			return err
		}
		b, err := fs.ReadFile(f.files(), name)
		texts[name] = string(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	if len(texts) == 0 {
		return nil, fusion.Errorf(fusion.KindNotFound, "read the rules", "there is no rule file in %s", f.Dir)
	}
	return texts, nil
}

type rulesLintCmd struct{ ruleFolder }

// Run checks rules.
func (c *rulesLintCmd) Run(std streams) error {
	set, problems := rules.Load(c.files())
	for _, p := range problems {
		fmt.Fprintln(std.err, p)
	}
	if len(problems) > 0 {
		return exitCode(1)
	}
	_, err := fmt.Fprintf(std.out, "%d rules, no problems\n", len(set.Rules()))
	return err
}

type rulesTestCmd struct {
	ruleFolder
	Only string `name:"run" help:"Only cases whose rule or name contains this."`
}

// Run runs rule tests.
func (c *rulesTestCmd) Run(std streams) error {
	report := ruletest.Run(c.files(), c.Only)
	if _, err := fmt.Fprint(std.out, report); err != nil {
		return err
	}
	if !report.OK() {
		return exitCode(1)
	}
	return nil
}
