package ruletest

import (
	"encoding/xml"
	"io"
	"strings"
)

// The JUnit XML that CI systems read; there is no standard, this is what
// Jenkins, GitLab and GitHub actions agree on.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"` // the rule
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Error   *junitMessage `xml:"error,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report for a CI system: a suite for each test file, and an
// error for whatever could not be read.
func (r Report) JUnit(w io.Writer) error {
	var all junitSuites
	for _, c := range r.Cases {
		all.add(c.File, c.junit())
	}
	for _, p := range r.Problems {
		all.add(p.File, junitCase{Class: "rules", Name: "can be read", File: p.File, Error: &junitMessage{p.Message, p.String()}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r Result) junit() junitCase {
	j := junitCase{Class: r.Rule, Name: r.Name, File: r.File}
	if len(r.Failures) > 0 {
		j.Failure = &junitMessage{r.Failures[0], strings.Join(r.Failures, "\n")}
	}
	return j
}

// add puts a case into the suite of its file, which is the last one or new.
func (s *junitSuites) add(file string, c junitCase) {
	if n := len(s.Suites); n == 0 || s.Suites[n-1].Name != file {
		s.Suites = append(s.Suites, junitSuite{Name: file})
	}
	suite := &s.Suites[len(s.Suites)-1]
	suite.Cases = append(suite.Cases, c)
	suite.Tests++
	s.Tests++
	if c.Failure != nil {
		suite.Failures++
		s.Failures++
	}
	if c.Error != nil {
		suite.Errors++
		s.Errors++
	}
}
