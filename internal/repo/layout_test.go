package repo

import (
	"go/ast"
	"go/build/constraint"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The longest that a source file may be, in lines. One that grows past it
// has more than one subject.
const (
	longestCode = 400
	longestTest = 700
)

func TestFilesStayShort(t *testing.T) {
	for _, f := range goFiles(t) {
		limit := longestCode
		if f.test {
			limit = longestTest
		}
		if n := f.lines(); n > limit {
			t.Errorf("%s has %d lines; at most %d are a good read: divide it by subject", f.path, n, limit)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test {
			documented[f.pkg] = documented[f.pkg] || isPackageComment(f.syntax)
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment: say its purpose, its place in the data's way, its guarantees, and what it does not do", pkg)
		}
	}
}

func isPackageComment(f *ast.File) bool {
	word := "Package " + f.Name.Name + " "
	if f.Name.Name == "main" {
		word = "Command "
	}
	return strings.HasPrefix(f.Doc.Text(), word)
}

// shared are the folders in connectors/ that are no connector.
var shared = []string{"conformance", "kit"}

func TestConnectorFolders(t *testing.T) {
	fuzzed := map[string]bool{}
	for _, f := range goFiles(t) {
		fuzzed[f.pkg] = fuzzed[f.pkg] || len(fuzzTargets(f.syntax)) > 0
	}
	folders, err := os.ReadDir(path.Join(root, "connectors"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() || slices.Contains(shared, folder.Name()) {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			pkg := path.Join("connectors", folder.Name())
			for _, name := range []string{"README.md", "sample.yaml", "testdata/in"} {
				if _, err := os.Stat(path.Join(root, pkg, name)); err != nil {
					t.Errorf("%s/%s is missing", pkg, name)
				}
			}
			if !fuzzed[pkg] {
				t.Errorf("%s has no fuzz target; call conformance.Fuzz in one", pkg)
			}
			checkSources(t, path.Join(root, pkg, "testdata"))
		})
	}
}

// checkSources wants each folder of input to say where its files come from.
// What the tests write (want) and what random tests found need no source.
func checkSources(t *testing.T, testdata string) {
	t.Helper()
	folders, err := os.ReadDir(testdata)
	if err != nil {
		t.Error(err)
		return
	}
	for _, folder := range folders {
		if !folder.IsDir() || slices.Contains([]string{"want", "fuzz", "rapid"}, folder.Name()) {
			continue
		}
		source := path.Join(testdata, folder.Name(), "SOURCE.txt")
		if text, err := os.ReadFile(source); err != nil || len(text) == 0 {
			t.Errorf("%s is missing or empty: say who published the files, where, and under which licence", strings.TrimPrefix(source, root+"/"))
		}
	}
}

var fuzzName = regexp.MustCompile(`^Fuzz([^a-z].*)?$`)

// TestFuzzTargetsAreFound holds that `go test -list ^Fuzz`, which is how the
// short fuzz finds its targets, sees each function that takes a *testing.F
// and fuzzes.
func TestFuzzTargetsAreFound(t *testing.T) {
	found := 0
	for _, f := range goFiles(t) {
		for _, name := range fuzzTargets(f.syntax) {
			found++
			if !f.test || !fuzzName.MatchString(name) || constrained(f.syntax) {
				t.Errorf("%s: %s will not be fuzzed: a target is FuzzName in a _test.go file without build constraint", f.path, name)
			}
		}
	}
	if found == 0 {
		t.Error("the module has no fuzz target at all")
	}
}

// fuzzTargets lists the functions whose only parameter is a *testing.F and
// that call a function or method Fuzz.
func fuzzTargets(f *ast.File) []string {
	var names []string
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Type.Params.NumFields() != 1 {
			continue
		}
		star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
		if ok && isSelector(star.X, "testing", "F") && callsFuzz(fn) {
			names = append(names, fn.Name.Name)
		}
	}
	return names
}

func callsFuzz(fn *ast.FuncDecl) bool {
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			sel, ok := call.Fun.(*ast.SelectorExpr)
			found = found || ok && sel.Sel.Name == "Fuzz"
		}
		return !found
	})
	return found
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func constrained(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() < f.Package && slices.ContainsFunc(group.List, func(c *ast.Comment) bool { return constraint.IsGoBuild(c.Text) }) {
			return true
		}
	}
	return false
}

// machine matches what only the author's machine or network has: folders of
// users, and hosts that packages are fetched from. The letters in brackets
// keep this file from matching itself.
var machine = regexp.MustCompile(`(^|[^\w.-])/(wor[k]|roo[t]|(hom[e]|User[s])/\w+)/|` +
	`(prox[y]|su[m])\.golang\.org|registr[y]\.(npmjs|yarnpkg)\.|pyp[i]\.org|pythonhoste[d]|artifactor[y]|deb\.debia[n]\.org`)

func TestNothingNamesAMachine(t *testing.T) {
	for _, f := range textFiles(t) {
		for _, at := range machine.FindAllIndex(f.content, -1) {
			line := 1 + strings.Count(string(f.content[:at[0]]), "\n")
			t.Errorf("%s:%d names a machine or a registry: %q", f.path, line, f.content[at[0]:at[1]])
		}
	}
}

func TestScriptsCanBeRun(t *testing.T) {
	for _, f := range textFiles(t) {
		if !strings.HasPrefix(string(f.content), "#!") {
			continue
		}
		info, err := fs.Stat(os.DirFS(root), f.path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o111 == 0 {
			t.Errorf("%s starts with #! and cannot be executed: chmod +x", f.path)
		}
	}
}
