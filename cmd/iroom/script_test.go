package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate/wire"
)

// TestMain lets scripts run this program as the command iroom.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"iroom": main})
}

// TestScripts runs every user command as a user would. Besides the commands of
// testscript they know:
//
//	freeport VAR           sets VAR to a free address of the loopback interface
//	occupy ADDRESS         listens there until the script ends
//	post STATUS URL FILE   sends a webhook and wants that status
//	call URL NUMBER        sends the NENA EIDO of a call about a fire
//	firstid VAR            sets VAR to the id in the first line of the output
//	event VAR              sets VAR to the id of the first evidence in the output
//	waitfile FILE          waits until the file exists
//	until TEXT iroom ARG…  runs iroom until its output has the text
//	envsubst FILE          replaces ${VAR} in a file
//	sink VAR FILE          sets VAR to the address of a server that appends webhooks to the file
//	link VAR FILE          waits until the file has a link of a message and sets VAR to it
//	get STATUS URL FILE    keeps a page, and submit presses its button; both want that status
//	now VAR                sets VAR to the time, to the nanosecond
//	damage FILE            flips a byte in the middle of a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("CONNECTORS", absolute(t, "../../connectors"))
			env.Setenv("DEPLOY", absolute(t, "../../deploy"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"freeport": freePort, "occupy": occupy, "post": post, "call": call, "firstid": firstID, "event": firstEvent, "waitfile": waitFile, "until": until, "envsubst": envSubst, "damage": damage, "now": setNow,
			"sink": sink, "link": link, "get": get, "submit": submit,
		},
	})
}

func absolute(t *testing.T, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// patience is how long a script waits for what must come; a test that passes
// never waits for it.
const patience = time.Minute

func freePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

func setNow(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], time.Now().UTC().Format(time.RFC3339Nano))
}

func occupy(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", args[0])
	ts.Check(err)
	ts.Defer(func() { ts.Check(l.Close()) })
}

func post(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Post(args[1], "application/json", strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Logf("%s %s", resp.Status, body)
	if got := fmt.Sprint(resp.StatusCode); got != args[0] {
		ts.Fatalf("%s answers %s", args[1], got)
	}
}

// call reports a fire at a place that depends on the number only a little.
func call(ts *testscript.TestScript, _ bool, args []string) {
	number, err := strconv.Atoi(args[1])
	ts.Check(err)
	c := wire.Call{
		ID: args[1], Code: "Structure Fire", Type: "Brand gebouw", Priority: 1, Text: "Er slaat rook uit een woning",
		Phone: fmt.Sprintf("+3160000%04d", number), Address: "Markt 1, Roermond", Lon: 5.987 + float64(number)/1e5, Lat: 51.194, CE: 60,
	}
	now := time.Now()
	body, err := c.Encode(func(time.Duration) time.Time { return now })
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("call.json"), body, 0o600))
	post(ts, false, []string{"200", args[0], "call.json"})
}

func firstID(ts *testscript.TestScript, _ bool, args []string) {
	var line struct {
		ID string `json:"id"`
	}
	first, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	ts.Check(json.Unmarshal([]byte(first), &line))
	ts.Setenv(args[0], line.ID)
}

func firstEvent(ts *testscript.TestScript, _ bool, args []string) {
	var p fusion.Picture
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &p))
	ts.Setenv(args[0], string(p.Evidence[0].Event))
}

func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "no file "+args[0], func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "the output never has "+args[0], func() bool {
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			return false
		}
		return strings.Contains(ts.ReadFile("stdout"), args[0])
	})
}

func eventually(ts *testscript.TestScript, complaint string, holds func() bool) {
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			ts.Fatalf("%s", complaint)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func envSubst(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func damage(ts *testscript.TestScript, _ bool, args []string) {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) == 0 {
		ts.Fatalf("there is no %s", args[0])
	}
	b, err := os.ReadFile(names[len(names)-1])
	ts.Check(err)
	b = bytes.Clone(b)
	b[len(b)/2] ^= 0xff
	ts.Check(os.WriteFile(names[len(names)-1], b, 0o600))
}
