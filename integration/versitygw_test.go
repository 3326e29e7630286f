package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gatewayTest is a test of versitygw and whether it is run here.
type gatewayTest struct{ group, name, state string }

func gatewayTests(t *testing.T) (list []gatewayTest) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(Root(), "integration", "testdata", "versitygw.tsv"))
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), "\t")
		require.Len(t, fields, 3, line)
		list = append(list, gatewayTest{fields[0], fields[1], fields[2]})
	}
	return list
}

// gatewayOrigins are the web pages that the tests about them come from.
var gatewayOrigins = []string{"http://example.com", "https://example.com", "http://www.example.com", "http://anything.com", "http://origin.com",
	"https://origin.com", "https://www.origin.com", "http://something.com", "https://something.com", "https://something.net", "https://any-origin.com",
	"http://non-matching-origin.net", "http://www.hello.world.com", "http://localhost:7070"}

// gatewayShare is which of the tests make test runs: every fifth, in less than half a minute. make test-clients runs all.
const gatewayShare = 5

// TestGatewayTests runs versitygw's own tests of S3 against the bucket store. At most three in a hundred are left out.
func TestGatewayTests(t *testing.T) {
	all := gatewayTests(t)
	run, excluded := 0, 0
	var alone, together []string
	for i, test := range all {
		switch {
		case strings.HasPrefix(test.state, "excluded: "):
			excluded++
		case strings.HasPrefix(test.state, "elsewhere: "):
		default:
			require.Equal(t, "run", test.state, test.name)
			run++
			switch {
			case test.group == "ListBuckets": // they want to be alone
				alone = append(alone, test.name)
			case os.Getenv("SLUICE_ALL_CLIENTS") != "" || i%gatewayShare == 0:
				together = append(together, test.name)
			}
		}
	}
	require.LessOrEqual(t, 100*excluded, 3*(run+excluded), "%d of %d are excluded", excluded, run+excluded)

	args := []string{"--memory"}
	for _, origin := range gatewayOrigins {
		args = append(args, "--cors-origins", origin)
	}
	server := Start(t, args...)
	runGateway(t, server, "1", nil) // builds it
	begin := time.Now()
	runGateway(t, server, "1", alone)
	runGateway(t, server, "4", together)
	t.Logf("%d of %d tests in %s; %d excluded", len(alone)+len(together), run, time.Since(begin).Round(time.Second), excluded)
}

func runGateway(t *testing.T, server *Server, atATime string, names []string) {
	t.Helper()
	program, err := server.Program(t.Context(), "versitygw", "", server.URL,
		"SLUICE_ENDPOINT="+server.URL, "SLUICE_AT_A_TIME="+atATime, "AWS_ACCESS_KEY_ID=000000000000", "AWS_SECRET_ACCESS_KEY=secret")
	require.NoError(t, err)
	var talk bytes.Buffer
	program.Stdin, program.Stderr = strings.NewReader(strings.Join(names, "\n")), &talk
	out, err := program.Output()
	require.NoError(t, err, "%s", tailOf(talk.Bytes()))
	seen := 0
	for line := range strings.Lines(string(out)) {
		var verdict struct{ Test, Error string }
		require.NoError(t, json.Unmarshal([]byte(line), &verdict), line)
		assert.Empty(t, verdict.Error, verdict.Test)
		seen++
	}
	require.Equal(t, len(names), seen)
}
