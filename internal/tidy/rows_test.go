package tidy

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRowsOfTheReference holds that each test case which the references of
// delivery streams and of consumers number is a test that carries its number.
func TestRowsOfTheReference(t *testing.T) {
	for _, part := range []struct {
		folders []string
		prefix  string
		rows    int
	}{
		{[]string{"firehose", "companions/s3", "integration"}, "", 55},
		{[]string{".", "lambda/poller", "integration"}, `7\.`, 8},
	} {
		var text strings.Builder
		for _, folder := range part.folders {
			readTests(t, filepath.Join("..", "..", folder), folder != ".", &text)
		}
		all := text.String()
		for row := 1; row <= part.rows; row++ {
			name := regexp.MustCompile(fmt.Sprintf(`"%s%d [A-Za-z0-9]|"%s%d "(\+|\n|,)`, part.prefix, row, part.prefix, row))
			require.True(t, name.MatchString(all), "no test of %v carries the number %s%d", part.folders, part.prefix, row)
		}
	}
}

// readTests adds the test files of a folder, those below it too when deep.
func readTests(t *testing.T, folder string, deep bool, into *strings.Builder) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && path != folder && !deep {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		raw, err := os.ReadFile(path)
		into.Write(raw)
		return err
	}))
}
