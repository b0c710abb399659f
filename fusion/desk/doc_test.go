package desk_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

var update = flag.Bool("update", false, "write API.md anew")

// intro is what API.md says before its endpoints.
const intro = `# The desk's endpoints

Written by ` + "`go test ./fusion/desk -run API -update`" + `; a test keeps it equal to the code.

The desk is the NATS micro service ` + "`iroom`" + `, version %s. A user of the bus asks on ` + "`iroom.api.<user>.<endpoint>`" + `; the bus lets nobody
publish under another's name, and receives the reply in inboxes below ` + "`_INBOX_<user>`" + `. Requests and replies are JSON; an unknown field of a
request is an error, an unknown field of a reply is to be passed over. Times are RFC 3339, places degrees of WGS 84, distances metres, spans
of time texts like ` + "`90s`" + ` and ` + "`15m`" + `. A reply has at most 1 MiB.

Headers of a request: ` + "`Iroom-Purpose`" + ` says what it is for and stands in the audit; ` + "`Iroom-Actor`" + ` says for whom a user asks that may speak for
others (a wall, a shared machine). An error has the headers of NATS micro: ` + "`Nats-Service-Error-Code`" + ` is one of the words below,
` + "`Nats-Service-Error`" + ` a sentence.

| code | meaning |
|---|---|
| invalid | the request is wrong |
| not-found | no such thing |
| conflict | somebody else was first |
| denied | not allowed; stands in the audit |
| unavailable | not now; ask again |
| expired | what a cursor stands for is not kept any more; begin anew |
| limit | too large; ask for less at once |
| corrupt | what was stored is damaged |
| internal | a mistake of the room |

Roles: reader, operator, supervisor, engineer; each may do what those before it may. A user may be limited to areas, to kinds, and to a
highest TLP that it may read in full; replies then say so in ` + "`limits`" + `, and what is left out in ` + "`withheld`" + `. An operator may give every command
but these, which take a supervisor: undo; reopen of a closed incident; merge and split of an incident that somebody else has; handover of
what somebody else has.

Each answer that shows a picture, an entity or an original, each change, and each refusal is in stream AUDIT before the client has it.
Without the audit nothing is shown.

## The feed

` + "`feed.snapshot`" + ` gives all incidents of a filter at one moment, in pages, with a cursor. ` + "`feed.changes`" + ` gives what changed after a cursor, each
incident once with its newest revision, and the next cursor; it waits when there is nothing. Nothing is missed or repeated between them.
A cursor stays good as long as stream PICTURES keeps what follows it; then the answer is ` + "`expired`" + `, and the client begins with a snapshot.
`

// TestAPIIsDocumented compares API.md with the endpoints and the types of
// their requests and replies.
func TestAPIIsDocumented(t *testing.T) {
	d := document{comments: comments(t), told: map[reflect.Type]bool{}}
	fmt.Fprintf(&d.out, intro, desk.Version)
	d.endpoints()
	got := d.out.Bytes()
	if *update {
		if err := os.WriteFile("API.md", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("API.md")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("API.md is not what the code says (%v); run the test with -update", err)
	}
}

type document struct {
	out      bytes.Buffer
	comments map[string]string // of types, and of fields by type and name
	told     map[reflect.Type]bool
	waiting  []reflect.Type
}

func (d *document) endpoints() {
	d.out.WriteString("\n## Endpoints\n")
	for _, e := range desk.Endpoints() {
		fmt.Fprintf(&d.out, "\n### %s\n\n%s Role: %s. Request: %s. Reply: %s.\n", e.Name, e.About, e.Role, d.name(e.Request), d.name(e.Reply))
	}
	d.out.WriteString("\n## Types\n")
	for len(d.waiting) > 0 {
		t := d.waiting[0]
		d.waiting = d.waiting[1:]
		d.describe(t)
	}
}

// name names a type, and has it described later if it is one of ours.
func (d *document) name(t reflect.Type) string {
	switch {
	case t.PkgPath() == "time" && t.Name() == "Time":
		return "time"
	case t == reflect.TypeFor[fusion.Event]():
		return "CloudEvents 1.0 event"
	case t.Name() == "Geometry":
		return "GeoJSON geometry"
	case t.Kind() == reflect.Pointer:
		return d.name(t.Elem())
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "base64"
	case t.Kind() == reflect.Slice:
		return "list of " + d.name(t.Elem())
	case t.Kind() == reflect.Map:
		return "map of " + d.name(t.Elem())
	case t.Kind() == reflect.Struct && t.NumField() == 0:
		return "none"
	case t.Kind() == reflect.Struct:
		if !d.told[t] {
			d.told[t] = true
			d.waiting = append(d.waiting, t)
		}
		return t.Name()
	case t.Name() == "Duration":
		return "span"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "bool"
	}
	return "number"
}

func (d *document) describe(t reflect.Type) {
	fmt.Fprintf(&d.out, "\n### %s\n\n%s\n\n| field | type | meaning |\n|---|---|---|\n", t.Name(), d.comments[t.Name()])
	d.fields(t)
}

func (d *document) fields(t reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			d.fields(inner)
		case f.IsExported() && name != "-":
			fmt.Fprintf(&d.out, "| %s | %s | %s |\n", name, d.name(f.Type), strings.ReplaceAll(d.comments[t.Name()+"."+f.Name], "|", "/"))
		}
	}
}

// comments are those of the types and fields that the desk speaks in.
func comments(t *testing.T) map[string]string {
	found := map[string]string{}
	for _, dir := range []string{".", "..", "../store", "../audit", "../engine", "../../connectors"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if g, ok := n.(*ast.GenDecl); ok {
					collect(found, g)
				}
				return true
			})
		}
	}
	return found
}

func collect(found map[string]string, g *ast.GenDecl) {
	for _, spec := range g.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		doc := typ.Doc
		if doc == nil {
			doc = g.Doc
		}
		if _, known := found[typ.Name.Name]; !known {
			found[typ.Name.Name] = strings.Join(strings.Fields(doc.Text()), " ")
		}
		if fields, ok := typ.Type.(*ast.StructType); ok {
			for _, f := range fields.Fields.List {
				for _, name := range f.Names {
					if key := typ.Name.Name + "." + name.Name; found[key] == "" {
						found[key] = strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " ")
					}
				}
			}
		}
	}
}
