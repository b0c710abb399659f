package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: vectors DIR, a folder with the cases of other engines")
		os.Exit(2)
	}
	failed, err := report(os.Stdout, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// report runs the suites in the folder, writes what came out, and returns how
// many cases failed.
func report(w io.Writer, dir string) (int, error) {
	failed := 0
	for _, s := range suites {
		verdicts, err := s.run(os.DirFS(dir))
		if err != nil {
			return failed, err
		}
		if len(verdicts) == 0 {
			fmt.Fprintf(w, "%s: no cases\n", s.folder)
			continue
		}
		failed += write(w, s.folder, verdicts)
	}
	return failed, nil
}

// write lists one suite: the totals, the failures, and the reasons for which
// cases are not applicable.
func write(w io.Writer, suite string, verdicts []verdict) int {
	var passed, failed int
	reasons := map[string][]string{}
	for _, v := range verdicts {
		switch {
		case v.err == nil:
			passed++
		case isNotApplicable(v.err):
			reasons[v.err.Error()] = append(reasons[v.err.Error()], v.name)
		default:
			failed++
		}
	}
	fmt.Fprintf(w, "%s: %d cases, %d passed, %d failed, %d not applicable\n",
		suite, len(verdicts), passed, failed, len(verdicts)-passed-failed)
	for _, v := range verdicts {
		if v.err != nil && !isNotApplicable(v.err) {
			fmt.Fprintf(w, "  failed: %s: %s\n", v.name, v.err)
		}
	}
	for _, r := range byCount(reasons) {
		fmt.Fprintf(w, "  %3d not applicable: %s\n", len(reasons[r]), r)
		for _, name := range reasons[r] {
			fmt.Fprintf(w, "      %s\n", name)
		}
	}
	return failed
}

func byCount(reasons map[string][]string) []string {
	var keys []string
	for r := range reasons {
		keys = append(keys, r)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := len(reasons[b]) - len(reasons[a]); d != 0 {
			return d
		}
		return slices.Compare([]string{a}, []string{b})
	})
	return keys
}
