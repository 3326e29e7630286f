package firehose

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/firehose/convert"
)

// catalog is tables that a test has set, by version.
type catalog struct {
	columns map[string][]convert.Column
	err     error
	asked   []Table
}

// Columns implements Schemas.
func (c *catalog) Columns(_ context.Context, t Table) ([]convert.Column, error) {
	c.asked = append(c.asked, t)
	if c.err != nil {
		return nil, c.err
	}
	columns, ok := c.columns[t.Version]
	if !ok {
		return nil, glueError("EntityNotFoundException", "Table "+t.Name+" not found.")
	}
	return columns, nil
}

func glueError(code, text string) error {
	return &smithy.GenericAPIError{Code: code, Message: text}
}

func newCatalog() *catalog {
	return &catalog{columns: map[string][]convert.Column{"LATEST": {{Name: "a", Type: "int"}, {Name: "b", Type: "string"}}}}
}

// toParquet is a conversion with nothing but what it needs.
func toParquet() *types.DataFormatConversionConfiguration {
	return &types.DataFormatConversionConfiguration{
		InputFormatConfiguration:  &types.InputFormatConfiguration{Deserializer: &types.Deserializer{OpenXJsonSerDe: &types.OpenXJsonSerDe{}}},
		OutputFormatConfiguration: &types.OutputFormatConfiguration{Serializer: &types.Serializer{ParquetSerDe: &types.ParquetSerDe{}}},
		SchemaConfiguration:       &types.SchemaConfiguration{RoleARN: aws.String(role), DatabaseName: aws.String("web"), TableName: aws.String("hits")},
	}
}

func toTable(c *types.ExtendedS3DestinationConfiguration) {
	c.DataFormatConversionConfiguration = toParquet()
	// Texts can be read in the file then.
	c.DataFormatConversionConfiguration.OutputFormatConfiguration.Serializer.ParquetSerDe.Compression = types.ParquetCompressionUncompressed
}

func with(c *catalog) func(*rig) { return func(r *rig) { r.schemas = c } }

const textCompression = "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. " +
	"To enable compression within the converted output format, set the appropriate serialization option in the output format configuration."

func TestConversionConfiguration(t *testing.T) {
	type conf = types.DataFormatConversionConfiguration
	for _, c := range []struct {
		name string
		edit func(s *types.ExtendedS3DestinationConfiguration, c *conf)
		text string
	}{
		{"38 compression wins over size", func(s *types.ExtendedS3DestinationConfiguration, _ *conf) {
			s.CompressionFormat, s.BufferingHints = types.CompressionFormatGzip, hints(5, 60)
		}, textCompression},
		{"size", func(s *types.ExtendedS3DestinationConfiguration, _ *conf) { s.BufferingHints = hints(63, 60) },
			"BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled."},
		{"nothing in it", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) { *c = conf{} }, "InputFormatConfiguration must not be null"},
		{"no output", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.OutputFormatConfiguration, c.SchemaConfiguration = nil, nil
		}, "OutputFormatConfiguration must not be null"},
		{"no schema", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) { c.SchemaConfiguration = nil }, "SchemaConfiguration must not be null"},
		{"empty input", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.InputFormatConfiguration = &types.InputFormatConfiguration{}
		}, "Deserializer must not be null"},
		{"empty deserializer", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.InputFormatConfiguration.Deserializer = &types.Deserializer{}
		}, "Deserializer must not be null"},
		{"empty serializer", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.OutputFormatConfiguration.Serializer = &types.Serializer{}
		}, "Serializer must not be null"},
		{"both deserializers", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.InputFormatConfiguration.Deserializer.HiveJsonSerDe = &types.HiveJsonSerDe{}
		}, "More than one deserializer specified. Only one may be chosen."},
		{"both serializers", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.OutputFormatConfiguration.Serializer.OrcSerDe = &types.OrcSerDe{}
		}, "More than one serializer specified. Only one may be chosen."},
		{"ORC", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.OutputFormatConfiguration.Serializer = &types.Serializer{OrcSerDe: &types.OrcSerDe{}}
		}, "Sluice cannot do this yet: convert to ORC. docs/firehose.md lists what works."},
		{"no role", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) { c.SchemaConfiguration.RoleARN = nil },
			"SchemaConfiguration.RoleArn must not be null or empty"},
		{"no database", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.SchemaConfiguration.DatabaseName = aws.String("")
		}, "SchemaConfiguration.DatabaseName must not be null or empty"},
		{"no table", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) { c.SchemaConfiguration.TableName = nil },
			"SchemaConfiguration.TableName must not be null or empty"},
		{"role of another account", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.SchemaConfiguration.RoleARN = aws.String("arn:aws:iam::222222222222:role/r")
		}, "Cross-account pass role is not allowed."},
		{"a pattern that is none", func(_ *types.ExtendedS3DestinationConfiguration, c *conf) {
			c.InputFormatConfiguration.Deserializer = &types.Deserializer{HiveJsonSerDe: &types.HiveJsonSerDe{TimestampFormats: []string{"yyyy-qq"}}}
		}, "Illegal pattern component: qq"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, with(newCatalog()))
			s := target()
			toTable(s)
			c.edit(s, s.DataFormatConversionConfiguration)
			_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: s})
			requireFault(t, err, "InvalidArgumentException", c.text)
			require.Empty(t, r.all(), "nothing has changed")
		})
	}
}

func TestConversionWithoutTable(t *testing.T) {
	tables := newCatalog()
	r := newRig(t, with(tables))
	s := target()
	toTable(s)
	s.DataFormatConversionConfiguration.SchemaConfiguration.RoleARN = aws.String("arn:aws:iam::222222222222:role/r") // looked at last
	create := func() error {
		_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: s})
		return err
	}
	for _, c := range []struct{ code, message, text string }{
		{"EntityNotFoundException", "Table hits not found.", "The specified table/database could not be found. Please ensure that the table/database exists and that the values provided in the schema configuration are correct, especially with regards to casing."},
		{"EntityNotFoundException", "Version not found.", "Could not find a matching schema from glue. Please make sure the specified version of the table exists."},
		{"InvalidInputException", "Invalid version.", "Could not find a matching schema from glue. Please make sure the values provided in the schema configuration are correct."},
		{"AccessDeniedException", "No.", "Access was denied when calling Glue. Please ensure that the role specified in the data format conversion configuration has the necessary permissions."},
	} {
		tables.err = glueError(c.code, c.message)
		var api smithy.APIError
		require.ErrorAs(t, create(), &api)
		require.Equal(t, "InvalidArgumentException", api.ErrorCode())
		begin := c.text + " " + c.message + " (Service: AWSGlue; Status Code: 400; Error Code: " + c.code + "; Request ID: "
		require.True(t, strings.HasPrefix(api.ErrorMessage(), begin), api.ErrorMessage())
		require.Regexp(t, `^[0-9a-f-]{36}; Proxy: null\)$`, strings.TrimPrefix(api.ErrorMessage(), begin))
	}
	tables.err = errors.New("the catalog is not there")
	require.ErrorIs(t, create(), tables.err)
	require.Empty(t, r.all())
}

func TestConversionDescribed(t *testing.T) {
	r := newRig(t, with(newCatalog()))
	shown := func(name string) *types.ExtendedS3DestinationDescription {
		return r.describe(name).Destinations[0].ExtendedS3DestinationDescription
	}
	r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.DataFormatConversionConfiguration = toParquet() })
	t.Run("39 hints that nobody gave", func(t *testing.T) { require.Equal(t, hints(128, 300), shown("s").BufferingHints) })
	want := toParquet()
	want.Enabled = aws.Bool(true)
	require.Equal(t, want, shown("s").DataFormatConversionConfiguration, "nothing is filled in")
	off := &types.DataFormatConversionConfiguration{Enabled: aws.Bool(false), InputFormatConfiguration: &types.InputFormatConfiguration{}}
	r.create("off", func(c *types.ExtendedS3DestinationConfiguration) {
		c.DataFormatConversionConfiguration, c.CompressionFormat = off, types.CompressionFormatGzip
	})
	require.Equal(t, hints(5, 300), shown("off").BufferingHints)
	require.Equal(t, off, shown("off").DataFormatConversionConfiguration)

	t.Run("7 off, and the rest stays", func(t *testing.T) {
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{DataFormatConversionConfiguration: &types.DataFormatConversionConfiguration{Enabled: aws.Bool(false)}}))
		want.Enabled = aws.Bool(false)
		require.Equal(t, "2", *r.describe("s").VersionId)
		require.Equal(t, want, shown("s").DataFormatConversionConfiguration)
	})
	t.Run("members merge, and what comes of it is looked at", func(t *testing.T) {
		requireFault(t, r.update("s", "2", &types.ExtendedS3DestinationUpdate{CompressionFormat: types.CompressionFormatGzip,
			DataFormatConversionConfiguration: &types.DataFormatConversionConfiguration{Enabled: aws.Bool(true)}}), "InvalidArgumentException", textCompression)
		hive := &types.Deserializer{HiveJsonSerDe: &types.HiveJsonSerDe{TimestampFormats: []string{"millis"}}}
		require.NoError(t, r.update("s", "2", &types.ExtendedS3DestinationUpdate{DataFormatConversionConfiguration: &types.DataFormatConversionConfiguration{
			Enabled: aws.Bool(true), SchemaConfiguration: &types.SchemaConfiguration{TableName: aws.String("others")},
			InputFormatConfiguration:  &types.InputFormatConfiguration{Deserializer: hive},
			OutputFormatConfiguration: &types.OutputFormatConfiguration{Serializer: &types.Serializer{ParquetSerDe: &types.ParquetSerDe{WriterVersion: types.ParquetWriterVersionV2}}}}}))
		r.reopen()
		want.Enabled, want.SchemaConfiguration.TableName = aws.Bool(true), aws.String("others")
		want.InputFormatConfiguration.Deserializer = hive
		want.OutputFormatConfiguration.Serializer.ParquetSerDe.WriterVersion = types.ParquetWriterVersionV2
		require.Equal(t, want, shown("s").DataFormatConversionConfiguration)
	})
}
