package tidy

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An operation is two files that explain and prove themselves.
func TestOperationsNameTheirTest(t *testing.T) {
	list := sources(t)
	tests := map[string]bool{} // "shards TestPutRecords"
	paths := map[string]bool{}
	for _, s := range list {
		paths[s.path] = true
		for _, decl := range s.syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && s.test() && strings.HasPrefix(f.Name.Name, "Test") {
				tests[s.dir+" "+f.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile(`(?m)^// Test: (\S+)$`)
	for _, s := range list {
		if !strings.HasPrefix(path.Base(s.path), "op_") || s.test() {
			continue
		}
		if pair := strings.TrimSuffix(s.path, ".go") + "_test.go"; !paths[pair] {
			t.Errorf("%s has no %s beside it", s.path, path.Base(pair))
		}
		for _, key := range []string{"State", "Notes", "Test"} {
			if !strings.Contains(s.text, "\n// "+key+":") {
				t.Errorf("%s: its header has no line %s", s.path, key)
			}
		}
		if m := named.FindStringSubmatch(s.text); m != nil && !tests[s.dir+" "+m[1]] {
			t.Errorf("%s: there is no test %s in %s", s.path, m[1], s.dir)
		}
	}
}

// sharpCases are the numbered cases of the behaviour reference, 1 to 87 and 18a.
func sharpCases() []string {
	var list []string
	for n := 1; n <= 87; n++ {
		list = append(list, strconv.Itoa(n))
		if n == 18 {
			list = append(list, "18a")
		}
	}
	return list
}

// Every sharp case is a subtest whose name begins with its number.
func TestSharpCasesAreCovered(t *testing.T) {
	named := regexp.MustCompile("[\"`]case (\\d+a?)[ :,]")
	found := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test() || s.under("internal/tidy") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(s.text, -1) {
			found[m[1]] = true
		}
	}
	missing := slices.DeleteFunc(sharpCases(), func(n string) bool { return found[n] })
	require.Empty(t, missing, "no subtest is named after these cases")
}
