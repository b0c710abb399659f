package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// sink takes webhooks and appends what they carry to a file, a line each.
func sink(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[1])
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = appendLine(file, body)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], strings.TrimPrefix(server.URL, "http://"))
}

func appendLine(file string, line []byte) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

var linkPattern = regexp.MustCompile(`http://\S+?/ack/[\w.-]+`)

// link waits until a file has a link and sets a variable to it.
func link(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "there is no link in "+args[1], func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		found := linkPattern.Find(text)
		ts.Setenv(args[0], string(found))
		return err == nil && found != nil
	})
}

// get and submit keep the page that a request gives.
func get(ts *testscript.TestScript, _ bool, args []string) { request(ts, http.MethodGet, args) }

func submit(ts *testscript.TestScript, _ bool, args []string) { request(ts, http.MethodPost, args) }

func request(ts *testscript.TestScript, method string, args []string) {
	req, err := http.NewRequest(method, args[1], nil)
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	page, err := io.ReadAll(resp.Body)
	ts.Check(errors.Join(err, resp.Body.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), page, 0o600))
	if got := strconv.Itoa(resp.StatusCode); got != args[0] {
		ts.Fatalf("%s %s answers %s: %s", method, args[1], got, page)
	}
}
