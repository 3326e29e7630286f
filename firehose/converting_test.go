package firehose

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/firehose/convert"
)

// misfits parts objects by whether their keys say that they could not be converted.
func misfits(objects []delivery.Object) (good, failed []delivery.Object) {
	for _, o := range objects {
		if strings.Contains(o.Key, "format-conversion-failed/") {
			failed = append(failed, o)
		} else {
			good = append(good, o)
		}
	}
	return good, failed
}

func TestConversion(t *testing.T) {
	t.Run("44 good and bad records, some with two documents", func(t *testing.T) {
		r := newRig(t, with(newCatalog()))
		r.create("s", toTable)
		r.put("s", `{"a":1,"b":"marked-one"}{"a":2,"b":"marked-two"}`, `{"a":"oops","b":"x"}`, "not json", "", `{"A":"3","B":"marked-three"}`, "7")
		r.clock.Step(5 * time.Minute)
		good, failed := misfits(r.bucket.taken())
		require.Len(t, good, 1)
		require.Regexp(t, `^2026/07/13/12/s-1-2026-07-13-12-00-00-[0-9a-f-]{36}\.parquet$`, good[0].Key)
		require.Equal(t, 3, strings.Count(string(good[0].Body), "marked-"))
		require.Equal(t, "application/octet-stream", good[0].ContentType)
		require.Empty(t, good[0].ContentEncoding)
		require.Len(t, failed, 1)
		require.Regexp(t, `^format-conversion-failed/2026/07/13/12/s-1-2026-07-13-12-00-00-[0-9a-f-]{36}$`, failed[0].Key)
		lines := strings.Split(string(failed[0].Body), "\n")
		require.Len(t, lines, 4)
		for i, want := range [][3]string{
			{`{"a":"oops","b":"x"}`, "DataFormatConversion.MalformedData", `Data does not match the schema. For input string: "oops"`},
			{"not json", "DataFormatConversion.ParseError", "Encountered malformed JSON. A value begins with 'n'."},
			{"", "DataFormatConversion.MalformedData", "The record was empty or contained only whitespace."},
			{"7", "DataFormatConversion.MalformedData", "The input JSON contained a primitive at the top level. The top level must be an object or array."},
		} {
			var got map[string]any
			require.NoError(t, json.Unmarshal([]byte(lines[i]), &got))
			require.Regexp(t, `^49\d{52}$`, got["sequenceNumber"])
			delete(got, "sequenceNumber")
			require.Equal(t, map[string]any{"attemptsMade": 1.0, "arrivalTimestamp": float64(noon.UnixMilli()), "lastErrorCode": want[1], "lastErrorMessage": want[2],
				"attemptEndingTimestamp": float64(noon.Add(5 * time.Minute).UnixMilli()), "rawData": base64.StdEncoding.EncodeToString([]byte(want[0])), "subSequenceNumber": nil,
				"dataCatalogTable": map[string]any{"catalogId": nil, "databaseName": "web", "tableName": "hits", "region": region, "versionId": "LATEST", "catalogArn": nil, "roleArn": role}}, got)
		}
	})
	t.Run("Snappy is called Hadoop's, the extension can be chosen", func(t *testing.T) {
		r := newRig(t, with(newCatalog()))
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.DataFormatConversionConfiguration, c.FileExtension = toParquet(), aws.String(".rows")
		})
		r.put("s", `{"a":1}`, "?")
		r.clock.Step(5 * time.Minute)
		good, failed := misfits(r.bucket.taken())
		require.Equal(t, "hadoop-snappy", good[0].ContentEncoding)
		require.Regexp(t, `[0-9a-f]\.rows$`, good[0].Key)
		require.Regexp(t, `-[0-9a-f]{12}$`, failed[0].Key)
		require.Empty(t, failed[0].ContentEncoding)
	})
	t.Run("a file for each partition, and originals in the backup", func(t *testing.T) {
		r := newRig(t, with(newCatalog()))
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			toTable(c)
			partitioned("{c:.a}")(c)
			c.BufferingHints = hints(64, 60)
			c.S3BackupMode, c.S3BackupConfiguration = types.S3BackupModeEnabled, &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), Prefix: aws.String("originals/")}
		})
		r.put("s", `{"a":1,"b":"marked-x"}`, `{"a":2,"b":"marked-y"}`, `{"a":1,"b":"marked-z"}`)
		r.pass(10 * time.Minute)
		counts := map[string]int{}
		for _, o := range r.bucket.taken() {
			counts[o.Key[:strings.IndexByte(o.Key, '/')]] += strings.Count(string(o.Body), "marked-")
		}
		require.Equal(t, map[string]int{"c=1": 2, "c=2": 1, "originals": 3}, counts)
	})
	t.Run("records of a stream keep their numbers", func(t *testing.T) {
		r := newRig(t, with(newCatalog()))
		r.from("s", r.stream("in", 1), func(c *types.ExtendedS3DestinationConfiguration) { toTable(c); c.BufferingHints = nil })
		r.produce("in", "?")
		r.pass(6 * time.Minute)
		_, failed := misfits(r.bucket.taken())
		require.Regexp(t, `"sequenceNumber":"49\d{54}","subSequenceNumber":0,`, string(failed[0].Body))
	})
}

func TestConversionSchema(t *testing.T) {
	t.Run("LATEST follows the table, a version stays", func(t *testing.T) {
		tables := newCatalog()
		tables.columns["1"] = tables.columns["LATEST"]
		r := newRig(t, with(tables))
		r.create("latest", toTable)
		r.create("fixed", func(c *types.ExtendedS3DestinationConfiguration) {
			toTable(c)
			s := c.DataFormatConversionConfiguration.SchemaConfiguration
			s.VersionId, s.CatalogId, s.Region = aws.String("1"), aws.String("222222222222"), aws.String("us-west-2")
		})
		require.Equal(t, []Table{{account, region, "web", "hits", "LATEST"}, {"222222222222", "us-west-2", "web", "hits", "1"}}, tables.asked)
		tables.columns["LATEST"] = append(tables.columns["LATEST"], convert.Column{Name: "later", Type: "string"})
		for _, name := range []string{"latest", "fixed"} {
			r.put(name, `{"later":"marked"}`)
		}
		r.clock.Step(5 * time.Minute)
		objects := r.bucket.taken()
		require.Len(t, objects, 2)
		for _, o := range objects {
			require.Equal(t, strings.Contains(o.Key, "latest-1"), strings.Contains(string(o.Body), "marked"), o.Key)
		}
	})
	t.Run("a table that is gone fails the records, trouble does not", func(t *testing.T) {
		tables := newCatalog()
		r := newRig(t, with(tables))
		r.create("s", toTable)
		tables.err = errors.New("the catalog is not there")
		r.put("s", `{"b":"marked"}`)
		r.clock.Step(5 * time.Minute)
		require.Empty(t, r.bucket.taken())
		tables.err = nil
		r.pass(time.Minute)
		good, failed := misfits(r.bucket.taken())
		require.Len(t, good, 1)
		require.Empty(t, failed)
		delete(tables.columns, "LATEST")
		r.put("s", `{"b":"lost"}`)
		r.clock.Step(5 * time.Minute)
		good, failed = misfits(r.bucket.taken())
		require.Empty(t, good)
		require.Contains(t, string(failed[0].Body), `"lastErrorCode":"DataFormatConversion.EntityNotFound","lastErrorMessage":"The specified table/database could not be found.`)
		tables.columns["LATEST"] = []convert.Column{{Name: "a", Type: "binary"}}
		r.put("s", `{"b":"lost"}`)
		r.clock.Step(5 * time.Minute)
		_, failed = misfits(r.bucket.taken())
		require.Contains(t, string(failed[0].Body), `"lastErrorCode":"DataFormatConversion.InvalidSchema","lastErrorMessage":"The schema is invalid. One or more columns have types that are not supported by org.openx.data.JsonSerDe"`)
	})
}

// The room ends after every durable step of a delivery that converts, and goes
// on: every row arrives, and files that were put again have replaced themselves.
func TestCutOffWhileConverting(t *testing.T) {
	for steps := range 8 {
		c := &cutter{left: 1 << 30}
		r := newRig(t, with(newCatalog()))
		r.from("out", r.stream("in", 1), func(c *types.ExtendedS3DestinationConfiguration) {
			toTable(c)
			partitioned("{c:.a}")(c)
			c.BufferingHints = hints(64, 60)
		})
		require.NoError(t, r.Close())
		r.openWith(cutSpace{r.store.Space("firehose"), c}, cutLog{r.store.Log("firehose"), c}, cutBucket{r.bucket, c})
		c.left = steps
		r.produce("in", `{"a":1,"b":"marked-x"}`, `{"a":2,"b":"marked-y"}`, `{"a":"bad"}`)
		r.pass(7 * time.Minute)
		require.NoError(t, r.Close())
		r.open()
		r.pass(7 * time.Minute)
		var all strings.Builder
		for _, o := range r.bucket.taken() {
			all.Write(o.Body)
		}
		for _, row := range []string{"marked-x", "marked-y", base64.StdEncoding.EncodeToString([]byte(`{"a":"bad"}`))} {
			require.Contains(t, all.String(), row, "after %d steps", steps)
			require.LessOrEqual(t, strings.Count(all.String(), row), 2, "after %d steps", steps)
		}
	}
}
