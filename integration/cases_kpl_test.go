package integration

import (
	"crypto/md5"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSharpCaseKPL makes the calls of the Kinesis Producer Library by hand and looks at each answer. The library itself
// runs in TestClients.
func TestSharpCaseKPL(t *testing.T) {
	t.Run("case 85 by hand, the producer library's calls over https: shard map, aggregated records, exact placement", func(t *testing.T) {
		server := Start(t, "--memory", "--transition", "0")
		server.CreateStream(t, "case85", 3)
		producer := &kpl{t: t, server: server, client: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // VerifyCertificate=false, the usual setting for an emulator
		}}}
		producer.loadMap("case85")
		sent := map[string][]byte{}
		var records []map[string]any
		for i := range 120 {
			hash := new(big.Int).Rsh(new(big.Int).Mul(limit128(), big.NewInt(int64(i))), 7) // i/128 of the space
			aggregate := aggregated(fmt.Sprintf("user-%d", i), hash.String(), []byte{byte(i), 0, 0xff}, []byte("second"))
			sent[hash.String()] = aggregate
			records = append(records, map[string]any{"Data": aggregate, "PartitionKey": "a", "ExplicitHashKey": hash.String()})
		}
		out := producer.call("PutRecords", map[string]any{"StreamName": "case85", "Records": records})
		var answer struct{ Records []PutEntry }
		require.NoError(t, json.Unmarshal(out, &answer))
		require.Len(t, answer.Records, len(records), "as many entries as records, or all are sent again")
		for i, entry := range answer.Records {
			require.NotEmpty(t, entry.SequenceNumber, "what the library takes for success")
			require.Equal(t, producer.predict(records[i]["ExplicitHashKey"].(string)), entry.ShardId, "a record elsewhere is sent again")
		}
		found := 0
		for _, shard := range producer.shards {
			got, _ := server.ReadAll(t, "case85", shard.ShardId)
			for _, record := range got {
				at := slices.IndexFunc(records, func(r map[string]any) bool { return string(r["Data"].([]byte)) == string(record.Data) })
				require.GreaterOrEqual(t, at, 0, "an aggregate came back changed")
				sum := md5.Sum(record.Data[4 : len(record.Data)-16])
				require.Equal(t, sum[:], record.Data[len(record.Data)-16:])
				found++
			}
		}
		require.Equal(t, len(sent), found)
	})
}

type kpl struct {
	t      *testing.T
	server *Server
	client *http.Client
	shards []Shard
}

func (p *kpl) call(operation string, input any) []byte {
	p.t.Helper()
	request, err := p.server.Call(operation, JSON11, strings.NewReader(string(mustJSON(p.t, input))))
	require.NoError(p.t, err)
	request.URL.Scheme = "https"
	answer, err := Send(p.client, request)
	require.NoError(p.t, err)
	require.Equal(p.t, 200, answer.Status, "%s: %s", operation, answer.Body)
	return answer.Body
}

// loadMap lists the open shards as the library does, and reads the number out of their ids.
func (p *kpl) loadMap(stream string) {
	p.t.Helper()
	var page struct {
		Shards    []Shard
		NextToken string
	}
	body := p.call("ListShards", map[string]any{"StreamName": stream, "MaxResults": 1000, "ShardFilter": map[string]any{"Type": "AT_LATEST"}})
	require.NoError(p.t, json.Unmarshal(body, &page))
	require.Empty(p.t, page.NextToken)
	for _, shard := range page.Shards {
		var number int64
		_, err := fmt.Sscanf(shard.ShardId, "shardId-%012d", &number)
		require.NoError(p.t, err)
	}
	p.shards = page.Shards
}

// predict says where the map puts a hash key.
func (p *kpl) predict(hash string) string {
	for _, shard := range p.shards {
		if number128(p.t, shard.HashKeyRange.StartingHashKey).Cmp(number128(p.t, hash)) <= 0 &&
			number128(p.t, hash).Cmp(number128(p.t, shard.HashKeyRange.EndingHashKey)) <= 0 {
			return shard.ShardId
		}
	}
	return "none"
}

func limit128() *big.Int { return new(big.Int).Lsh(big.NewInt(1), 128) }

func number128(t *testing.T, text string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 10)
	require.True(t, ok, "%q is no number", text)
	return n
}

// aggregated packs records of one key as the library does: magic, protocol buffer, MD5 of the buffer.
func aggregated(key, hash string, datas ...[]byte) []byte {
	field := func(out []byte, number byte, value []byte) []byte {
		out = append(out, number<<3|2, byte(len(value)))
		return append(out, value...)
	}
	var message []byte
	message = field(message, 1, []byte(key))
	message = field(message, 2, []byte(hash))
	for _, data := range datas {
		record := field([]byte{1 << 3, 0, 2 << 3, 0}, 3, data) // fields 1 and 2 are numbers, both indexes are 0
		message = field(message, 3, record)
	}
	sum := md5.Sum(message)
	return slices.Concat([]byte{0xf3, 0x89, 0x9a, 0xc2}, message, sum[:])
}
