package streams

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/aggregate"
	"sluice/internal/clock"
)

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestEndpoint(t *testing.T) {
	const real = "https://kinesis.eu-west-1.amazonaws.com"
	for _, c := range []struct {
		name     string
		choice   Choice
		url, bad string
		loopback bool
	}{
		{"by default", Choice{Env: env()}, "http://localhost:4566", "", true},
		{"the flag wins", Choice{URL: "http://flag:1/", Env: env("AWS_ENDPOINT_URL", "http://all:1")}, "http://flag:1", "", false},
		{"the service's variable wins", Choice{Env: env("AWS_ENDPOINT_URL", "http://all:1", "AWS_ENDPOINT_URL_KINESIS", "http://[::1]:2")}, "http://[::1]:2", "", true},
		{"the common variable", Choice{Env: env("AWS_ENDPOINT_URL", "http://a.localhost:1")}, "http://a.localhost:1", "", true},
		{"no URL", Choice{URL: "localhost:4566", Env: env()}, "", `"localhost:4566" is not a URL such as http://localhost:4566`, false},
		{"AWS by accident", Choice{Env: env("AWS_ENDPOINT_URL", real)}, "", real + " is the real AWS; say --aws if that is meant", false},
		{"AWS by accident in China", Choice{URL: "https://kinesis.cn-north-1.amazonaws.com.cn", Env: env()}, "", "https://kinesis.cn-north-1.amazonaws.com.cn is the real AWS; say --aws if that is meant", false},
		{"AWS", Choice{AWS: true, Region: "eu-west-1", Env: env()}, "", "", false},
		{"AWS in spite of the environment", Choice{AWS: true, Env: env("AWS_ENDPOINT_URL", "http://localhost:4566", "AWS_REGION", "eu-west-1")}, "", "", false},
		{"AWS by its URL", Choice{AWS: true, URL: real, Region: "eu-west-1", Env: env()}, real, "", false},
		{"AWS and something else", Choice{AWS: true, URL: "http://localhost:1", Region: "eu-west-1", Env: env()}, "", "http://localhost:1 is not AWS; leave out --aws or --endpoint", false},
		{"AWS without a region", Choice{AWS: true, Env: env()}, "", "which region of AWS? It can also come from AWS_REGION", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := c.choice.Find()
			if c.bad != "" {
				require.EqualError(t, err, c.bad)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.url, e.URL)
			require.Equal(t, c.loopback, e.Loopback())
		})
	}
}

func TestKeys(t *testing.T) {
	retrieve := func(c Choice) aws.Credentials {
		e, err := c.Find()
		require.NoError(t, err)
		keys, err := e.keys().Retrieve(context.Background())
		require.NoError(t, err)
		return keys
	}
	require.Equal(t, "test", retrieve(Choice{Env: env()}).AccessKeyID)
	require.Equal(t, "test", retrieve(Choice{Env: env("AWS_ACCESS_KEY_ID", "half a pair")}).AccessKeyID)
	require.Equal(t, "123456789012", retrieve(Choice{Env: env("AWS_ACCESS_KEY_ID", "123456789012", "AWS_SECRET_ACCESS_KEY", "x")}).AccessKeyID)
}

// A profile's keys are asked of the AWS command line; here a script plays it.
func TestKeysOfAProfile(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\ntest \"$*\" = 'configure export-credentials --format process --profile work' || { echo \"The SSO session has expired.\" >&2; exit 1; }\n" +
		`echo '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}'` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "aws"), []byte(script), 0o755))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	e, err := Choice{AWS: true, Region: "eu-west-1", Profile: "work", Env: env()}.Find()
	require.NoError(t, err)
	keys, err := e.keys().Retrieve(context.Background())
	require.NoError(t, err)
	require.Equal(t, "AKIA s t 2099", fmt.Sprint(keys.AccessKeyID, " ", keys.SecretAccessKey, " ", keys.SessionToken, " ", keys.Expires.Year()))

	e.Profile = "home"
	client, err := e.Connect()
	require.NoError(t, err)
	_, err = Shards(context.Background(), client, "orders")
	require.EqualError(t, Explain(err, e), "the AWS command line gives no keys: The SSO session has expired.")
}

func TestPositions(t *testing.T) {
	const sequence = "49680561090205338057683114965778607652600525172707950594"
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	at := func(at time.Time) Position { return Position{Kind: types.ShardIteratorTypeAtTimestamp, At: at} }
	for text, want := range map[string]Position{
		"trim-horizon":         {Kind: types.ShardIteratorTypeTrimHorizon},
		"latest":               {Kind: types.ShardIteratorTypeLatest},
		"TRIM_HORIZON":         {Kind: types.ShardIteratorTypeTrimHorizon},
		"2026-11-24T08:30:00Z": at(time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)),
		"2026-11-24":           at(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)),
		"1795636454.5":         at(time.Unix(1795636454, 5e8).UTC()),
		"90m":                  at(now.Add(-90 * time.Minute)),
		sequence:               {Kind: types.ShardIteratorTypeAtSequenceNumber, Sequence: sequence},
		"after:" + sequence:    {Kind: types.ShardIteratorTypeAfterSequenceNumber, Sequence: sequence},
	} {
		have, err := ParsePosition(text, func() time.Time { return now })
		require.NoError(t, err, text)
		require.Equal(t, want, have, text)
	}
	for _, text := range []string{"", "now", "-5m", "after:", "after:12", "1e300", "NaN", "-1"} {
		_, err := ParsePosition(text, func() time.Time { return now })
		require.ErrorContains(t, err, "is not a position", text)
	}
}

func TestParseRecord(t *testing.T) {
	for line, want := range map[string]string{
		`{"partitionKey":"k","data":"YQ=="}`:                                      "k  a",
		`{"PartitionKey":"k","ExplicitHashKey":"7","Data":"YQ=="}`:                "k 7 a",
		`{"partitionKey":"k","text":"a\nb"}`:                                      "k  a\nb",
		`{"partitionKey":"k","json":{"b": [1, 2],"a":12345678901234567890}}`:      `k  {"b":[1,2],"a":12345678901234567890}`,
		`{"shardId":"x","sequenceNumber":"1","partitionKey":"k","data":"","x":1}`: `not a record: json: unknown field "x"`,
		`{"partitionKey":"k"}`:                                                    `a record has one of "data" (base64), "text" and "json"`,
		`{"partitionKey":"k","text":"a","data":""}`:                               `a record has one of "data" (base64), "text" and "json"`,
		`{"partitionKey":"k","data":"*"}`:                                         "not a record: illegal base64 data at input byte 0",
		`{"partitionKey":"k","text":"a"} {}`:                                      "not a record: something follows the JSON object",
		`[]`:                                                                      "not a record: json: cannot unmarshal array",
		`{"partitionKey":"k","arrival":1,"text":"a"}`:                             "not a record: ",
	} {
		r, err := ParseRecord([]byte(line))
		if err != nil {
			require.Contains(t, err.Error(), want, line)
			continue
		}
		require.Equal(t, want, fmt.Sprintf("%s %s %s", r.PartitionKey, r.ExplicitHashKey, r.Data), line)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	var have []string
	var places []int64
	require.NoError(t, Lines(strings.NewReader("a\r\n\n"+long+"\nlast"), 100, 5, func(l Line) error {
		have = append(have, fmt.Sprintf("%d %d %v", l.Number, len(l.Text), l.Whole))
		places = append(places, l.Start, l.End)
		return nil
	}))
	require.Equal(t, []string{"6 1 true", "7 0 true", "8 200000 true", "9 4 false"}, have)
	require.Equal(t, []int64{100, 103, 103, 104, 104, 200105, 200105, 200109}, places)
	require.ErrorContains(t, Lines(strings.NewReader(strings.Repeat("x", 17<<20)), 0, 0, nil), "line 1 is longer than 16 MiB")
}

func TestPace(t *testing.T) {
	c := newStill()
	begun, first := c.Now(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	p := &Pace{Clock: c, Speed: 10}
	for _, after := range []time.Duration{0, 10 * time.Second, 5 * time.Second, time.Hour} {
		require.NoError(t, p.Wait(context.Background(), first.Add(after)))
	}
	require.Equal(t, 6*time.Minute, c.Now().Sub(begun))
	require.Equal(t, []time.Duration{time.Second, 359 * time.Second}, c.slept)

	for text, want := range map[string]float64{"max": 0, "original": 1, "x10": 10, "0.5": 0.5} {
		have, err := ParseSpeed(text)
		require.NoError(t, err)
		require.InDelta(t, want, have, 0)
	}
	for _, text := range []string{"", "fast", "0", "-1", "NaN", "x"} {
		_, err := ParseSpeed(text)
		require.Error(t, err, text)
	}
}

func TestRanges(t *testing.T) {
	shard := func(first, last string) types.Shard {
		return types.Shard{ShardId: aws.String("s"), HashKeyRange: &types.HashKeyRange{StartingHashKey: &first, EndingHashKey: &last}}
	}
	whole, err := RangeOf(shard("0", "340282366920938463463374607431768211455"))
	require.NoError(t, err)
	require.Equal(t, "170141183460469231731687303715884105728", whole.Middle().String())
	require.InDelta(t, 1, whole.Share(), 1e-9)
	require.True(t, whole.Contains(HashOf("a")))
	left, _ := RangeOf(shard("0", "9"))
	right, _ := RangeOf(shard("10", "11"))
	require.True(t, right.Follows(left))
	require.False(t, left.Follows(right))
	require.Equal(t, "5", left.Middle().String())
	require.Equal(t, "11", right.Middle().String())
	require.False(t, right.Contains(big.NewInt(9)))
	require.Equal(t, "16955237001963240173058271559858726497", HashOf("a").String())
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	to := Target{Endpoint: "http://x", Stream: "s"}
	j := &Journal{Path: path, Clock: newStill()}
	input := strings.NewReader("some lines")
	_, _, found, err := j.Open(input, to)
	require.NoError(t, err)
	require.False(t, found)
	require.NoError(t, j.Settle(5, 1)) // the first is written at once
	require.NoError(t, j.Settle(9, 2)) // this one is not due yet
	offset, _, found, err := (&Journal{Path: path, Clock: newStill()}).Open(input, to)
	require.NoError(t, err)
	require.True(t, found)
	require.EqualValues(t, 5, offset)
	require.NoError(t, j.Keep())
	offset, records, _, _ := (&Journal{Path: path}).Open(input, to)
	require.EqualValues(t, []int64{9, 2}, []int64{offset, records})
	for _, other := range []Target{{"http://y", "s"}, {"http://x", "t"}} {
		_, _, _, err = (&Journal{Path: path}).Open(input, other)
		require.ErrorContains(t, err, "belongs to a load of other data, or into s at http://x")
	}
	_, _, _, err = (&Journal{Path: path}).Open(strings.NewReader("other lines"), to)
	require.ErrorContains(t, err, "belongs to a load of other data")
	require.NoError(t, j.Done())
	require.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	_, _, _, err = (&Journal{Path: path}).Open(input, to)
	require.ErrorContains(t, err, "is not the journal of a load")
}

// doer is a client that looks at a request.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// Whatever the SDK does to its body, what is sent stays readable to its end.
func TestSteadyBodies(t *testing.T) {
	given, err := http.NewRequest(http.MethodPost, "http://x/", io.NopCloser(strings.NewReader("records")))
	require.NoError(t, err)
	body := given.Body
	_, err = steady{doer(func(r *http.Request) (*http.Response, error) {
		_ = body.Close()
		raw, err := io.ReadAll(r.Body)
		require.Equal(t, "records", string(raw))
		require.EqualValues(t, 7, r.ContentLength)
		return nil, err
	})}.Do(given)
	require.NoError(t, err)
	require.Equal(t, body, given.Body, "the SDK's request is left alone")
}

func TestPacker(t *testing.T) {
	half := "170141183460469231731687303715884105728"
	last, whole := "170141183460469231731687303715884105727", "340282366920938463463374607431768211455"
	zero := "0"
	shards := []types.Shard{{ShardId: aws.String("l"), HashKeyRange: &types.HashKeyRange{StartingHashKey: &zero, EndingHashKey: &last}},
		{ShardId: aws.String("r"), HashKeyRange: &types.HashKeyRange{StartingHashKey: &half, EndingHashKey: &whole}},
		{ShardId: aws.String("old"), HashKeyRange: &types.HashKeyRange{StartingHashKey: &zero, EndingHashKey: &whole},
			SequenceNumberRange: &types.SequenceNumberRange{EndingSequenceNumber: aws.String("1")}}}
	p, err := NewPacker(shards, newStill(), time.Second)
	require.NoError(t, err)
	out := make(chan Entry, 100)
	require.NoError(t, p.Pack(context.Background(), func(_ context.Context, in chan<- Entry) error {
		for i := range 40 { // 40 records of 3,000 bytes do not fit into one aggregate
			in <- Entry{PartitionKey: "left", ExplicitHashKey: "5", Data: []byte(strings.Repeat("x", 3000)), Line: int64(i)}
		}
		in <- Entry{PartitionKey: "right", ExplicitHashKey: half, Data: []byte("alone")}
		return nil
	}, out))
	close(out)
	count := map[string]int{}
	for e := range out {
		if e.Records == 0 {
			require.Equal(t, "alone", string(e.Data), "a single record goes plain")
			count["right"]++
			continue
		}
		require.LessOrEqual(t, len(e.Data), packBytes)
		require.Equal(t, []string{"left", "5"}, []string{e.PartitionKey, e.ExplicitHashKey})
		inner, ok := aggregate.Decode(e.Data)
		require.True(t, ok)
		require.Len(t, inner, e.Records)
		count["left"] += len(inner)
	}
	require.Equal(t, map[string]int{"left": 40, "right": 1}, count)

	out = make(chan Entry, 1)
	for _, bad := range []string{"x", "-1", whole + "0"} {
		err = p.Pack(context.Background(), func(_ context.Context, in chan<- Entry) error {
			in <- Entry{PartitionKey: "k", ExplicitHashKey: bad, Line: 3}
			return nil
		}, out)
		require.ErrorContains(t, err, "line 3: explicit hash key")
	}
}

// What was settled soon after another does not wait for the next, which may be
// an hour away: a process that is killed meanwhile has it in its journal.
func TestJournalKeepsWhatNothingFollows(t *testing.T) {
	hand := clock.NewManual(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	j := &Journal{Path: filepath.Join(t.TempDir(), "progress"), Clock: hand}
	said := func() string {
		raw, err := os.ReadFile(j.Path)
		require.NoError(t, err)
		return string(raw)
	}
	require.NoError(t, j.Settle(10, 1))
	require.NoError(t, j.Settle(20, 2))
	require.NoError(t, j.Settle(30, 3))
	require.Contains(t, said(), `"records":1}`)
	hand.Step(keepEvery)
	require.Eventually(t, func() bool { return strings.Contains(said(), `"records":3}`) }, time.Minute, time.Millisecond)
	require.NoError(t, j.Settle(40, 4))
	require.NoError(t, j.Done())
	hand.Step(time.Hour)
	require.NoFileExists(t, j.Path)
}
