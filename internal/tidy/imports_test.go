package tidy

import (
	"go/ast"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// edge says what the packages in a folder (and below it) may import of this
// module, and of others. Anything else is refused, so a circle between two
// parts cannot even begin. The most specific folder counts.
type edge struct {
	dir    string
	own    []string
	others []string
}

const aws = "github.com/aws/aws-sdk-go-v2"

var edges = []edge{
	{dir: "cmd", own: []string{"", "cmd", "store/doctor", "internal"}, others: []string{"github.com/spf13/cobra", "github.com/spf13/pflag",
		aws + "/aws", aws + "/service/kinesis", "github.com/itchyny/gojq", "github.com/schollz/progressbar", "golang.org/x/term"}},
	{dir: "cmd/sluice/template", others: []string{"github.com/goccy/go-yaml"}},
	{dir: "cmd/sluice/streams", own: []string{"internal"}, others: []string{aws + "/aws", aws + "/credentials", aws + "/service/kinesis",
		"github.com/aws/smithy-go", "golang.org/x/sync"}},
	{dir: "", own: []string{"server", "shards", "firehose", "lambda", "delivery", "companions", "store", "internal"},
		others: []string{"github.com/goccy/go-yaml", aws + "/aws", aws + "/credentials", aws + "/service/kinesis", aws + "/service/lambda"}},
	{dir: "server", own: []string{"server", "internal"}, others: []string{"github.com/go-chi/chi", "golang.org/x/net", "golang.org/x/sync", "github.com/aws/smithy-go"}},
	{dir: "server/wire", own: []string{"server/wire", "internal"}, others: []string{aws, "github.com/aws/smithy-go", "github.com/emmansun/base64"}},
	{dir: "delivery", own: []string{"internal"}, others: []string{"github.com/klauspost/compress"}},
	{dir: "shards", own: []string{"shards", "delivery", "store/log", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go", "golang.org/x/sync"}},
	{dir: "firehose/http"},
	{dir: "firehose/parquet", others: []string{"github.com/klauspost/compress"}},
	{dir: "firehose/convert", own: []string{"firehose/parquet"}},
	{dir: "firehose", own: []string{"firehose/http", "firehose/parquet", "firehose/convert", "delivery", "store/log", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go", "github.com/itchyny/gojq", "github.com/klauspost/compress"}},
	{dir: "store", own: []string{"store", "internal"}, others: []string{"github.com/cockroachdb/pebble", "github.com/cockroachdb/errors", "golang.org/x/sys"}},
	{dir: "store/snapshot", own: []string{"store", "internal"}, others: []string{"github.com/cockroachdb/pebble/v2/vfs", "github.com/cockroachdb/errors", "github.com/klauspost/compress"}},
	{dir: "lambda", own: []string{"lambda", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "lambda/filter"},
	{dir: "lambda/function"},
	{dir: "companions", own: []string{"internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "lambda/function"},
	{dir: "lambda/runtime", own: []string{"lambda/function", "internal"}},
	{dir: "lambda/poller", own: []string{"lambda/function", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "companions/dynamodb", own: []string{"companions/dynamodb", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "companions/dynamodb/value"},
	{dir: "companions/dynamodb/expression", own: []string{"companions/dynamodb/value"}},
	{dir: "companions/glue", own: []string{"companions/glue/api", "companions/glue/predicate", "store/kv", "internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "companions/glue/api"},
	{dir: "companions/glue/predicate"},
	{dir: "companions/glue/outside", own: []string{"companions/glue", "internal"}, others: []string{aws, "github.com/aws/smithy-go"}},
	{dir: "companions/s3", own: []string{"store/kv", "store/blob", "internal"}, others: []string{"github.com/cespare/xxhash", "github.com/zeebo/xxh3", "github.com/minio/crc64nvme", "github.com/minio/md5-simd"}},
	{dir: "companions/s3/outside", own: []string{"internal"}, others: []string{aws + "/aws"}},
	{dir: "integration", own: []string{"", "integration", "internal", "store/doctor"}, others: []string{aws, "github.com/aws/smithy-go", "github.com/harlow/kinesis-consumer", "golang.org/x"}},
	{dir: "integration/sdk", others: []string{"github.com/aws", "github.com/harlow/kinesis-consumer", "github.com/vmware/vmware-go-kcl-v2", "github.com/versity/versitygw"}},
	{dir: "integration/sdk/benthos", others: []string{"github.com/benthosdev/benthos/v4"}},
	{dir: "integration/sdk/tofu", others: []string{"github.com/hashicorp/terraform", "github.com/terraform-providers/terraform-provider-aws"}},
	{dir: "bench", own: []string{"bench"}, others: []string{aws, "github.com/aws/smithy-go", "github.com/emmansun/base64", "github.com/go-chi/chi", "github.com/cockroachdb/pebble", "golang.org/x"}},
	{dir: "internal", own: []string{"internal"}},
	{dir: "internal/dice", others: []string{"github.com/google/uuid"}},
	{dir: "internal/keyhash", others: []string{"golang.org/x/sys/cpu"}},
	{dir: "internal/b64", others: []string{"github.com/emmansun/base64", "golang.org/x/sys/cpu"}},
	{dir: "internal/aggregate", others: []string{"google.golang.org/protobuf/encoding/protowire"}},
}

// testOthers may be imported by tests everywhere.
var testOthers = []string{"github.com/stretchr/testify", "github.com/santhosh-tekuri/jsonschema", "golang.org/x", aws, "github.com/aws/smithy-go",
	"github.com/goccy/go-yaml", "github.com/google/uuid", "github.com/klauspost/compress/zstd", "github.com/anishathalye/porcupine", "github.com/cockroachdb/pebble/v2/vfs"} // vfs: a disk that crashes

// testOwn are further packages of this module that tests in a folder may import.
var testOwn = map[string][]string{
	"shards":     {"store"},
	"companions": {"store"},
	"firehose":   {"shards", "store"},
	"server":     {"companions", "shards", "store"},
	// Pollers are tested over real shards.
	"lambda": {"shards", "store"},
	// The hand-written table of bad input is compared with the model.
	"integration": {"server/wire"},
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		e := edgeOf(s.dir)
		require.NotNil(t, e, "%s: folder %s is not in the table of edges", s.path, s.dir)
		for _, spec := range s.syntax.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if !allowed(s, *e, name) {
				t.Errorf("%s:%d: %s may not import %s", s.path, s.line(spec.Pos()), or(s.dir, "the root package"), name)
			}
		}
	}
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func edgeOf(dir string) *edge {
	var best *edge
	for i, e := range edges {
		if e.dir != dir && (e.dir == "" || !strings.HasPrefix(dir, e.dir+"/")) {
			continue
		}
		if best == nil || len(e.dir) > len(best.dir) {
			best = &edges[i]
		}
	}
	return best
}

func allowed(s source, e edge, name string) bool {
	if name == "sluice" || strings.HasPrefix(name, "sluice/") {
		own := strings.TrimPrefix(strings.TrimPrefix(name, "sluice"), "/")
		if own == s.dir {
			return true // an external test of the package itself
		}
		if s.test() && within(own, testOwn[strings.Split(s.dir, "/")[0]]) {
			return true
		}
		return within(own, e.own)
	}
	if !strings.Contains(strings.Split(name, "/")[0], ".") {
		return true
	}
	return within(name, e.others) || s.test() && within(name, testOthers)
}

func within(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if name == p || p != "" && strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}

// A client constructor links the whole stack of that client. The server has
// no use for one; the commands that call a stream, bench and integration do.
func TestNoClientsInTheServer(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.under("bench", "integration", "cmd/sluice/streams") {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, _ := sel.X.(*ast.Ident)
			if sel.Sel.Name != "NewFromConfig" && !(sel.Sel.Name == "New" && pkg != nil && pkg.Name == "kinesis") {
				return true
			}
			t.Errorf("%s:%d: a client is made here", s.path, s.line(n.Pos()))
			return true
		})
	}
}

// Every module that is imported has a line in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	modules := requiredModules(t)
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, spec := range s.syntax.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			for _, m := range modules {
				if within(name, []string{m}) {
					used[m] = true
					break
				}
			}
		}
	}
	require.NotEmpty(t, used)
	explained := read(t, "docs/dependencies.md")
	for m := range used {
		if !strings.Contains(explained, "`"+m+"`") {
			t.Errorf("docs/dependencies.md does not say what %s is for", m)
		}
	}
}

// requiredModules reads go.mod, the longest path first.
func requiredModules(t *testing.T) []string {
	t.Helper()
	var modules []string
	for line := range strings.SplitSeq(read(t, "go.mod"), "\n") {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], ".") {
			modules = append(modules, fields[0])
		}
	}
	sort.Slice(modules, func(i, j int) bool { return len(modules[i]) > len(modules[j]) })
	return modules
}
