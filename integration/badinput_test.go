package integration

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const hundredMiB = 100 << 20

// populated starts a server with a stream that has tags, a consumer, a policy and records, so that a change would show.
func populated(t *testing.T, args ...string) *Server {
	t.Helper()
	server := Start(t, append([]string{"--transition", "0"}, args...)...)
	server.CreateStream(t, "kept", 2)
	arn := "arn:aws:kinesis:us-east-1:000000000000:stream/kept"
	Must[struct{}](t, server, "AddTagsToStream", map[string]any{"StreamName": "kept", "Tags": map[string]string{"k": "v"}})
	Must[struct{}](t, server, "RegisterStreamConsumer", map[string]any{"StreamARN": arn, "ConsumerName": "reader"})
	Must[struct{}](t, server, "PutResourcePolicy", map[string]any{"ResourceARN": arn, "Policy": `{"Version":"2012-10-17","Statement":[]}`})
	for i := range 20 {
		Must[struct{}](t, server, "PutRecord", map[string]any{"StreamName": "kept", "Data": []byte{byte(i)}, "PartitionKey": fmt.Sprint(i)})
	}
	return server
}

// unchanged runs something and holds what the server keeps before and after equal.
func unchanged(t *testing.T, server *Server, do func()) {
	t.Helper()
	before := server.everything(t)
	do()
	require.Equal(t, before, server.everything(t), "bad input changed something")
}

// zeros is a body of any size that takes no memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A'
	}
	return len(p), nil
}

func TestHugeBodies(t *testing.T) {
	server := populated(t, "--memory")
	unchanged(t, server, func() {
		start := server.ResidentKiB()
		for _, announced := range []bool{true, false} {
			for _, contentType := range []string{JSON11, CBOR11, "application/json", "text/plain"} {
				t.Run(fmt.Sprintf("%s, length announced %v", contentType, announced), func(t *testing.T) {
					head := `{"StreamName":"kept","PartitionKey":"k","Data":"`
					request, err := server.Call("PutRecord", contentType, io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, hundredMiB)))
					require.NoError(t, err)
					request.ContentLength = -1
					if announced {
						request.ContentLength = int64(len(head)) + hundredMiB
					}
					answer, err := Send(http.DefaultClient, request)
					if refusedEarly(err) {
						return
					}
					require.NoError(t, err)
					require.Equal(t, http.StatusRequestEntityTooLarge, answer.Status, "%.200s", answer.Body)
				})
			}
		}
		grown := server.ResidentKiB() - start
		t.Logf("resident memory grew by %d KiB over eight bodies of 100 MiB", grown)
		require.Less(t, grown, 256<<10, "KiB; the budget for bodies is 256 MiB")
	})
}

// refusedEarly is true for a connection that the server closed while the client was still sending: a refusal too.
func refusedEarly(err error) bool {
	if err == nil {
		return false
	}
	for _, text := range []string{"connection reset by peer", "broken pipe"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// TestTruncatedCBOR cuts good requests at every byte. Any of them must be refused as what it is: not parsable.
func TestTruncatedCBOR(t *testing.T) {
	server := populated(t, "--memory")
	requests := map[string]map[string]any{
		"PutRecord":        {"StreamName": "kept", "Data": []byte("0123456789"), "PartitionKey": "k"},
		"PutRecords":       {"StreamName": "kept", "Records": []any{map[string]any{"Data": []byte("01"), "PartitionKey": "k"}}},
		"GetShardIterator": {"StreamName": "kept", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": Tagged{1, 1700000000000}},
		"AddTagsToStream":  {"StreamName": "kept", "Tags": map[string]any{"key": "value"}},
	}
	unchanged(t, server, func() {
		for operation, input := range requests {
			whole := AppendCBOR(nil, input)
			for cut := 1; cut < len(whole); cut++ {
				answer := server.PostBytes(t, operation, CBOR11, whole[:cut])
				require.Equal(t, 400, answer.Status, "%s cut at %d", operation, cut)
				require.Equal(t, CBOR11, answer.Header.Get("Content-Type"))
				fields, err := ParseCBOR(answer.Body)
				require.NoError(t, err)
				require.Equal(t, "SerializationException", fields.(map[string]any)["__type"], "%s cut at %d", operation, cut)
			}
		}
	})
}

// TestHostileCBOR claims lengths that are not there, nests without end, and floods with breaks and tags.
func TestHostileCBOR(t *testing.T) {
	server := populated(t, "--memory")
	huge := []byte{0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	bodies := map[string][]byte{
		"a byte string of 2^63":   append([]byte{0xa1, 0x64, 'D', 'a', 't', 'a'}, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"a list of 2^63":          append([]byte{0xa1, 0x67, 'R', 'e', 'c', 'o', 'r', 'd', 's'}, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"a map of 2^64-1":         {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"an integer as a body":    huge,
		"lists in lists":          append([]byte{0xa1, 0x61, 'x'}, bytes.Repeat([]byte{0x81}, 1<<20)...),
		"open lists in lists":     append([]byte{0xa1, 0x61, 'x'}, bytes.Repeat([]byte{0x9f}, 1<<20)...),
		"maps in maps":            bytes.Repeat([]byte{0xa1, 0x61, 'x'}, 1<<20),
		"tags of tags":            append([]byte{0xa1, 0x61, 'x'}, bytes.Repeat([]byte{0xc1}, 1<<20)...),
		"breaks":                  bytes.Repeat([]byte{0xff}, 1000),
		"reserved lengths":        {0xa1, 0x1c, 0x1d, 0x1e},
		"an open string of lists": {0xa1, 0x61, 'x', 0x7f, 0x80, 0xff},
	}
	unchanged(t, server, func() {
		for name, body := range bodies {
			answer := server.PostBytes(t, "PutRecords", CBOR11, body)
			require.Equal(t, 400, answer.Status, name)
			require.Contains(t, string(answer.Body), "SerializationException", name)
		}
	})
}

func TestDeepJSON(t *testing.T) {
	server := populated(t, "--memory")
	const deep = 1 << 20
	bodies := map[string]string{
		"lists in an unknown member":   `{"x":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`,
		"objects in an unknown member": `{"x":` + strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep) + `}`,
		"lists in a known member":      `{"StreamName":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`,
		"lists without end":            `{"x":` + strings.Repeat("[", deep),
		"lists alone":                  strings.Repeat("[", deep),
		"a long number":                `{"StreamName":"kept","Limit":` + strings.Repeat("9", deep) + `}`,
		"a long exponent":              `{"StreamName":"kept","Limit":1e` + strings.Repeat("9", deep) + `}`,
		"a long escape":                `{"StreamName":"` + strings.Repeat(`\u0041`, deep) + `"}`,
		"many members":                 `{"x":0` + strings.Repeat(`,"x":0`, deep) + `}`,
		"half a surrogate":             `{"StreamName":"\ud800"}`,
		"bad UTF-8":                    "{\"StreamName\":\"\xff\xfe\"}",
		"nothing but space":            strings.Repeat(" ", deep),
		"two values":                   `{"StreamName":"kept"}{}`,
		"a comma too many":             `{"StreamName":"kept",}`,
	}
	unchanged(t, server, func() {
		for name, body := range bodies {
			begin := time.Now()
			answer := server.Post(t, "DescribeStreamSummary", body)
			require.Less(t, time.Since(begin), 30*time.Second, name)
			require.NotEqual(t, 500, answer.Status, "%s: %.200s", name, answer.Body)
			if name != "many members" && name != "a long number" && name != "a long exponent" {
				require.Equal(t, 400, answer.Status, "%s: %.200s", name, answer.Body)
			}
		}
	})
}

// TestTimesThatAreNone asks for records at times that no clock shows.
func TestTimesThatAreNone(t *testing.T) {
	server := populated(t, "--memory")
	input := `{"StreamName":"kept","ShardId":"0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":%s}`
	unchanged(t, server, func() {
		for text, want := range map[string]string{
			"NaN": "SerializationException", "Infinity": "SerializationException", "-Infinity": "SerializationException",
			`"NaN"`: "SerializationException", "1e9999": "", "1e300": "InvalidArgumentException", "9223372036854775807": "InvalidArgumentException",
		} {
			answer := server.Post(t, "GetShardIterator", fmt.Sprintf(input, text))
			name, message := answer.Error()
			require.Equal(t, 400, answer.Status, "%s: %s", text, answer.Body)
			if want != "" {
				require.Equal(t, want, name, "%s: %s", text, message)
			}
		}
		for _, text := range []string{"-1e300", "-9223372036854775808", "-1", "0", "1e-300"} {
			answer := server.Post(t, "GetShardIterator", fmt.Sprintf(input, text))
			require.Less(t, answer.Status, 500, "%s: %s", text, answer.Body) // long ago is the horizon
		}
		for name, value := range map[string]any{
			"NaN": math.NaN(), "infinite": math.Inf(1), "infinite below": math.Inf(-1), "huge": math.MaxFloat64,
			"far": math.MaxInt64, "text": "now", "a tag of text": Tagged{1, "x"}, "a tag of a list": Tagged{1, []any{}},
		} {
			answer := server.PostBytes(t, "GetShardIterator", CBOR11, AppendCBOR(nil, map[string]any{
				"StreamName": "kept", "ShardId": "0", "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": value,
			}))
			require.Equal(t, 400, answer.Status, "CBOR %s: %q", name, answer.Body)
		}
	})
}

// TestForgedIterators changes a good iterator everywhere, and shows it to those it was not made for.
func TestForgedIterators(t *testing.T) {
	server := populated(t, "--memory")
	other := populated(t, "--memory")
	server.CreateStream(t, "second", 1)
	good := server.Iterator(t, "kept", "0", "TRIM_HORIZON")
	refuse := func(name, iterator string, more string) {
		t.Helper()
		answer := server.Post(t, "GetRecords", fmt.Sprintf(`{"ShardIterator":%q%s}`, iterator, more))
		code, text := answer.Error()
		require.Equal(t, "InvalidArgumentException", code, "%s: %d %s", name, answer.Status, answer.Body)
		if more == "" {
			require.Equal(t, "Invalid ShardIterator.", text, name)
		}
	}
	unchanged(t, server, func() {
		raw, err := base64.StdEncoding.DecodeString(good)
		require.NoError(t, err)
		for i := range raw {
			for _, flip := range []byte{1, 0x80} {
				forged := bytes.Clone(raw)
				forged[i] ^= flip
				refuse(fmt.Sprintf("byte %d", i), base64.StdEncoding.EncodeToString(forged), "")
			}
		}
		for cut := 1; cut < len(good); cut += 7 {
			refuse("a piece", good[:cut], "")
		}
		refuse("no base64", "!!!!", "")
		refuse("zeros", base64.StdEncoding.EncodeToString(make([]byte, len(raw))), "")
		refuse("twice", good[:len(good)/2]+good[:len(good)/2], "")
		refuse("of another server", other.Iterator(t, "kept", "0", "TRIM_HORIZON"), "")
		refuse("with another stream's ARN", good, `,"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/second"`)
		refuse("a token of ListShards", listToken(t, server), "")
	})
}

// listToken gives a good NextToken of ListShards.
func listToken(t *testing.T, server *Server) string {
	t.Helper()
	token := Must[struct{ NextToken string }](t, server, "ListShards", map[string]any{"StreamName": "kept", "MaxResults": 1}).NextToken
	require.NotEmpty(t, token)
	return token
}

// TestForeignIterators shows iterators and tokens to another account and another region.
func TestForeignIterators(t *testing.T) {
	server := populated(t, "--memory")
	iterator, token := server.Iterator(t, "kept", "0", "TRIM_HORIZON"), listToken(t, server)
	for _, scope := range []string{"test/20261125/eu-west-1/kinesis", "111122223333/20261125/us-east-1/kinesis"} {
		for operation, body := range map[string]string{
			"GetRecords": fmt.Sprintf(`{"ShardIterator":%q}`, iterator),
			"ListShards": fmt.Sprintf(`{"NextToken":%q}`, token),
		} {
			request, err := server.Call(operation, JSON11, strings.NewReader(body))
			require.NoError(t, err)
			request.Header.Set("Authorization", strings.Replace(signature, "test/20261125/us-east-1/kinesis", scope, 1))
			answer, err := Send(http.DefaultClient, request)
			require.NoError(t, err)
			require.Equal(t, 400, answer.Status, "%s as %s: %s", operation, scope, answer.Body)
		}
	}
}

func TestForgedTokens(t *testing.T) {
	server := populated(t, "--memory")
	good := listToken(t, server)
	iterator := server.Iterator(t, "kept", "0", "TRIM_HORIZON")
	arn := "arn:aws:kinesis:us-east-1:000000000000:stream/kept"
	forms := map[string]string{
		"ListShards":          `{"NextToken":%q}`,
		"ListStreams":         `{"NextToken":%q}`,
		"ListStreamConsumers": `{"StreamARN":"` + arn + `","NextToken":%q}`,
	}
	unchanged(t, server, func() {
		for operation, form := range forms {
			tokens := map[string]string{"text": "abc", "an iterator": iterator, "a cut one": good[:len(good)-5], "zeros": strings.Repeat("A", 200)}
			if operation != "ListShards" {
				tokens["a token of ListShards"] = good
			}
			for name, token := range tokens {
				answer := server.Post(t, operation, fmt.Sprintf(form, token))
				code, text := answer.Error()
				require.Equal(t, 400, answer.Status, "%s with %s: %s", operation, name, answer.Body)
				require.Contains(t, []string{"InvalidArgumentException", "ExpiredNextTokenException"}, code, "%s with %s: %s", operation, name, text)
			}
		}
	})
}

// TestIdleConnections opens ten thousand connections that made one call each and then say nothing. Go raises the soft
// limit of open files to the hard one by itself, in this process and in the server's.
func TestIdleConnections(t *testing.T) {
	const connections, perConnection = 10_000, 25 // KiB
	server := populated(t, "--memory")
	unchanged(t, server, func() {
		start := server.ResidentKiB()
		open := make([]net.Conn, 0, connections)
		defer func() {
			for _, c := range open {
				_ = c.Close()
			}
		}()
		call := "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + JSON11 + "\r\nX-Amz-Target: Kinesis_20131202.DescribeStreamSummary\r\n" +
			"X-Amz-Date: 20261125T120000Z\r\nAuthorization: " + signature + "\r\nContent-Length: 21\r\n\r\n{\"StreamName\":\"kept\"}"
		answer := make([]byte, 4096)
		for i := range connections {
			c, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
			require.NoError(t, err, "connection %d", i)
			open = append(open, c)
			_, err = io.WriteString(c, call)
			require.NoError(t, err)
			n, err := c.Read(answer)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200")), "%s", answer[:n])
		}
		grown := server.ResidentKiB() - start
		t.Logf("%d idle connections: %.1f KiB each", connections, float64(grown)/connections)
		require.Less(t, grown, connections*perConnection, "KiB for %d connections", connections)
	})
}
