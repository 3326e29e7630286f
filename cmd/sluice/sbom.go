package main

import (
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// bill is a software bill of materials in the form of CycloneDX 1.6, as far as
// the build information of a binary goes: which modules it is made of, in which
// version, with which hash. It holds no time and no random number, so that the
// same binary says the same.
type bill struct {
	Format       string           `json:"bomFormat"`
	Spec         string           `json:"specVersion"`
	Version      int              `json:"version"`
	Metadata     billMetadata     `json:"metadata"`
	Components   []billComponent  `json:"components"`
	Dependencies []billDependency `json:"dependencies"`
}

type billMetadata struct {
	Component  billComponent  `json:"component"`
	Properties []billProperty `json:"properties"`
}

type billComponent struct {
	Type       string         `json:"type"`
	Ref        string         `json:"bom-ref"`
	Name       string         `json:"name"`
	Version    string         `json:"version"`
	PURL       string         `json:"purl"`
	Properties []billProperty `json:"properties,omitempty"`
}

type billProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type billDependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

var errNoBuild = errors.New("this binary was built without module information")

// writeBill writes the bill of the running binary.
func writeBill(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errNoBuild
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(billOf(info))
}

func billOf(info *debug.BuildInfo) bill {
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1}
	b.Metadata.Component = componentOf("application", info.Main.Path, version)
	b.Metadata.Properties = []billProperty{{"go:version", info.GoVersion}, {"go:platform", runtime.GOOS + "/" + runtime.GOARCH}}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs.revision") || s.Key == "CGO_ENABLED" || s.Key == "-trimpath" {
			b.Metadata.Properties = append(b.Metadata.Properties, billProperty{"go:build:" + s.Key, s.Value})
		}
	}
	needs := billDependency{Ref: b.Metadata.Component.Ref, DependsOn: []string{}}
	add := func(c billComponent) {
		b.Components = append(b.Components, c)
		needs.DependsOn = append(needs.DependsOn, c.Ref)
	}
	add(componentOf("library", "std", strings.TrimPrefix(info.GoVersion, "go")))
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := componentOf("library", m.Path, m.Version)
		if m.Sum != "" {
			c.Properties = []billProperty{{"go:sum", m.Sum}}
		}
		add(c)
	}
	b.Dependencies = []billDependency{needs}
	return b
}

func componentOf(kind, path, version string) billComponent {
	purl := "pkg:golang/" + path + "@" + version
	return billComponent{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
}
