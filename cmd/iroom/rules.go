package main

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/ruletest"
)

type rulesCmd struct {
	Lint rulesLintCmd `cmd:"" help:"Check rule files: every problem at once, with line, column and a hint."`
	Test rulesTestCmd `cmd:"" help:"Run the tests beside the rules."`
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
