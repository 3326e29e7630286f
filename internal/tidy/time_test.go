package tidy

import (
	"go/ast"
	"strconv"
	"testing"
)

// Time comes from internal/clock and chance from internal/dice, or a test
// could not move the one and repeat the other.
func TestTimeAndDiceHaveOneSource(t *testing.T) {
	forbidden := map[string]bool{"Now": true, "Sleep": true, "After": true, "AfterFunc": true, "NewTimer": true, "NewTicker": true,
		"Tick": true, "Since": true, "Until": true}
	for _, s := range sources(t) {
		if s.test() || s.under("internal/clock", "internal/dice", "bench", "integration") {
			continue
		}
		for _, spec := range s.syntax.Imports {
			switch name, _ := strconv.Unquote(spec.Path.Value); name {
			case "math/rand", "math/rand/v2", "crypto/rand":
				t.Errorf("%s:%d: %s is for internal/dice", s.path, s.line(spec.Pos()), name)
			}
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || !forbidden[sel.Sel.Name] {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				t.Errorf("%s:%d: time.%s is for internal/clock", s.path, s.line(n.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}
