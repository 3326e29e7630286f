package tidy

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	maxFile     = 500
	medianFile  = 150
	maxFunction = 70
	maxMethods  = 5
)

// longMark asks for an exception, in the comment above a function of a codec.
const longMark = "tidy:long — "

func TestFilesFitInOneSitting(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		if s.generated() {
			continue
		}
		n := strings.Count(s.text, "\n")
		if n > maxFile {
			t.Errorf("%s has %d lines; %d are allowed", s.path, n, maxFile)
		}
		if !s.test() {
			lengths = append(lengths, n)
		}
	}
	slices.Sort(lengths)
	require.Less(t, lengths[len(lengths)/2], medianFile, "the median file is too long")
}

func TestFunctionsFitOnAScreen(t *testing.T) {
	for _, s := range sources(t) {
		if s.generated() || s.test() {
			continue
		}
		for _, decl := range s.syntax.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Doc != nil && strings.Contains(rawText(f.Doc), longMark) {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunction {
				t.Errorf("%s:%d: %s has %d lines; %d are allowed", s.path, s.line(f.Pos()), f.Name.Name, n, maxFunction)
			}
		}
	}
}

// rawText is a comment with directives, which CommentGroup.Text leaves out.
func rawText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func TestInterfacesAreSmall(t *testing.T) {
	// The storage contract is one thing by its nature: a log serves all its verbs.
	excepted := map[string]bool{"store/log.Log": true}
	for _, s := range sources(t) {
		if s.generated() || s.test() {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			i, ok := spec.Type.(*ast.InterfaceType)
			if ok && i.Methods.NumFields() > maxMethods && !excepted[s.dir+"."+spec.Name.Name] {
				t.Errorf("%s:%d: %s has %d methods; %d are allowed", s.path, s.line(n.Pos()), spec.Name.Name, i.Methods.NumFields(), maxMethods)
			}
			return true
		})
	}
}
