package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// suite is the cases of one engine.
type suite struct {
	folder string
	read   func(content []byte) ([]testCase, error)
}

// testCase is one case; run returns nil, a notApplicable, or what is wrong.
type testCase struct {
	name string
	run  func() error
}

type verdict struct {
	name string
	err  error
}

// suites in the order of the report.
var suites = []suite{
	{"sigma-correlation", sigmaCases},
	{"tile38-geo", tileCases},
	{"flink-cep", flinkCases},
	{"siddhi-patterns", siddhiCases},
	{"ekuiper-windows", ekuiperCases},
}

// notApplicable says what the other engine means that a rule cannot say.
type notApplicable string

func (n notApplicable) Error() string { return string(n) }

func isNotApplicable(err error) bool {
	_, ok := errors.AsType[notApplicable](err)
	return ok
}

func differs(format string, args ...any) error { return notApplicable(fmt.Sprintf(format, args...)) }

// run reads and runs all cases of the suite; a suite without its folder has none.
func (s suite) run(fsys fs.FS) ([]verdict, error) {
	files, err := fs.Glob(fsys, path.Join(s.folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var out []verdict
	for _, name := range files {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		cases, err := s.read(content)
		if err != nil {
			out = append(out, verdict{path.Base(name), differs("the file is not one of cases that are understood: %v", err)})
		}
		for _, c := range cases {
			out = append(out, verdict{c.name, c.safely()})
		}
	}
	return out, nil
}

// safely runs the case; one that panics failed and stops no other.
func (c testCase) safely() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it panicked: %v", r)
		}
	}()
	return c.run()
}

// caseFile is the shape that all suites share: cases with a name each.
type caseFile struct {
	Cases []jsontext.Value `json:"cases"`
}

// readCases reads each case of a file into a T. A case that does not fit is
// reported as not applicable rather than stopping the others.
func readCases[T any](content []byte, run func(T) error) ([]testCase, error) {
	var f caseFile
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, err
	}
	var out []testCase
	for _, raw := range f.Cases {
		var named struct {
			Case string `json:"case"`
		}
		if err := json.Unmarshal(raw, &named); err != nil {
			return nil, err
		}
		var c T
		err := json.Unmarshal(raw, &c)
		out = append(out, testCase{named.Case, func() error {
			if err != nil {
				return differs("its shape is not one that is understood: %v", err)
			}
			return run(c)
		}})
	}
	return out, nil
}
