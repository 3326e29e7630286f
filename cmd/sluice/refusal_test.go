package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the admin API advises its callers is told in the words of the command
// line, whatever part of the server it comes from.
func TestAdviceIsSpoken(t *testing.T) {
	literal := regexp.MustCompile(`"([^"\n]*(?:(?:GET|POST|PUT|DELETE) /_sluice/|\?account=|\?region=)[^"\n]*)"`)
	found := 0
	for _, dir := range []string{"../..", "../../server", "../../store/snapshot", "../../server/fault"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, path := range files {
			if ok, _ := filepath.Match("*_test.go", filepath.Base(path)); ok {
				continue
			}
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, m := range literal.FindAllStringSubmatch(string(raw), -1) {
				found++
				require.NotRegexp(t, `/_sluice/|\?account|\?region`, spoken(m[1]), path)
			}
		}
	}
	require.Greater(t, found, 4)
}
