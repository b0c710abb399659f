package repo

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/openiroom/iroom"
)

// notOurs are folders, by name, that hold what others wrote or what a build
// leaves behind.
var notOurs = []string{".git", ".cache", "bin", "dist", "node_modules", "testdata"}

// textFile is a file of the project that is no test data and not binary.
type textFile struct {
	path    string // relative to the root, with slashes
	content []byte
}

// goFile is a parsed source file.
type goFile struct {
	textFile
	pkg    string // its folder, relative to the root
	test   bool
	syntax *ast.File
}

func textFiles(t *testing.T) []textFile {
	t.Helper()
	tree := os.DirFS(root)
	var files []textFile
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notOurs, d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err == nil && !bytes.Contains(content, []byte{0}) {
			files = append(files, textFile{name, content})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	for _, f := range textFiles(t) {
		if path.Ext(f.path) != ".go" {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), f.path, f.content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{f, path.Dir(f.path), strings.HasSuffix(f.path, "_test.go"), syntax})
	}
	return files
}

// imports lists the packages of this module that the file imports, relative
// to the root.
func (f goFile) imports(t *testing.T) []string {
	t.Helper()
	var ours []string
	for _, spec := range f.syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(name, module+"/"); ok {
			ours = append(ours, name)
		}
	}
	return ours
}

// lines counts the lines of a file.
func (f textFile) lines() int { return bytes.Count(f.content, []byte("\n")) }
