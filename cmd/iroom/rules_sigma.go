package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/openiroom/iroom/rules/sigma"
)

type rulesImportSigmaCmd struct {
	Files []string `arg:"" type:"existingfile" help:"Sigma files; correlations find their detections in any of them."`
	Out   string   `help:"Folder for the rules; by default they are printed."`
}

// Run translates Sigma rules into rules of the room, in shadow mode. What
// could not be translated is listed with its reason and makes the exit code 1.
func (c *rulesImportSigmaCmd) Run(std streams) error {
	files := map[string][]byte{}
	for _, name := range c.Files {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read a Sigma file: %w", err)
		}
		files[name] = text
	}
	made, problems, err := sigma.Import(files)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if err := c.write(std, name, made[name]); err != nil {
			return err
		}
	}
	for _, p := range problems {
		fmt.Fprintln(std.err, p)
	}
	fmt.Fprintf(std.err, "%d rules made, %d not\n", len(made), len(problems))
	if len(problems) > 0 {
		return exitCode(1)
	}
	return nil
}

func (c *rulesImportSigmaCmd) write(std streams, name, text string) error {
	if c.Out == "" {
		_, err := fmt.Fprintf(std.out, "# %s\n%s\n", name, text)
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("make the folder of the rules: %w", err)
	}
	if err := os.WriteFile(filepath.Join(c.Out, name), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write a rule: %w", err)
	}
	return nil
}
