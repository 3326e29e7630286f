package integration

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/server/wire"
)

// TestTheTableMissesNothing compares the hand-written table with the generated model: every member of every operation
// is there, with the same constraints. Expected values never come from the model; it only finds what was forgotten.
func TestTheTableMissesNothing(t *testing.T) {
	service, ok := wire.Find("kinesis")
	require.True(t, ok)
	table := map[string]member{}
	for _, m := range members(t) {
		table[m.String()] = m
	}
	for name, operation := range service.Operations {
		if operation.Input == nil {
			continue
		}
		for _, missing := range uncovered(table, name, nil, operation.Input) {
			t.Error(missing)
		}
	}
}

// uncovered lists the members of a structure that the table lacks or describes otherwise.
func uncovered(table map[string]member, operation string, path []string, shape *wire.Shape) []string {
	var missing []string
	for _, part := range shape.Members {
		if part.Name == "StreamId" { // reserved: taken and ignored
			continue
		}
		below := append(slices.Clone(path), part.Name)
		m, ok := table[member{operation: operation, path: below}.String()]
		switch {
		case !ok:
			missing = append(missing, operation+" "+strings.Join(below, ".")+": not in the table")
			continue
		case m.required != part.Required:
			missing = append(missing, m.String()+": required or not")
		case m.pattern != part.Shape.Pattern && m.kind == isString:
			missing = append(missing, m.String()+": pattern "+part.Shape.Pattern)
		case part.Shape.Max != nil && m.max != int(*part.Shape.Max), part.Shape.Max == nil && m.max != 0:
			missing = append(missing, m.String()+": another maximum")
		case part.Shape.Min != nil && m.min != int(*part.Shape.Min):
			missing = append(missing, m.String()+": another minimum")
		case m.kind == isEnum && !sameSet(m.enum, part.Shape.Enum):
			missing = append(missing, m.String()+": other values")
		}
		switch part.Shape.Kind {
		case wire.KindStructure:
			missing = append(missing, uncovered(table, operation, below, part.Shape)...)
		case wire.KindList:
			if part.Shape.Elem.Kind == wire.KindStructure {
				missing = append(missing, uncovered(table, operation, append(below, "0"), part.Shape.Elem)...)
			}
		}
	}
	return missing
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
