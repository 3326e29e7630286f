package integration

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tableStep is one request of the comparison.
type tableStep struct {
	name, operation, body string
}

// TestLockStep sends the requests of the consumer libraries, and what goes wrong with them, to Sluice and to dynalite in
// the same order, and compares the answers. Each difference is listed in docs/kcl.md, with who is right.
func TestLockStep(t *testing.T) {
	t.Parallel()
	t.Run("7.8 with dynalite", lockStep)
}

func lockStep(t *testing.T) {
	server := Start(t, "--memory", "--transition", "0")
	other := startDynalite(t, server)
	differences := differencesListed(t)
	met := map[string]bool{}
	for i, s := range append(lockSteps(), randomSteps(400)...) {
		ours, theirs := callTable(t, server.URL, s), callTable(t, other, s)
		if s.operation == "CreateTable" || s.operation == "UpdateTable" || s.operation == "DeleteTable" {
			awaitTables(t, server.URL)
			awaitTables(t, other)
		}
		if ours == theirs {
			continue
		}
		if _, ok := differences[s.name]; ok {
			met[s.name] = true
			continue
		}
		t.Errorf("step %d, %s: %s %s\n sluice: %s\n dynalite: %s", i, s.name, s.operation, s.body, ours, theirs)
	}
	for name := range differences {
		if !met[name] {
			t.Errorf("%q is listed as a difference in docs/kcl.md and is none", name)
		}
	}
}

func startDynalite(t *testing.T, server *Server) string {
	ctx, cancel := context.WithCancel(context.Background())
	program, err := server.Program(ctx, "dynalite", "", "")
	require.NoError(t, err)
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	stdin, err := program.StdinPipe()
	require.NoError(t, err)
	said := &talk{}
	program.Stderr = said
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		cancel()
		_ = program.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "dynalite does not say where it listens: %s", said)
	return strings.TrimSpace(line)
}

// awaitTables waits until no table is on its way to be there, another, or gone: dynalite has timers of its own for that,
// however short, which may run after the next request.
func awaitTables(t *testing.T, endpoint string) {
	t.Helper()
	eventually(t, func() bool {
		_, listed, _ := strings.Cut(callTable(t, endpoint, tableStep{"", "ListTables", `{}`}), " ")
		var all struct{ TableNames []string }
		if json.Unmarshal([]byte(listed), &all) != nil {
			return false
		}
		return !slices.ContainsFunc(all.TableNames, func(name string) bool {
			return statusOf(t, endpoint, name) != "ACTIVE"
		})
	}, time.Millisecond, "all tables are there")
}

// statusOf is the state of a table, empty when it is not there.
func statusOf(t *testing.T, endpoint, table string) string {
	t.Helper()
	request, err := tableRequest(t, endpoint, tableStep{"", "DescribeTable", `{"TableName":"` + table + `"}`})
	require.NoError(t, err)
	answer, err := Send(http.DefaultClient, request)
	require.NoError(t, err)
	var described struct{ Table struct{ TableStatus string } }
	_ = json.Unmarshal(answer.Body, &described)
	return described.Table.TableStatus
}

// differencesListed reads the rows of the table in docs/kcl.md: the step's name in backquotes, and what differs.
func differencesListed(t *testing.T) map[string]string {
	text, err := os.ReadFile(filepath.Join(Root(), "docs", "kcl.md"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "<!-- differences:begin -->")
	require.True(t, found)
	table, _, found := strings.Cut(rest, "<!-- differences:end -->")
	require.True(t, found)
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			rows[strings.Trim(strings.TrimSpace(cells[1]), "`")] = cells[2]
		}
	}
	return rows
}

// tableRequest is the request of a step.
func tableRequest(t *testing.T, endpoint string, s tableStep) (*http.Request, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+s.operation)
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	return r, nil
}

// callTable makes a call and gives its answer in a form that can be compared.
func callTable(t *testing.T, endpoint string, s tableStep) string {
	t.Helper()
	r, err := tableRequest(t, endpoint, s)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if len(bytes.TrimSpace(body)) == 0 {
		return fmt.Sprint(answer.StatusCode)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return fmt.Sprintf("%d %s", answer.StatusCode, body)
	}
	text, err := json.Marshal(comparable(v, ""))
	require.NoError(t, err)
	return fmt.Sprintf("%d %s", answer.StatusCode, text)
}

// comparable leaves out what every server chooses for itself, and the order where there is none.
func comparable(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			switch k {
			case "TableArn", "TableId", "CreationDateTime", "IndexArn", "TableStatus", "IndexStatus", "LastUpdateToPayPerRequestDateTime",
				"TableThroughputModeSummary", "DeletionProtectionEnabled", "NumberOfDecreasesToday":
				continue
			case "message", "Message":
				k = "message"
			}
			out[k] = comparable(e, k)
		}
		return out
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = comparable(e, "")
		}
		if name != "L" && name != "KeySchema" {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		return list
	}
	return v
}

// randomSteps is a history of writes and reads of a few items, the same each time.
func randomSteps(count int) []tableStep {
	dice := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[dice.IntN(len(list))] }
	var steps []tableStep
	for range count {
		key := fmt.Sprintf(`{"leaseKey":{"S":"r%d"}}`, dice.IntN(6))
		value := pick(`{"N":"1"}`, `{"N":"-2.5"}`, `{"S":"x"}`, `{"SS":["a","b"]}`, `{"L":[{"N":"1"}]}`, `{"M":{"in":{"N":"3"}}}`, `{"BOOL":true}`, `{"NULL":true}`)
		attribute := pick("aa", "bb", "cc")
		condition := pick(
			fmt.Sprintf(`"ConditionExpression":"attribute_exists(%s)"`, attribute),
			fmt.Sprintf(`"ConditionExpression":"attribute_not_exists(%s) OR %s <> :v","ExpressionAttributeValues":{":v":{"S":"x"}}`, attribute, pick("aa", "bb")),
			fmt.Sprintf(`"Expected":{%q:{"Exists":false}}`, attribute),
			fmt.Sprintf(`"Expected":{%q:{"ComparisonOperator":%q,"AttributeValueList":[{"N":"1"}]}}`, attribute, pick("EQ", "NE", "LT", "GE")),
			`"ReturnConsumedCapacity":"TOTAL"`)
		switch dice.IntN(5) {
		case 0:
			steps = append(steps, tableStep{"random put", "PutItem", fmt.Sprintf(`{"TableName":"leases","Item":{"leaseKey":{"S":"r%d"},%q:%s},"ReturnValues":"ALL_OLD",%s}`,
				dice.IntN(6), attribute, value, condition)})
		case 1:
			steps = append(steps, tableStep{"random old update", "UpdateItem", fmt.Sprintf(`{"TableName":"leases","Key":%s,"AttributeUpdates":{%q:{"Action":%q,"Value":%s}},"ReturnValues":"ALL_NEW"}`,
				key, attribute, pick("PUT", "ADD", "DELETE"), value)})
		case 2:
			steps = append(steps, tableStep{"random update", "UpdateItem", fmt.Sprintf(`{"TableName":"leases","Key":%s,"UpdateExpression":%q,"ExpressionAttributeValues":{":v":%s},"ReturnValues":%q}`,
				key, pick("SET "+attribute+" = :v", "SET aa = if_not_exists(bb, :v)", "SET aa = :v REMOVE bb, cc"), value, pick("ALL_NEW", "UPDATED_NEW", "UPDATED_OLD", "ALL_OLD"))})
		case 3:
			steps = append(steps, tableStep{"random delete", "DeleteItem", fmt.Sprintf(`{"TableName":"leases","Key":%s,"ReturnValues":"ALL_OLD",%s}`, key, condition)})
		default:
			steps = append(steps, tableStep{"random get", "GetItem", fmt.Sprintf(`{"TableName":"leases","Key":%s,"ConsistentRead":true}`, key)})
		}
	}
	return append(steps, tableStep{"scan at the end", "Scan", `{"TableName":"leases"}`})
}

// lockSteps are the requests of the reference's table of the libraries, in their order, and their mistakes.
func lockSteps() []tableStep {
	steps := []tableStep{
		{"describe a missing table", "DescribeTable", `{"TableName":"leases"}`},
		{"create a table", "CreateTable", `{"TableName":"leases","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"leaseKey","KeyType":"HASH"}],` +
			`"AttributeDefinitions":[{"AttributeName":"leaseKey","AttributeType":"S"},{"AttributeName":"leaseOwner","AttributeType":"S"}],` +
			`"GlobalSecondaryIndexes":[{"IndexName":"LeaseOwnerToLeaseKeyIndex","KeySchema":[{"AttributeName":"leaseOwner","KeyType":"HASH"},{"AttributeName":"leaseKey","KeyType":"RANGE"}],` +
			`"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`},
		{"create it again", "CreateTable", `{"TableName":"leases","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"leaseKey","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"leaseKey","AttributeType":"S"}]}`},
		{"create a table of version 1", "CreateTable", `{"TableName":"old","ProvisionedThroughput":{"ReadCapacityUnits":10,"WriteCapacityUnits":10},"KeySchema":[{"AttributeName":"leaseKey","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"leaseKey","AttributeType":"S"}]}`},
		{"describe an old table", "DescribeTable", `{"TableName":"old"}`},
		{"create a table of two keys", "CreateTable", `{"TableName":"ranges","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"hh","KeyType":"HASH"},{"AttributeName":"rr","KeyType":"RANGE"}],` +
			`"AttributeDefinitions":[{"AttributeName":"hh","AttributeType":"S"},{"AttributeName":"rr","AttributeType":"N"}]}`},
		{"describe a table", "DescribeTable", `{"TableName":"leases"}`},
		{"list tables", "ListTables", `{}`},
		{"list one table", "ListTables", `{"Limit":1}`},
		{"scan nothing", "Scan", `{"TableName":"leases"}`},
	}
	for i := range 4 {
		steps = append(steps, tableStep{"create a lease", "PutItem", fmt.Sprintf(`{"TableName":"leases","Item":{"leaseKey":{"S":"shardId-%012d"},"leaseCounter":{"N":"0"},"checkpoint":{"S":"TRIM_HORIZON"},`+
			`"parentShardId":{"SS":["b","a"]},"pendingCheckpointState":{"B":"AAEC"}},"Expected":{"leaseKey":{"Exists":false}}}`, i)})
	}
	key := `"TableName":"leases","Key":{"leaseKey":{"S":"shardId-000000000000"}}`
	for name, body := range map[string]string{
		"UpdateItem take a lease": `{` + key + `,"Expected":{"leaseCounter":{"Value":{"N":"0"}},"leaseOwner":{"Exists":false}},"AttributeUpdates":{"leaseOwner":{"Action":"PUT","Value":{"S":"w1"}},"leaseCounter":{"Action":"ADD","Value":{"N":"1"}},"checkpointOwner":{"Action":"DELETE"}},"ReturnValues":"ALL_NEW"}`,
	} {
		operation, _, _ := strings.Cut(name, " ")
		steps = append(steps, tableStep{name, operation, body})
	}
	steps = append(steps,
		tableStep{"create a lease twice", "PutItem", `{"TableName":"leases","Item":{"leaseKey":{"S":"shardId-000000000000"}},"Expected":{"leaseKey":{"Exists":false}}}`},
		tableStep{"renew with a wrong counter", "UpdateItem", `{` + key + `,"Expected":{"leaseCounter":{"Value":{"N":"7"}}},"AttributeUpdates":{"leaseCounter":{"Action":"ADD","Value":{"N":"1"}}}}`},
		tableStep{"show the item of a failed condition", "UpdateItem", `{` + key + `,"Expected":{"leaseCounter":{"Value":{"N":"7"}}},"AttributeUpdates":{"leaseCounter":{"Action":"ADD","Value":{"N":"1"}}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		tableStep{"find the leases of a worker", "Query", `{"TableName":"leases","IndexName":"LeaseOwnerToLeaseKeyIndex","KeyConditionExpression":"leaseOwner = :o","ExpressionAttributeValues":{":o":{"S":"w1"}}}`},
		tableStep{"lock", "PutItem", `{"TableName":"leases","Item":{"leaseKey":{"S":"Leader"},"ownerName":{"S":"w1"},"recordVersionNumber":{"S":"1"},"isReleased":{"S":"x"}},"ConditionExpression":"attribute_not_exists(#pk)","ExpressionAttributeNames":{"#pk":"leaseKey"}}`},
		tableStep{"lock again", "PutItem", `{"TableName":"leases","Item":{"leaseKey":{"S":"Leader"}},"ConditionExpression":"attribute_not_exists(#pk)","ExpressionAttributeNames":{"#pk":"leaseKey"}}`},
		tableStep{"heartbeat", "UpdateItem", `{"TableName":"leases","Key":{"leaseKey":{"S":"Leader"}},"ConditionExpression":"attribute_exists(#pk) AND #rvn = :rvn AND #on = :on","UpdateExpression":"SET #ld = :ld, #rvn = :new REMOVE #ir","ExpressionAttributeNames":{"#pk":"leaseKey","#rvn":"recordVersionNumber","#on":"ownerName","#ld":"leaseDuration","#ir":"isReleased"},"ExpressionAttributeValues":{":rvn":{"S":"1"},":on":{"S":"w1"},":ld":{"S":"120000"},":new":{"S":"2"}},"ReturnValues":"ALL_NEW"}`},
		tableStep{"worker metrics", "UpdateItem", `{"TableName":"leases","Key":{"leaseKey":{"S":"w1"}},"UpdateExpression":"SET #AMZN_MAPPED_lut = :AMZN_MAPPED_lut, #AMZN_MAPPED_sts = :AMZN_MAPPED_sts","ExpressionAttributeNames":{"#AMZN_MAPPED_lut":"lut","#AMZN_MAPPED_sts":"sts"},"ExpressionAttributeValues":{":AMZN_MAPPED_lut":{"N":"1764000000"},":AMZN_MAPPED_sts":{"M":{"C":{"L":[{"N":"1.25"}]}}}},"ReturnValues":"ALL_NEW"}`},
		tableStep{"delete stale metrics", "DeleteItem", `{"TableName":"leases","Key":{"leaseKey":{"S":"w1"}},"ConditionExpression":"#key = :v AND attribute_exists(sts)","ExpressionAttributeNames":{"#key":"lut"},"ExpressionAttributeValues":{":v":{"N":"1764000000"}},"ReturnValues":"ALL_OLD"}`},
		tableStep{"scan with a filter", "Scan", `{"TableName":"leases","FilterExpression":"checkpoint = :c","ExpressionAttributeValues":{":c":{"S":"TRIM_HORIZON"}},"ConsistentRead":true}`},
		tableStep{"scan with an old filter", "Scan", `{"TableName":"leases","ScanFilter":{"leaseOwner":{"ComparisonOperator":"NULL"}},"Select":"COUNT"}`},
		tableStep{"scan two attributes", "Scan", `{"TableName":"leases","ProjectionExpression":"leaseKey, leaseCounter"}`},
		tableStep{"scan the index", "Scan", `{"TableName":"leases","IndexName":"LeaseOwnerToLeaseKeyIndex"}`},
	)
	for _, n := range []string{"-10", "-1.5", "0", "3", "20", "1e10"} {
		steps = append(steps, tableStep{"put a number", "PutItem", `{"TableName":"ranges","Item":{"hh":{"S":"x"},"rr":{"N":"` + n + `"},"v":{"N":"` + n + `"}}}`})
	}
	query := `"TableName":"ranges","ExpressionAttributeValues":{":h":{"S":"x"}%s}`
	for _, q := range [][2]string{
		{"hh = :h", ""}, {"hh = :h AND rr > :a", `,":a":{"N":"-1.50"}`}, {"hh = :h AND rr <= :a", `,":a":{"N":"3"}`},
		{"hh = :h AND rr BETWEEN :a AND :b", `,":a":{"N":"-2"},":b":{"N":"3"}`}, {"hh = :h AND rr = :a", `,":a":{"N":"20.0"}`},
	} {
		steps = append(steps, tableStep{"query " + q[0], "Query", `{` + fmt.Sprintf(query, q[1]) + `,"KeyConditionExpression":"` + q[0] + `"}`},
			tableStep{"query back " + q[0], "Query", `{` + fmt.Sprintf(query, q[1]) + `,"KeyConditionExpression":"` + q[0] + `","ScanIndexForward":false,"Limit":2}`})
	}
	return append(steps, mistakes()...)
}

// mistakes are requests that are refused.
func mistakes() []tableStep {
	item := func(attributes string) string {
		return `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}` + attributes + `}}`
	}
	update := func(expression, more string) string {
		return `{"TableName":"leases","Key":{"leaseKey":{"S":"m"}},"UpdateExpression":"` + expression + `"` + more + `}`
	}
	condition := func(expression, more string) string {
		return `{"TableName":"leases","Key":{"leaseKey":{"S":"m"}},"ConditionExpression":"` + expression + `"` + more + `}`
	}
	const v = `,"ExpressionAttributeValues":{":v":{"S":"x"}}`
	const n = `,"ExpressionAttributeValues":{":v":{"N":"1"}}`
	list := map[string]string{
		"PutItem without a table":                     `{"Item":{}}`,
		"PutItem of a short table name":               `{"TableName":"ab","Item":{}}`,
		"PutItem of a missing table":                  `{"TableName":"missing","Item":{"a":{"S":"b"}}}`,
		"PutItem without its key":                     `{"TableName":"leases","Item":{"a":{"S":"b"}}}`,
		"PutItem with a key of another type":          `{"TableName":"leases","Item":{"leaseKey":{"N":"1"}}}`,
		"PutItem with an empty key":                   `{"TableName":"leases","Item":{"leaseKey":{"S":""}}}`,
		"PutItem with an index key of another type":   item(`,"leaseOwner":{"N":"1"}`),
		"PutItem with an empty value":                 item(`,"a":{}`),
		"PutItem with two values":                     item(`,"a":{"S":"x","N":"1"}`),
		"PutItem with an empty set":                   item(`,"a":{"SS":[]}`),
		"PutItem with a set of twins":                 item(`,"a":{"SS":["x","x"]}`),
		"PutItem with no number":                      item(`,"a":{"N":"x"}`),
		"PutItem with a number too long":              item(`,"a":{"N":"123456789012345678901234567890123456789"}`),
		"PutItem with a number too large":             item(`,"a":{"N":"1e126"}`),
		"PutItem with a number too small":             item(`,"a":{"N":"1e-131"}`),
		"PutItem with a false null":                   item(`,"a":{"NULL":false}`),
		"PutItem returning what it cannot":            `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}},"ReturnValues":"ALL_NEW"}`,
		"PutItem with both forms":                     `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}},"Expected":{"a":{"Exists":false}},"ConditionExpression":"attribute_exists(aa)"}`,
		"PutItem with values and no expression":       `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}}` + v + `}`,
		"PutItem expecting nothing":                   `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}},"Expected":{"a":{}}}`,
		"PutItem expecting a value that is not there": `{"TableName":"leases","Item":{"leaseKey":{"S":"m"}},"Expected":{"a":{"Exists":false,"Value":{"S":"x"}}}}`,
		"GetItem without a key":                       `{"TableName":"leases"}`,
		"GetItem with another key":                    `{"TableName":"leases","Key":{"other":{"S":"x"}}}`,
		"GetItem with too much of a key":              `{"TableName":"leases","Key":{"leaseKey":{"S":"x"},"b":{"S":"x"}}}`,
		"GetItem of twins":                            `{"TableName":"leases","Key":{"leaseKey":{"S":"x"}},"AttributesToGet":["a","a"]}`,
		"UpdateItem with an empty expression":         update("", ""),
		"UpdateItem of the key":                       update("SET leaseKey = :v", v),
		"UpdateItem of nothing defined":               update("SET aa = :w", v),
		"UpdateItem with a reserved word":             update("SET name = :v", v),
		"UpdateItem in two sections":                  update("SET aa = :v SET bb = :v", v),
		"UpdateItem of paths that overlap":            update("SET aa.bb = :v, aa = :v", v),
		"UpdateItem of what is not there":             update("SET aa = bb", ""),
		"UpdateItem with a placeholder unused":        update("REMOVE aa", v),
		"UpdateItem adding a text":                    update("SET aa = aa + :v", v),
		"UpdateItem with an unknown function":         update("SET aa = other_function(bb, :v)", v),
		"UpdateItem with an old PUT of nothing":       `{"TableName":"leases","Key":{"leaseKey":{"S":"m"}},"AttributeUpdates":{"a":{"Action":"PUT"}}}`,
		"UpdateItem deleting a text":                  `{"TableName":"leases","Key":{"leaseKey":{"S":"m"}},"AttributeUpdates":{"a":{"Action":"DELETE","Value":{"S":"x"}}}}`,
		"DeleteItem with an empty condition":          condition("", ""),
		"DeleteItem with redundant parentheses":       condition("((aa = :v))", v),
		"DeleteItem with an unknown function":         condition("other_function(aa)", ""),
		"DeleteItem with size alone":                  condition("size(aa)", ""),
		"DeleteItem with begins_with of a number":     condition("begins_with(aa, :v)", n),
		"DeleteItem with one operand":                 condition("begins_with(aa)", ""),
		"DeleteItem with an undefined name":           condition("#a = :v", v),
		"DeleteItem comparing with itself":            condition("aa = aa", ""),
		"DeleteItem with a condition that fails":      condition("aa = :v", v),
		"Query without a condition":                   `{"TableName":"ranges"}`,
		"Query without the hash key":                  `{"TableName":"ranges","KeyConditionExpression":"rr = :v"` + n + `}`,
		"Query with an inequality of the hash key":    `{"TableName":"ranges","KeyConditionExpression":"hh > :v"` + v + `}`,
		"Query with OR":                               `{"TableName":"ranges","KeyConditionExpression":"hh = :v OR hh = :v"` + v + `}`,
		"Query with a key of another type":            `{"TableName":"ranges","KeyConditionExpression":"hh = :v"` + n + `}`,
		"Query of a missing index":                    `{"TableName":"ranges","IndexName":"missing","KeyConditionExpression":"hh = :v"` + v + `}`,
		"Query filtering by the key":                  `{"TableName":"ranges","KeyConditionExpression":"hh = :v","FilterExpression":"hh = :v"` + v + `}`,
		"Scan with half a segment":                    `{"TableName":"leases","TotalSegments":2}`,
		"Scan beyond the segments":                    `{"TableName":"leases","Segment":2,"TotalSegments":2}`,
		"Scan from another key":                       `{"TableName":"leases","ExclusiveStartKey":{"other":{"S":"x"}}}`,
		"Scan with no limit":                          `{"TableName":"leases","Limit":0}`,
		"BatchWriteItem of twins":                     `{"RequestItems":{"leases":[{"PutRequest":{"Item":{"leaseKey":{"S":"x"}}}},{"DeleteRequest":{"Key":{"leaseKey":{"S":"x"}}}}]}}`,
		"BatchGetItem of twins":                       `{"RequestItems":{"leases":{"Keys":[{"leaseKey":{"S":"x"}},{"leaseKey":{"S":"x"}}]}}}`,
		"BatchGetItem":                                `{"RequestItems":{"leases":{"Keys":[{"leaseKey":{"S":"Leader"}},{"leaseKey":{"S":"x"}}]}}}`,
		"CreateTable without a key":                   `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"KeySchema":[{"AttributeName":"b","KeyType":"HASH"}]}`,
		"CreateTable with too many definitions":       `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}`,
		"CreateTable without capacity":                `{"TableName":"other","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}`,
		"DeleteTable of a missing table":              `{"TableName":"missing"}`,
		"UpdateTable of nothing":                      `{"TableName":"leases"}`,
		"DescribeTimeToLive":                          `{"TableName":"leases"}`,
		"PutItem of no JSON":                          `{"TableName":`,
		"PutItem with a number for a text":            item(`,"a":{"S":1}`),
		"PutItem with a list for a map":               `{"TableName":"leases","Item":[]}`,
	}
	var steps []tableStep
	for _, name := range slices.Sorted(maps.Keys(list)) {
		operation, _, _ := strings.Cut(name, " ")
		steps = append(steps, tableStep{name, operation, list[name]})
	}
	return steps
}
