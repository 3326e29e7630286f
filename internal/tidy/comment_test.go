package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPackagesAreIntroduced(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test() {
			documented[s.dir] = documented[s.dir] || s.syntax.Doc != nil
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package in %s has no comment", or(dir, "the root"))
		}
	}
}

func TestExportedNamesAreExplained(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.generated() || s.syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range s.syntax.Decls {
			for _, name := range unexplained(decl) {
				t.Errorf("%s:%d: %s has no comment", s.path, s.line(decl.Pos()), name)
			}
		}
	}
}

// unexplained lists the exported names of a declaration without a comment of
// their own or, for constants and variables, of their group.
func unexplained(decl ast.Decl) []string {
	var names []string
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d.Recv)) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch sp := spec.(type) {
			case *ast.TypeSpec:
				if sp.Name.IsExported() && sp.Doc == nil && (d.Doc == nil || len(d.Specs) > 1) {
					names = append(names, sp.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range sp.Names {
					if n.IsExported() && sp.Doc == nil && d.Doc == nil && sp.Comment == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

func exportedReceiver(list *ast.FieldList) bool {
	expr := list.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// Unfinished work has no place in a file; it is in the gap list or not there.
// Machine paths and registry hosts belong to whoever runs the program.
func TestForbiddenWords(t *testing.T) {
	forbidden := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|/wo` + `rk/(main|shared|tmp)|\.libr` + `ary/|` +
		`(proxy\.golang|registry\.npmjs|index\.crates)\.(org|io)|repo1?\.maven|pypi\.org/simple`)
	for _, name := range files(t) {
		switch path.Base(name) {
		case "go.sum", "package-lock.json", "Cargo.lock":
			continue
		}
		text := read(t, name)
		if !utf8.ValidString(text) {
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			if word := forbidden.FindString(line); word != "" {
				t.Errorf("%s:%d: %q does not belong here", name, i+1, word)
			}
		}
	}
}

// A name says what a thing is in the words of the service.
func TestEmptyNames(t *testing.T) {
	empty := map[string]bool{"manager": true, "helper": true, "helpers": true, "util": true, "utils": true, "common": true}
	for _, s := range sources(t) {
		for _, part := range append(strings.Split(s.dir, "/"), words(strings.TrimSuffix(path.Base(s.path), ".go"))...) {
			if empty[part] {
				t.Errorf("%s: %q says nothing", s.path, part)
			}
		}
		if s.generated() {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			var id *ast.Ident
			switch d := n.(type) {
			case *ast.FuncDecl:
				id = d.Name
			case *ast.TypeSpec:
				id = d.Name
			default:
				return true
			}
			for _, w := range words(id.Name) {
				if empty[w] {
					t.Errorf("%s:%d: %q in %s says nothing", s.path, s.line(n.Pos()), w, id.Name)
				}
			}
			return true
		})
	}
}

// Nothing happens behind the back of an Open: no init, and no variable of a
// package that somebody could change.
func TestNoHiddenState(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.generated() {
			continue
		}
		for _, decl := range s.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s:%d: init runs behind everybody's back", s.path, s.line(d.Pos()))
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					checkVariables(t, s, d)
				}
			}
		}
	}
}

func checkVariables(t *testing.T, s source, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for i, name := range v.Names {
			// Without a value it is there to be changed, unless the linker sets
			// it or it only pins an interface.
			if name.Name != "_" && i >= len(v.Values) && !embedded(d) {
				t.Errorf("%s:%d: variable %s of the package can only be meant to change", s.path, s.line(name.Pos()), name.Name)
			}
		}
	}
}

func embedded(d *ast.GenDecl) bool {
	return d.Doc != nil && strings.Contains(rawText(d.Doc), "//go:embed")
}
