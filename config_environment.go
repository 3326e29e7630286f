package sluice

import (
	"slices"
	"strings"
)

// StrangeVariables tells of the variables of an environment, as os.Environ
// gives it, that look like settings and are none: each with the setting it most
// likely means. A misspelt variable would otherwise be a setting that silently
// is not applied.
func StrangeVariables(environ []string) (notes []string) {
	known := []string{"SLUICE_CONFIG"}
	for _, s := range Settings() {
		known = append(known, s.Env())
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "SLUICE_") || slices.Contains(known, name) || injected(name) {
			continue
		}
		best, least := "", 4
		for _, k := range known {
			if d := distance(name, k); d < least {
				best, least = k, d
			}
		}
		hint := "; `sluice serve --help` lists the settings"
		if best != "" {
			hint = "; is it " + best + "?"
		}
		notes = append(notes, name+" is no setting"+hint)
	}
	slices.Sort(notes)
	return notes
}

// injected reports whether a variable is one of those that Kubernetes and
// Docker set beside a service or container called sluice, or that tests of
// Sluice use.
func injected(name string) bool {
	for _, prefix := range []string{"SLUICE_SERVICE_", "SLUICE_PORT", "SLUICE_NAME", "SLUICE_ENV_", "SLUICE_TEST_", "SLUICE_METAMORPHIC", "SLUICE_KILL_", "SLUICE_ALL_CLIENTS"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
