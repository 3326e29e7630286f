package firehose

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"sluice/firehose/convert"
)

const (
	// conversionSizeMB is the hint of a conversion that gives none, and
	// leastConversionMB the least it may give.
	conversionSizeMB  = 128
	leastConversionMB = 64
)

// conversion is what is stored of a conversion to Parquet. What was not given
// is nil, and is described as it was given.
type conversion struct {
	Enabled bool           `json:"enabled"`
	Input   *conversionIn  `json:"input,omitempty"`
	Output  *conversionOut `json:"output,omitempty"`
	Schema  *schemaRef     `json:"schema,omitempty"`
}

// conversionIn is how JSON is read.
type conversionIn struct {
	// Empty tells that there was no deserializer.
	Empty bool   `json:"empty,omitempty"`
	OpenX *openX `json:"openX,omitempty"`
	Hive  *hive  `json:"hive,omitempty"`
}

type openX struct {
	CaseInsensitive *bool             `json:"caseInsensitive,omitempty"`
	Dots            *bool             `json:"dots,omitempty"`
	Keys            map[string]string `json:"keys,omitempty"`
}

type hive struct {
	Formats []string `json:"formats,omitempty"`
}

// conversionOut is how files are written.
type conversionOut struct {
	Empty   bool         `json:"empty,omitempty"`
	Parquet *parquetForm `json:"parquet,omitempty"`
	// ORC tells that it was asked for too, which is refused.
	ORC bool `json:"-"`
}

type parquetForm struct {
	Block       *int32 `json:"block,omitempty"`
	Page        *int32 `json:"page,omitempty"`
	Padding     *int32 `json:"padding,omitempty"`
	Dictionary  *bool  `json:"dictionary,omitempty"`
	Compression string `json:"compression,omitempty"`
	Version     string `json:"version,omitempty"`
}

// schemaRef names a table.
type schemaRef struct {
	Role     *string `json:"role,omitempty"`
	Catalog  *string `json:"catalog,omitempty"`
	Database *string `json:"database,omitempty"`
	Table    *string `json:"table,omitempty"`
	Region   *string `json:"region,omitempty"`
	Version  *string `json:"version,omitempty"`
}

// converts tells whether records become Parquet.
func (d *destination) converts() bool { return d.Conversion != nil && d.Conversion.Enabled }

// mergeConversion returns a conversion with an update in it, member by member
// and as deep as they go, as measured. A deserialiser of another kind takes the
// place of the one there is. An omitted Enabled means true at first.
func mergeConversion(old *conversion, u *types.DataFormatConversionConfiguration) *conversion {
	next := conversion{Enabled: true}
	if old != nil {
		next = *old
	}
	if u.Enabled != nil {
		next.Enabled = *u.Enabled
	}
	if in := u.InputFormatConfiguration; in != nil {
		next.Input = next.Input.merge(in.Deserializer)
	}
	if out := u.OutputFormatConfiguration; out != nil {
		next.Output = next.Output.merge(out.Serializer)
	}
	if s := u.SchemaConfiguration; s != nil {
		merged := schemaRef{}
		if next.Schema != nil {
			merged = *next.Schema
		}
		for _, one := range []struct {
			to  **string
			new *string
		}{{&merged.Role, s.RoleARN}, {&merged.Catalog, s.CatalogId}, {&merged.Database, s.DatabaseName}, {&merged.Table, s.TableName},
			{&merged.Region, s.Region}, {&merged.Version, s.VersionId}} {
			if one.new != nil {
				*one.to = one.new
			}
		}
		next.Schema = &merged
	}
	return &next
}

func (c *conversionIn) merge(u *types.Deserializer) *conversionIn {
	if u == nil || u.OpenXJsonSerDe == nil && u.HiveJsonSerDe == nil {
		if c == nil {
			return &conversionIn{Empty: u == nil}
		}
		return c
	}
	next := &conversionIn{}
	if x := u.OpenXJsonSerDe; x != nil {
		next.OpenX = &openX{}
		if c != nil && c.OpenX != nil {
			*next.OpenX = *c.OpenX
		}
		if x.CaseInsensitive != nil {
			next.OpenX.CaseInsensitive = x.CaseInsensitive
		}
		if x.ConvertDotsInJsonKeysToUnderscores != nil {
			next.OpenX.Dots = x.ConvertDotsInJsonKeysToUnderscores
		}
		if x.ColumnToJsonKeyMappings != nil {
			next.OpenX.Keys = maps.Clone(x.ColumnToJsonKeyMappings)
		}
	}
	if h := u.HiveJsonSerDe; h != nil {
		next.Hive = &hive{}
		if c != nil && c.Hive != nil {
			*next.Hive = *c.Hive
		}
		if h.TimestampFormats != nil {
			next.Hive.Formats = slices.Clone(h.TimestampFormats)
		}
	}
	return next
}

func (c *conversionOut) merge(u *types.Serializer) *conversionOut {
	if u == nil || u.ParquetSerDe == nil && u.OrcSerDe == nil {
		if c == nil {
			return &conversionOut{Empty: u == nil}
		}
		return c
	}
	next := &conversionOut{ORC: u.OrcSerDe != nil}
	p := u.ParquetSerDe
	if p == nil {
		return next
	}
	next.Parquet = &parquetForm{}
	if c != nil && c.Parquet != nil {
		*next.Parquet = *c.Parquet
	}
	for _, one := range []struct {
		to  **int32
		new *int32
	}{{&next.Parquet.Block, p.BlockSizeBytes}, {&next.Parquet.Page, p.PageSizeBytes}, {&next.Parquet.Padding, p.MaxPaddingBytes}} {
		if one.new != nil {
			*one.to = one.new
		}
	}
	if p.EnableDictionaryCompression != nil {
		next.Parquet.Dictionary = p.EnableDictionaryCompression
	}
	if p.Compression != "" {
		next.Parquet.Compression = string(p.Compression)
	}
	if p.WriterVersion != "" {
		next.Parquet.Version = string(p.WriterVersion)
	}
	return next
}

// checkConversion looks at a conversion in the order of the service. What is
// off is looked at only for what Sluice does not have.
func (d *destination) checkConversion() error {
	c := d.Conversion
	if c != nil && c.Output != nil && c.Output.ORC && c.Output.Parquet == nil {
		return errNotThere("convert to ORC")
	}
	if !d.converts() {
		return nil
	}
	if d.S3.Compression != string(types.CompressionFormatUncompressed) {
		return errInvalid("The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. " +
			"To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.")
	}
	if d.S3.SizeMB < leastConversionMB {
		return errInvalid("BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.")
	}
	for _, one := range []struct {
		missing bool
		name    string
	}{
		{c.Input == nil, "InputFormatConfiguration"}, {c.Output == nil, "OutputFormatConfiguration"}, {c.Schema == nil, "SchemaConfiguration"},
		{c.Input != nil && c.Input.OpenX == nil && c.Input.Hive == nil, "Deserializer"},
		{c.Output != nil && c.Output.Parquet == nil, "Serializer"},
	} {
		if one.missing {
			return errInvalid(one.name + " must not be null")
		}
	}
	if c.Input.OpenX != nil && c.Input.Hive != nil {
		return errInvalid("More than one deserializer specified. Only one may be chosen.")
	}
	if c.Output.ORC {
		return errInvalid("More than one serializer specified. Only one may be chosen.")
	}
	for _, one := range []struct {
		value *string
		name  string
	}{{c.Schema.Role, "RoleArn"}, {c.Schema.Database, "DatabaseName"}, {c.Schema.Table, "TableName"}} {
		if aws.ToString(one.value) == "" {
			return errInvalid("SchemaConfiguration." + one.name + " must not be null or empty")
		}
	}
	if h := c.Input.Hive; h != nil {
		if err := convert.CheckFormats(h.Formats); err != nil {
			return errInvalid(err.Error())
		}
	}
	return nil
}

// describe shows a conversion as it was given.
func (c *conversion) describe() *types.DataFormatConversionConfiguration {
	if c == nil {
		return nil
	}
	out := &types.DataFormatConversionConfiguration{Enabled: aws.Bool(c.Enabled)}
	if in := c.Input; in != nil {
		out.InputFormatConfiguration = &types.InputFormatConfiguration{}
		if !in.Empty {
			out.InputFormatConfiguration.Deserializer = in.describe()
		}
	}
	if o := c.Output; o != nil {
		out.OutputFormatConfiguration = &types.OutputFormatConfiguration{}
		if !o.Empty {
			out.OutputFormatConfiguration.Serializer = o.describe()
		}
	}
	if s := c.Schema; s != nil {
		out.SchemaConfiguration = &types.SchemaConfiguration{RoleARN: s.Role, CatalogId: s.Catalog, DatabaseName: s.Database,
			TableName: s.Table, Region: s.Region, VersionId: s.Version}
	}
	return out
}

func (c *conversionIn) describe() *types.Deserializer {
	out := &types.Deserializer{}
	if x := c.OpenX; x != nil {
		out.OpenXJsonSerDe = &types.OpenXJsonSerDe{CaseInsensitive: x.CaseInsensitive, ConvertDotsInJsonKeysToUnderscores: x.Dots, ColumnToJsonKeyMappings: x.Keys}
	}
	if h := c.Hive; h != nil {
		out.HiveJsonSerDe = &types.HiveJsonSerDe{TimestampFormats: h.Formats}
	}
	return out
}

func (c *conversionOut) describe() *types.Serializer {
	out := &types.Serializer{}
	if p := c.Parquet; p != nil {
		out.ParquetSerDe = &types.ParquetSerDe{BlockSizeBytes: p.Block, PageSizeBytes: p.Page, MaxPaddingBytes: p.Padding,
			EnableDictionaryCompression: p.Dictionary, Compression: types.ParquetCompression(p.Compression), WriterVersion: types.ParquetWriterVersion(p.Version)}
	}
	return out
}
