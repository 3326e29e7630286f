package main

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBillOfMaterials(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeBill(&out))
	var got struct {
		BOMFormat, SpecVersion string
		Version                int
		Components             []struct{ Type, Name, Version, PURL string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Equal(t, "CycloneDX", got.BOMFormat)
	require.Equal(t, "1.6", got.SpecVersion)
	require.Equal(t, 1, got.Version)
	require.Equal(t, "std", got.Components[0].Name)

	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Path: "sluice"}, Deps: []*debug.Module{
		{Path: "example.org/a", Version: "v1.2.3", Sum: "h1:x"},
		{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/c", Version: "v2.0.0"}},
	}}
	b := billOf(info)
	require.Equal(t, []billComponent{
		{Type: "library", Ref: "pkg:golang/std@1.26.0", Name: "std", Version: "1.26.0", PURL: "pkg:golang/std@1.26.0"},
		{Type: "library", Ref: "pkg:golang/example.org/a@v1.2.3", Name: "example.org/a", Version: "v1.2.3", PURL: "pkg:golang/example.org/a@v1.2.3",
			Properties: []billProperty{{"go:sum", "h1:x"}}},
		{Type: "library", Ref: "pkg:golang/example.org/c@v2.0.0", Name: "example.org/c", Version: "v2.0.0", PURL: "pkg:golang/example.org/c@v2.0.0"},
	}, b.Components)
	require.Len(t, b.Dependencies[0].DependsOn, len(b.Components))
}
