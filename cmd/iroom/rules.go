package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/ruletest"
	"github.com/openiroom/iroom/rules/tools/lint"
)

type rulesCmd struct {
	Lint     rulesLintCmd        `cmd:"" help:"Check rule files: every problem at once, with line, column and a hint."`
	Test     rulesTestCmd        `cmd:"" help:"Run the tests beside the rules."`
	Explain  rulesExplainCmd     `cmd:"" help:"Why a rule fired on events, or why not."`
	Backtest rulesBacktestCmd    `cmd:"" help:"What rules would have done over history, against what others did."`
	Activate rulesActivateCmd    `cmd:"" help:"Give a running room other rules. A restart activates those that its configuration names."`
	Sigma    rulesImportSigmaCmd `cmd:"" name:"import-sigma" help:"Make rules of Sigma detections and correlations."`
	Graph    rulesGraphCmd       `cmd:"" help:"Draw which events feed which rules, and what they open, as Mermaid."`
	Register rulesRegisterCmd    `cmd:"" help:"Entries for the Dutch public register of algorithms (Algoritmeregister)."`
	Fmt      rulesFmtCmd         `cmd:"" help:"Give rule files one layout."`
	Schema   rulesSchemaCmd      `cmd:"" help:"The JSON Schema of rule files, for editors."`
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

// texts are the rule files by name, their tests left out.
func (f ruleFolder) texts() (map[string]string, error) {
	texts, err := rules.Texts(f.files())
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the rules", "%w", err).WithHint("name a folder of rule files")
	}
	return texts, nil
}

// load loads the rules, or tells what is wrong with them.
func (f ruleFolder) load(std streams) (*rules.Set, error) {
	set, problems := rules.Load(f.files())
	for _, p := range problems {
		fmt.Fprintln(std.err, p)
	}
	if len(problems) > 0 {
		return nil, exitCode(1)
	}
	return set, nil
}

type rulesLintCmd struct {
	ruleFolder
	Strict bool `help:"Make warnings fail."`
}

// Run checks rules.
func (c *rulesLintCmd) Run(std streams) error {
	set, err := c.load(std)
	if err != nil {
		return err
	}
	warnings, err := lint.Warnings(c.files(), set)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(std.err, "warning:", w)
	}
	if _, err = fmt.Fprintf(std.out, "%d rules, no problems%s\n", len(set.Rules()), counted(", ", len(warnings), "warning")); err != nil {
		return err
	}
	if c.Strict && len(warnings) > 0 {
		return exitCode(1)
	}
	return nil
}

// counted is a count with its word, "" for none.
func counted(before string, n int, word string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return before + "1 " + word
	}
	return fmt.Sprintf("%s%d %ss", before, n, word)
}

type rulesTestCmd struct {
	ruleFolder
	Only   string `name:"run" help:"Only cases whose rule or name contains this."`
	Update bool   `help:"Write what came into the expectations of cases that fail, and leave the rest of the files as it is."`
	JUnit  string `name:"junit" placeholder:"FILE" help:"Write JUnit XML too, for a CI system."`
}

// Run runs rule tests.
func (c *rulesTestCmd) Run(std streams) error {
	report := ruletest.Run(c.files(), c.Only)
	if c.Update {
		updated, err := c.update(report)
		if err != nil {
			return err
		}
		if updated > 0 {
			fmt.Fprintf(std.err, "%s rewritten; read the difference before you keep it\n", counted("", updated, "file"))
			report = ruletest.Run(c.files(), c.Only)
		}
	}
	if c.JUnit != "" {
		if err := writeTo(c.JUnit, report.JUnit); err != nil {
			return fmt.Errorf("write the JUnit report: %w", err)
		}
	}
	if _, err := fmt.Fprint(std.out, report); err != nil {
		return err
	}
	if !report.OK() {
		return exitCode(1)
	}
	return nil
}

func (c *rulesTestCmd) update(report ruletest.Report) (int, error) {
	if c.Dir == "" {
		return 0, fusion.Errorf(fusion.KindInvalid, "update the tests", "the rules that iRoom ships are part of the program").WithHint("name a folder")
	}
	files, err := ruletest.Updated(c.files(), report)
	if err != nil {
		return 0, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(c.Dir, filepath.FromSlash(name)), text, 0o644); err != nil {
			return 0, fmt.Errorf("update the tests: %w", err)
		}
	}
	return len(files), nil
}

// writeTo makes a file of what write writes.
func writeTo(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
