package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the folder of go.mod, seen from this package.
const root = "../.."

// source is one Go file of the repository.
type source struct {
	path   string // "shards/hash.go"
	dir    string // "shards", "" for the root package
	text   string
	fset   *token.FileSet
	syntax *ast.File
}

// test is true for tests, and for packages that only tests import: logtest.
func (s source) test() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasSuffix(s.dir, "test")
}

func (s source) generated() bool { return ast.IsGenerated(s.syntax) }

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

// under is true for a file in one of the folders, or below it.
func (s source) under(dirs ...string) bool {
	for _, dir := range dirs {
		if s.dir == dir || strings.HasPrefix(s.dir, dir+"/") {
			return true
		}
	}
	return false
}

// skipped folders hold what is made, fetched or kept by machines.
func skipped(name string) bool {
	switch name {
	case ".git", "build", "node_modules", "target", "__pycache__", "sluice-data", "testdata", ".venv":
		return true
	}
	return false
}

// files lists the files of the repository below root.
func files(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && p != root && skipped(d.Name()) {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, p)
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	require.NoError(t, err)
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(raw)
}

// sources parses every Go file once.
func sources(t *testing.T) []source {
	t.Helper()
	list, err := parsed(files(t))
	require.NoError(t, err)
	return list
}

var parseOnce struct {
	sync.Once
	list []source
	err  error
}

func parsed(names []string) ([]source, error) {
	parseOnce.Do(func() {
		for _, name := range names {
			if path.Ext(name) != ".go" {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(root, name))
			if err == nil {
				s := source{path: name, dir: strings.TrimSuffix(path.Dir(name), "."), text: string(raw), fset: token.NewFileSet()}
				s.syntax, err = parser.ParseFile(s.fset, name, raw, parser.ParseComments|parser.SkipObjectResolution)
				parseOnce.list = append(parseOnce.list, s)
			}
			if err != nil {
				parseOnce.err = err
				return
			}
		}
	})
	return parseOnce.list, parseOnce.err
}

// words splits a Go name at its capitals and underscores.
func words(name string) []string {
	var out []string
	start := 0
	for i := 1; i <= len(name); i++ {
		if i == len(name) || name[i] == '_' || 'A' <= name[i] && name[i] <= 'Z' && (name[i-1] < 'A' || name[i-1] > 'Z') {
			out = append(out, strings.ToLower(strings.Trim(name[start:i], "_")))
			start = i
		}
	}
	return out
}
