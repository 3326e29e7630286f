package integration

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	numberClass  = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
	booleanClass = "class java.lang.Boolean can not be converted to "
	stringClass  = "class java.lang.String can not be converted to "
	noList       = "Start of list found where not expected"
	noObject     = "Start of structure or map found where not expected."
)

// wrong gives values of other types than the member's, and the service's texts for them.
func (m member) wrong() map[string]string {
	integer := "an Integer"
	switch m.kind {
	case isString, isEnum:
		return map[string]string{"23": numberClass + "an String", "true": booleanClass + "an String", "[]": noList, "{}": noObject}
	case isInteger:
		return map[string]string{`"x"`: stringClass + integer, "true": booleanClass + integer, "[]": noList, "{}": noObject}
	case isBool:
		return map[string]string{`"maybe"`: "'MAYBE' can not be converted to an Boolean", "1": numberClass + "an Boolean", "[]": noList, "{}": noObject}
	case isBlob:
		return map[string]string{"1": numberClass + "a Blob", "false": booleanClass + "a Blob", "[]": noList, "{}": noObject,
			`"23456"`: "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5",
			`"=AAA"`:  "'=AAA' can not be converted to a Blob: Invalid Base64 character: '='"}
	case isTime:
		return map[string]string{`"2020"`: stringClass + "milliseconds since epoch", "true": booleanClass + "milliseconds since epoch", "[]": noList, "{}": noObject}
	case isStringList, isList:
		return map[string]string{"1": "Expected list or null", `"x"`: "Expected list or null", "true": "Expected list or null", "{}": noObject}
	case isTagMap:
		return map[string]string{"1": "Expected map or null", `"x"`: "Expected map or null", "[]": noList}
	default:
		return map[string]string{"1": "Expected null", `"x"`: "Expected null", "[]": noList}
	}
}

// TestWrongTypes sends a value of every other type to every member: SerializationException, whose text is the one that
// is spelled with a capital Message.
func TestWrongTypes(t *testing.T) {
	server := Start(t, "--memory", "--transition", "0")
	before := server.everything(t)
	checked := 0
	for _, m := range members(t) {
		for value, want := range m.wrong() {
			answer := server.PostBytes(t, m.operation, JSON11, m.with(t, json.RawMessage(value)))
			var got struct {
				Type    string `json:"__type"`
				Message string
			}
			if err := json.Unmarshal(answer.Body, &got); err != nil || answer.Status != 400 || got.Type != "SerializationException" || got.Message != want {
				t.Errorf("%s = %s: %d %s, not %q", m, value, answer.Status, answer.Body, want)
			}
			checked++
		}
		answer := server.PostBytes(t, m.operation, JSON11, m.with(t, json.RawMessage("null")))
		if name, text := answer.Error(); name == "SerializationException" {
			t.Errorf("%s = null is absent, not %s", m, text)
		}
	}
	t.Logf("%d values", checked)
	require.Equal(t, before, server.everything(t), "bad input changed something")
}

// everything describes all that the server keeps: streams, shards, tags, consumers, records, settings.
func (s *Server) everything(t *testing.T) string {
	t.Helper()
	var all []json.RawMessage
	ask := func(operation string, input any) json.RawMessage {
		answer := Must[json.RawMessage](t, s, operation, input)
		all = append(all, json.RawMessage(operation), answer)
		return answer
	}
	var streams struct{ StreamNames []string }
	require.NoError(t, json.Unmarshal(ask("ListStreams", struct{}{}), &streams))
	ask("DescribeAccountSettings", struct{}{})
	for _, stream := range streams.StreamNames {
		var summary struct {
			StreamDescriptionSummary struct{ StreamARN string }
		}
		byName := map[string]any{"StreamName": stream}
		require.NoError(t, json.Unmarshal(ask("DescribeStreamSummary", byName), &summary))
		byARN := map[string]any{"StreamARN": summary.StreamDescriptionSummary.StreamARN}
		ask("ListTagsForStream", byName)
		ask("ListStreamConsumers", byARN)
		ask("GetResourcePolicy", map[string]any{"ResourceARN": byARN["StreamARN"]})
		for _, shard := range s.Shards(t, stream) {
			records, _ := s.ReadAll(t, stream, shard.ShardId)
			all = append(all, mustJSON(t, shard), mustJSON(t, records))
		}
	}
	return fmt.Sprintf("%s", all)
}

func mustJSON(t *testing.T, value any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}
